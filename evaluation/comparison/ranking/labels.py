"""The words of a ranking: names of scopes, changes of shares."""

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction

from evaluation.comparison.ranking.model import COUNTRY, LEVEL, REGION, Scope
from evaluation.criteria.model import Order
from evaluation.language import N_, Language, heading
from evaluation.registry.admin.labels import LEVEL_NAMES

SCOPE_KIND_NAMES = {
    COUNTRY: N_("Whole country"),
    LEVEL: N_("Bodies of a level"),
    REGION: N_("Bodies of a region"),
    "tables": N_("Bodies with the same tables"),
}
LEVEL_SCOPE = N_("Level: %(level)s")
REGION_SCOPE = N_("Region: %(region)s")
SAME_TABLES = N_("Same tables: %(tables)s")


def scope_name(scope: Scope, order: Order, language: Language, regions: Mapping[str, tuple[str, str]]) -> str:
    """Return the name of a scope.

    Args:
        scope: The scope.
        order: The order of the year, which names the tables.
        language: The language of the name.
        regions: Code of a region → (Kazakh name, Russian name); a region that is missing is named by its code.
    """
    if scope.kind == LEVEL:
        return language.gettext(LEVEL_SCOPE, level=language.gettext(LEVEL_NAMES[scope.value]))
    if scope.kind == REGION:
        return language.gettext(REGION_SCOPE, region=region_name(scope.value, regions, language))
    if scope.kinds:
        return language.gettext(SAME_TABLES, tables=_tables(scope, order, language))
    return language.gettext(SCOPE_KIND_NAMES[COUNTRY])


def region_name(code: str, regions: Mapping[str, tuple[str, str]], language: Language) -> str:
    """Return the name of a region by its code, or the code of a region that has no body of its own."""
    name_kk, name_ru = regions.get(code, (code, code))
    return (name_ru or name_kk) if language.code == "ru" else (name_kk or name_ru)


def tables_name(scope: Scope, order: Order, language: Language) -> str:
    """Return the names of the tables of a scope of bodies with the same tables."""
    return heading(_tables(scope, order, language))


def _tables(scope: Scope, order: Order, language: Language) -> str:
    kinds = [table.kind for table in order.form.tables if table.kind in scope.kinds]
    return "; ".join(order.kind[kind].plural[language.code] for kind in kinds)


def rounded(points: Fraction) -> Decimal:
    """Return percentage points with one decimal, rounded half away from zero, as shares are."""
    tenths = abs(points) * 10
    whole = (2 * tenths.numerator + tenths.denominator) // (2 * tenths.denominator)
    return Decimal(whole if points >= 0 else -whole).scaleb(-1)


def change_text(change: tuple[Fraction, Fraction] | None, language: Language) -> str:
    """Return a change of a share in percentage points with its sign, or the range of it: +2,5; −1,0…+3,4; a dash for None."""
    if change is None:
        return "–"
    low, high = (language.signed(rounded(bound), 1) for bound in change)
    return low if change[0] == change[1] else f"{low}…{high}"
