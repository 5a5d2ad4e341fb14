"""Pages for the administrator: the registry's bodies, organisations and years, and its workbook."""

from evaluation.web.admin.registry import bodies, changes, organisations, workbook, years
from evaluation.web.admin.registry.blueprint import blueprint

__all__ = ["blueprint", "bodies", "changes", "organisations", "workbook", "years"]
