"""Reads of extensions, each scoped by its viewer."""

from collections.abc import Collection

from sqlalchemy import func, select

from evaluation.database import MAX_IDS_PER_STATEMENT, db
from evaluation.pagination import Page
from evaluation.policy import Viewer
from evaluation.registry.models import Body
from evaluation.registry.queries import visible
from evaluation.submissions.models import Extension


def list_extensions(viewer: Viewer, year: int, page: int = 1) -> Page[tuple[Extension, Body]]:
    """Return a page of the year's extensions with their bodies, the latest first."""
    statement = visible(select(Extension, Body).join(Body, Body.id == Extension.body_id), viewer).where(Extension.year == year)
    return Page.from_rows(statement.order_by(Extension.id.desc()), page)


def extensions_of_body(viewer: Viewer, year: int, body_id: int) -> list[Extension]:
    """Return every extension of a body's year, the latest first; the latest is in force."""
    statement = visible(select(Extension).join(Body, Body.id == Extension.body_id), viewer)
    return list(db.session.scalars(statement.where(Extension.year == year, Body.id == body_id).order_by(Extension.id.desc())))


def extensions_in_force(viewer: Viewer, year: int, body_ids: Collection[int] | None = None) -> dict[int, Extension]:
    """Return body id → the extension in force, of these bodies or of all that the viewer can see."""
    latest = select(func.max(Extension.id)).where(Extension.year == year).group_by(Extension.body_id)
    statement = select(Extension).join(Body, Body.id == Extension.body_id).where(Extension.id.in_(latest))
    if body_ids is not None and len(body_ids) <= MAX_IDS_PER_STATEMENT:
        # Naming more ids costs more than reading all extensions of the year.
        statement = statement.where(Body.id.in_(body_ids))
    return {extension.body_id: extension for extension in db.session.scalars(visible(statement, viewer))}
