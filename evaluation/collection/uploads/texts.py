"""Documents of a whole country as JSON text, for the reports and for the record, all in a few calls.

Encoded one by one, and once more as the record tells of them, they would cost half of what storing them costs.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from evaluation.database import dumps

BETWEEN, APART = "},{", "\n"
"""What stands between two documents, and what stands nowhere in JSON text."""


def bare(documents: Sequence[Mapping[str, Any]]) -> list[str]:
    """Each document as JSON text without its braces; empty for an empty one."""
    if not documents:
        return []
    found = orjson.dumps(documents).decode()[2:-2].split(BETWEEN)
    # Unless a text in a document looks like the end of one.
    return found if len(found) == len(documents) else [dumps(each)[1:-1] for each in documents]


def braced(texts: Sequence[str]) -> list[str]:
    """The whole documents."""
    return ["{" + text + "}" for text in texts]


def changes(documents: Sequence[Mapping[str, Any]], texts: Sequence[str]) -> list[str]:
    """The documents, encoded as `texts`, as the record tells of what was blank before: "code":[null,value], without the last
    bracket."""
    text, keys = APART.join(texts), sum(map(len, documents))
    if text.count('":') == keys and text.count(',"') == keys - sum(map(bool, texts)):
        return text.replace(',"', '],"').replace('":', '":[null,').split(APART) if texts else []
    # A text in a document has the same signs.
    return [dumps({code: (None, value) for code, value in each.items()})[1:-2] for each in documents]


def joined(answers: Sequence[str], evidence: Sequence[str]) -> list[str]:
    """Changes of answers and of evidence as one document each; empty where there are none."""
    return [
        "{" + (f"{one}],{other}" if one and other else one or other) + "]}" if one or other else ""
        for one, other in zip(answers, evidence, strict=True)
    ]
