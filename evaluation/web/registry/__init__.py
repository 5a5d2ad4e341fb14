"""Pages for the administrator: the registry's bodies, organisations and years, and its workbook."""

from evaluation.web.registry import bodies, deeds, organisations, workbook, years
from evaluation.web.registry.common import blueprint

__all__ = ["blueprint", "bodies", "deeds", "organisations", "workbook", "years"]
