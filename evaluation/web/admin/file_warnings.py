"""What administrators should know of stored files: who nears a limit of the day, and that the disk is nearly full."""

from collections.abc import Iterator

from evaluation.accounts import queries as accounts
from evaluation.clock import now
from evaluation.configuration import configuration
from evaluation.language import N_, Language
from evaluation.policy import Viewer
from evaluation.quotas import queries
from evaluation.quotas.operations import DAY, WARNING_SHARE
from evaluation.registry import queries as registry
from evaluation.settings import MEGABYTE
from evaluation.storage import file_store
from evaluation.web.core.request_context import named

LITTLE_SPACE = N_("The disk of the stored files has %(free)s MB left; below %(reserve)s MB no file is taken.")
NEAR_LIMIT = N_("%(name)s: %(size)s MB of files in 24 hours, the limit is %(limit)s MB.")
SPACE_FACTOR = 4
"""From how many times the reserve on the free space is little."""


def file_warnings(viewer: Viewer, language: Language) -> list[str]:
    """Return the warnings as sentences in a language. Raises Forbidden."""
    return list(_warnings(viewer, language))


def _warnings(viewer: Viewer, language: Language) -> Iterator[str]:
    settings, since = configuration().settings, now() - DAY
    free, reserve = file_store().free_bytes(), settings.disk_reserve_megabytes
    if free is not None and free < SPACE_FACTOR * reserve * MEGABYTE:
        yield language.gettext(LITTLE_SPACE, free=language.number(free // MEGABYTE), reserve=language.number(reserve))
    limits = {"body_id": settings.body_quota_megabytes, "account_id": settings.account_quota_megabytes}
    for column, limit in limits.items():
        senders = queries.largest_senders(viewer, column, int(WARNING_SHARE * limit * MEGABYTE), since)
        names = _names(viewer, column, [id_ for id_, _ in senders], language)
        for id_, size in senders:
            values = {"size": language.number(size // MEGABYTE), "limit": language.number(limit)}
            yield language.gettext(NEAR_LIMIT, name=names.get(id_, str(id_)), **values)


def _names(viewer: Viewer, column: str, ids: list[int], language: Language) -> dict[int, str]:
    if column == "body_id":
        return {body.id: named(body).name(language.code) for body in registry.bodies_by_id(viewer, ids)}
    return accounts.names(viewer, ids)
