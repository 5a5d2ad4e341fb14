"""Pages for the administrator: the registry's bodies, organisations and years, and its workbook."""

from evaluation.web.admin.registry import bodies, organisations, workbook, years
from evaluation.web.admin.registry import changes as deeds
from evaluation.web.admin.registry.request_helpers import blueprint

__all__ = ["blueprint", "bodies", "deeds", "organisations", "workbook", "years"]
