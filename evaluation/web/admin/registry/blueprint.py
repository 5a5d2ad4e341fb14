"""The blueprint of the registry's pages and the values of all their templates."""

from flask import Blueprint, g

from evaluation.registry import queries as registry
from evaluation.registry.admin.labels import FIELD_LABELS, STATUS_NAMES, format_share
from evaluation.web.admin.registry.presenter import format_value

blueprint = Blueprint("registry", __name__, url_prefix="/registry")
blueprint.context_processor(
    lambda: {
        "field_labels": FIELD_LABELS,
        "status_names": STATUS_NAMES,
        "format_share": format_share,
        "format_value": format_value,
    }
)


@blueprint.before_request
def mark_invented() -> None:
    """Mark a page that shows no reporting year as invented where the latest year is."""
    years = registry.years()
    if years:
        g.setdefault("invented", years[0].invented)
