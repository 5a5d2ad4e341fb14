"""The names of the registry's fields, levels and statuses, for pages and the columns of its workbook."""

from typing import Any

from evaluation.criteria import Orders
from evaluation.language import N_
from evaluation.registry.models import LEVELS, STATUSES

FIELD_LABELS = {
    "bin": N_("BIN"),
    "kind": N_("Kind of organisation"),
    "name_kk": N_("Name in Kazakh"),
    "name_ru": N_("Name in Russian"),
    "level": N_("Level"),
    "parent": N_("Higher body"),
    "kato": N_("KATO"),
    "closed_on": N_("Last day before closing"),
    "former_names": N_("Former names"),
    "body": N_("Body"),
    "periods": N_("Bodies over the years"),
    "statuses": N_("Statuses"),
    "status": N_("Status"),
    "since": N_("First day"),
    "state_share": N_("State share, percent"),
    "state_body": N_("State body"),
    "national_company": N_("National company"),
}
"""Field of a state or of a form → its name."""
LEVEL_NAMES = dict(
    zip(LEVELS, (N_("Central"), N_("Regional"), N_("District level"), N_("Town, village or rural district")), strict=True)
)
MISSING_FIELD_LABELS = {
    "level": N_("level"),
    "parent": N_("higher body"),
    "kato": N_("KATO code"),
    "name_kk": N_("Kazakh name"),
    "name_ru": N_("Russian name"),
}
"""Field → its name in a list of missing fields; a body that a workbook of answers registered may lack these."""
STATUS_NAMES = dict(
    zip(
        STATUSES,
        (
            N_("Operating"),
            N_("In liquidation"),
            N_("Bankrupt"),
            N_("Closed (struck off the register)"),
        ),
        strict=True,
    )
)


def format_share(hundredths: int | None) -> str:
    """Format a share in hundredths of a percent: 5125 → 51,25; 10000 → 100."""
    if hundredths is None:
        return ""
    whole, rest = divmod(hundredths, 100)
    return f"{whole},{rest:02d}".rstrip("0").rstrip(",") if rest else str(whole)


def organisation_kinds(orders: Orders) -> dict[str, Any]:
    """Return the kinds of organisation of all orders by code; the latest order that has a kind names it."""
    return {code: kind for order in orders.all for code, kind in order.kind.items()}
