"""The error of files that are not readable workbooks."""

from typing import Any


class UnreadableWorkbook(Exception):
    """The file cannot be opened as a workbook.

    Attributes:
        reason: code of a message, such as ``damaged``; the codes are keys of ``evaluation.answers.issues.MESSAGES``.
        values: values of the message.
    """

    def __init__(self, reason: str, **values: Any):
        self.reason, self.values = reason, values
        super().__init__(reason)
