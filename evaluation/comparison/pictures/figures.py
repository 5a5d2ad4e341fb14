"""The pictures of a year over all bodies: tile map, heat map, distribution and trends, each with its table and links."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from evaluation.charts import Link
from evaluation.charts.distribution import LevelDistribution, ShareBin, distribution, range_text
from evaluation.charts.heat_map import HeatCell, HeatRow, HeatTable, heat_map
from evaluation.charts.model import caption
from evaluation.charts.shares import Share
from evaluation.charts.tile_map import Tile, tile_map
from evaluation.charts.trends import Trend, YearPoint, trend_chart
from evaluation.comparison.notes import REGIONS_WITHOUT_AKIMATS
from evaluation.comparison.pictures import queries
from evaluation.comparison.pictures.links import GroupNames, PictureLinks
from evaluation.comparison.pictures.model import BINS, CENTRAL, Figure, GroupShare, RowShares, TableCell, TableSection, ValueTable
from evaluation.comparison.pictures.tiles import TilePosition, positions_with
from evaluation.criteria.model import Order
from evaluation.language import N_, Language
from evaluation.policy import Viewer
from evaluation.registry.admin.labels import LEVEL_NAMES
from evaluation.registry.models import Body
from evaluation.review.body_list.model import region_filters

DASH = TableCell("–")
RANGE_NOTE = N_("A range shows the lowest and the highest share that the missing answers allow.")


@dataclass(frozen=True)
class PictureContext:
    """For whom and in which language a year's pictures are made; links are absolute in a file."""

    viewer: Viewer
    year: int
    language: Language
    absolute_links: bool = False

    @property
    def links(self) -> PictureLinks:
        """The links to the lists behind the shapes."""
        return PictureLinks(self.viewer, self.year, self.absolute_links)

    @property
    def names(self) -> GroupNames:
        """The names of regions and other groups."""
        return GroupNames.read(self.viewer, self.language)


# ---- tile map ----


def map_figure(context: PictureContext) -> Figure:
    """The tile map: the share of the maximum of each region, of the central bodies and of the country."""
    language, links, names = context.language, context.links, context.names
    shares = queries.region_shares(context.viewer, context.year)
    regions = {group: share for group, share in shares.groups.items() if group.isdigit()}
    tiles = [_tile(position, regions.get(position.region), names, links, language) for position in positions_with(regions)]
    sums = []
    if shares.country:
        sums.append(Tile(0, 0, language.gettext("Whole country"), shares.country.share, links.country(names.country)))
    if CENTRAL in shares.groups:
        sums.append(Tile(0, 0, names.of(CENTRAL), shares.groups[CENTRAL].share, links.group(CENTRAL, names.of(CENTRAL))))
    title = language.gettext("Share of the maximum by region, %(year)s", year=context.year)
    heads = (
        language.gettext("Region"),
        language.gettext("Bodies"),
        language.gettext("Points"),
        language.gettext("Share"),
    )
    rows = [
        _share_cells(names.of(group), links.group(group, names.of(group)), shares.groups[group], language)
        for group in names.ordered(shares.groups)
    ]
    if shares.country:
        rows.append(_share_cells(names.country, links.country(names.country), shares.country, language))
    notes = (
        language.gettext("The share is the sum of the bodies' points divided by the sum of their maxima."),
        language.gettext(RANGE_NOTE),
        language.gettext(REGIONS_WITHOUT_AKIMATS),
    )
    return Figure(tile_map(title, tiles, sums, language), ValueTable.of_rows(heads, rows, stacks=True), notes)


def _tile(position: TilePosition, share: GroupShare | None, names: GroupNames, links: PictureLinks, language: Language) -> Tile:
    link = links.group(position.region, names.of(position.region)) if share else None
    return Tile(position.column, position.row, position.names[language.code], share.share if share else None, link)


def _share_cells(name: str, link: Link | None, group: GroupShare, language: Language) -> tuple[TableCell, ...]:
    share = group.share
    return (
        TableCell(name, link.url if link else ""),
        TableCell(language.number(group.bodies)),
        TableCell(_part_of_total(share, language)),
        TableCell(language.share_range(share.low, share.high, share.total)),
    )


def _part_of_total(share: Share, language: Language) -> str:
    """The numbers of a share: 7 / 10, 7–9 / 10."""
    low = language.number(share.low)
    part = f"{low}–{language.number(share.high)}" if share.is_open else low
    return f"{part} /\xa0{language.number(share.total)}"


# ---- heat map ----


def heat_map_figure(context: PictureContext, order: Order) -> Figure:
    """The heat map: rows of the form by regions, the percentage of the bodies with the table that have full points."""
    language, links, names = context.language, context.links, context.names
    shares = queries.row_shares(context.viewer, context.year)
    groups = names.ordered(shares.group_keys)
    cells = {
        (table.kind, row.number): _heat_cells(links, (table.kind, row.number), shares, groups, names)
        for table in order.form.tables
        for row in table.scored_rows
    }
    tables = [
        HeatTable(
            table.title[language.code],
            tuple(HeatRow(row.number, row.text[language.code], cells[table.kind, row.number]) for row in table.scored_rows),
        )
        for table in order.form.tables
    ]
    columns = [language.gettext("Country")] * bool(shares.country) + [names.short(group) for group in groups]
    sections = tuple(TableSection(table.title, tuple(_heat_row(row, language) for row in table.rows)) for table in tables)
    title = language.gettext("Bodies with full points by row and region, %(year)s, percent", year=context.year)
    heads = (language.gettext("Row"), language.gettext("Name"), *columns)
    notes = (
        language.gettext("A cell counts the bodies with the table that certainly have full points, and leads to those without."),
        language.gettext("12 / 15 means 12 of 15 bodies; 12–14 / 15 means that missing answers leave two undecided."),
        language.gettext(REGIONS_WITHOUT_AKIMATS),
    )
    return Figure(heat_map(title, columns, tables, language), ValueTable(heads, sections, 2), notes)


def _heat_cells(
    links: PictureLinks, key: tuple[str, str], shares: RowShares, groups: Sequence[str], names: GroupNames
) -> tuple[HeatCell | None, ...]:
    by_group, cells = shares.groups.get(key, {}), list[HeatCell | None]()
    if shares.country:
        country = shares.country.get(key)
        cells.append(HeatCell(country, links.country(names.country, key)) if country else None)
    cells += [
        HeatCell(by_group[group], links.group(group, names.of(group), key)) if group in by_group else None for group in groups
    ]
    return tuple(cells)


def _heat_row(row: HeatRow, language: Language) -> tuple[TableCell, ...]:
    text = " ".join(caption(row.text, language))
    return (TableCell(row.mark), TableCell(text), *(_count_cell(cell, language) for cell in row.cells))


def _count_cell(cell: HeatCell | None, language: Language) -> TableCell:
    if cell is None:
        return DASH
    return TableCell(_part_of_total(cell.share, language), cell.link.url if cell.link else "")


# ---- distribution ----


def distribution_figure(context: PictureContext, body: Body | None = None) -> Figure:
    """The distribution of shares by level, with the share of one body marked."""
    language, links = context.language, context.links
    levels = queries.level_bins(context.viewer, context.year)
    share = queries.body_share(context.viewer, context.year, body.id) if body else None
    names = {item.level: language.gettext(LEVEL_NAMES[item.level]) for item in levels}
    bins = {
        item.level: tuple(
            ShareBin(count, visible, links.level(item.level, names[item.level], position) if visible else None)
            for position, (count, visible) in enumerate(zip(item.counts, item.visible_counts, strict=True))
        )
        for item in levels
    }
    charted = [
        LevelDistribution(names[level], level_bins, share if body and body.level == level else None)
        for level, level_bins in bins.items()
    ]
    rows = tuple(
        (TableCell(range_text(position, BINS, language)), *(_bin_cell(level[position], language) for level in bins.values()))
        for position in range(BINS)
    )
    heads = (language.gettext("Share of the maximum"), *names.values())
    notes = [language.gettext("A column counts the bodies by the lowest share that the missing answers allow.")]
    if body:
        notes.insert(0, _marked_note(_body_name(body, language), share, language))
    title = language.gettext("Distribution of the shares by level, %(year)s", year=context.year)
    return Figure(distribution(title, charted, language), ValueTable.of_rows(heads, rows, stacks=True), tuple(notes))


def _bin_cell(bin_: ShareBin, language: Language) -> TableCell:
    return TableCell(language.number(bin_.count), bin_.link.url if bin_.link else "")


def _marked_note(name: str, share: Share | None, language: Language) -> str:
    if share is None:
        return language.gettext("%(body)s is not marked: no table applies to it.", body=name)
    text = language.share_range(share.low, share.high, share.total)
    return language.gettext("Marked: %(body)s, %(share)s", body=name, share=text)


# ---- trends ----


def trends_figure(
    context: PictureContext, years: Sequence[int], level: str = "", region: str = "", body: Body | None = None
) -> Figure:
    """The trends of the country and of a level, a region and a body where chosen.

    A series that the viewer may not know is left out.
    """
    language, names = context.language, context.names
    series: list[tuple[str, Mapping[str, str], list[tuple[int, Share]]]] = [
        (names.country, {}, queries.yearly_shares(context.viewer, years))
    ]
    if level:
        shares = queries.yearly_shares(context.viewer, years, level=level)
        series.append((language.gettext(LEVEL_NAMES[level]), {"level": level}, shares))
    if region:
        shares = queries.yearly_shares(context.viewer, years, region=region)
        series.append((names.of(region), region_filters(region), shares))
    if body:
        shares = queries.yearly_shares(context.viewer, years, body_id=body.id)
        series.append((_body_name(body, language), {"body": body.bin}, shares))
    trends = [_trend(context, name, filters, shares) for name, filters, shares in series if shares]
    shown = sorted({point.year for trend in trends for point in trend.points})
    by_year = [{point.year: point for point in trend.points} for trend in trends]
    rows = tuple((TableCell(str(year)), *(_point_cell(points.get(year), language) for points in by_year)) for year in shown)
    title = language.gettext("Share of the maximum over the years")
    heads = (language.gettext("Year"), *(trend.name for trend in trends))
    notes = (
        language.gettext("The share is the sum of the bodies' points divided by the sum of their maxima."),
        language.gettext("A vertical bar reaches up to the highest share that the missing answers allow."),
        *((language.gettext(REGIONS_WITHOUT_AKIMATS),) if region else ()),
    )
    return Figure(trend_chart(title, trends, language), ValueTable.of_rows(heads, rows, stacks=True), notes)


def _trend(context: PictureContext, name: str, filters: Mapping[str, str], shares: Sequence[tuple[int, Share]]) -> Trend:
    points = []
    for year, share in shares:
        links = PictureLinks(context.viewer, year, context.absolute_links)
        text = f"{name}, {year}"
        link = links.body(filters["body"], text) if "body" in filters else links.filtered(text, filters)
        points.append(YearPoint(year, share, link))
    return Trend(name, tuple(points))


def _point_cell(point: YearPoint | None, language: Language) -> TableCell:
    if point is None:
        return DASH
    share = point.share
    text = language.share_range(share.low, share.high, share.total)
    return TableCell(text, point.link.url if point.link else "")


def _body_name(body: Body, language: Language) -> str:
    first, second = (body.name_ru, body.name_kk) if language.code == "ru" else (body.name_kk, body.name_ru)
    return first or second or body.bin
