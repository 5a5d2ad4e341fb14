"""Reads workbooks of people: large ones one at a time on a computer, and each once for the pages that show it.

The workbook that was read is kept in the process for the next pages of the same upload: the preview, its lists, its application.
What it changes is compared with the stored answers each time.
"""

import hashlib
import threading
from collections import OrderedDict

from evaluation.criteria import Orders
from evaluation.heavy_work import workbook_turn
from evaluation.workbooks.format.model import Workbook
from evaluation.workbooks.format.reader import read_workbook

MAX_WORKBOOKS, MAX_VALUES = 4, 100_000
"""What a process keeps: workbooks, and the values of each; a value takes about 100 bytes."""

Key = tuple[str, tuple[int, ...], tuple[tuple[int, str], ...], frozenset[str]]
_workbooks: "OrderedDict[Key, tuple[Orders, Workbook]]" = OrderedDict()
_lock = threading.Lock()


def read_once(data: bytes, orders: Orders, bins: frozenset[str]) -> Workbook:
    """Read a workbook, or return it as it was read before from the same bytes, orders and registered BINs; do not change it.

    Raises:
        WorkbookRejected: The file cannot be read without errors.
        Busy: Other large workbooks are being read.
    """
    # The orders are part of the value, so that their addresses in memory stay theirs.
    key: Key = hashlib.sha256(data).hexdigest(), tuple(map(id, orders.all)), tuple(sorted(orders.opened.items())), bins
    with _lock:
        if key in _workbooks:
            _workbooks.move_to_end(key)
            return _workbooks[key][1]
    with workbook_turn(data):
        workbook = read_workbook(data, orders, bins)
    if _value_count(workbook) <= MAX_VALUES:
        with _lock:
            _workbooks[key] = orders, workbook
            while len(_workbooks) > MAX_WORKBOOKS:
                _workbooks.popitem(last=False)
    return workbook


def _value_count(workbook: Workbook) -> int:
    rows = (row for sheet in workbook.worksheets.values() for values in (sheet.answers, sheet.evidence) for row in values)
    return sum(map(len, rows))
