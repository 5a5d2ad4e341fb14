"""The filters of the list of bodies in a query string, for the list and for what is made of the bodies it selects."""

from flask import request

from evaluation.policy import Action
from evaluation.review.body_list.model import BodyFilters
from evaluation.web.core.request_context import current_viewer, search_words


def body_query() -> dict[str, str]:
    """Return the query string; without remarks for a viewer who cannot reply to them and must not learn about them."""
    query = request.args.to_dict()
    if current_viewer().may(Action.REPLY):
        return query
    return {name: value for name, value in query.items() if "remarks" not in (name, value)}


def body_filters() -> BodyFilters:
    """Return the filters of the query string."""
    query = body_query()
    return BodyFilters.from_query(query, search_words(query.get("q")))
