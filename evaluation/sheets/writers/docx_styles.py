"""The styles of the Word document. An editor of the document can change its look there."""

from typing import Any

from docx.document import Document as Word
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH as ALIGN
from docx.enum.text import WD_TAB_ALIGNMENT
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Mm, Pt, RGBColor
from docx.styles.style import BaseStyle, ParagraphStyle

from evaluation.sheets.writers.docx_parts import LOCALES
from evaluation.sheets.writers.office import FONT, INK, LINE, QUIET, SHADE

PARAGRAPH_STYLES: dict[str, dict[str, Any]] = {
    "Title": {"size": 14, "bold": True, "align": ALIGN.CENTER, "before": 10, "after": 2},
    "Heading 1": {"size": 14, "bold": True, "after": 6, "keep": True},
    "Heading 2": {"size": 12, "bold": True, "before": 12, "after": 4, "keep": True},
    "Heading 3": {"size": 11, "bold": True, "before": 10, "after": 4, "keep": True},
    "Sheet Mark": {"size": 10, "after": 2},
    "Sheet Blank": {"size": 12, "align": ALIGN.CENTER, "before": 8},
    "Sheet Hint": {"size": 8.5, "align": ALIGN.CENTER, "after": 2},
    "Sheet Cell": {"size": 10.5},
    "Sheet Cell Centred": {"size": 10.5, "align": ALIGN.CENTER},
    "Sheet Annex Cell": {"size": 9},
    "Sheet Annex Cell Centred": {"size": 9, "align": ALIGN.CENTER},
    "Sheet Picture": {"after": 6},
    "Sheet Reading": {"size": 10, "after": 2, "indent": 12},
    "Sheet Explanation": {"size": 10, "before": 6},
    "Sheet Note": {"size": 8.5, "italic": True, "after": 4, "colour": QUIET},
    "Sheet Break": {"size": 1},
    "Sheet Notice": {"size": 10, "bold": True, "align": ALIGN.CENTER, "after": 4},
    "Sheet Annex Mark": {"size": 10, "italic": True, "align": ALIGN.CENTER, "after": 8},
    "Sheet Footer": {"size": 9, "colour": QUIET},
}
ALL_SIDES = ("top", "left", "bottom", "right")


def define_styles(word: Word, code: str) -> None:
    """Define the styles of the document and its default language."""
    normal = word.styles["Normal"]
    _set_font(normal, 11, INK)
    normal.paragraph_format.space_after = Pt(6)
    _set_language(word, LOCALES[code])
    for name, look in PARAGRAPH_STYLES.items():
        exists = name in [style.name for style in word.styles]
        style = word.styles[name] if exists else word.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
        style.base_style = normal
        _format_paragraph(style, look)
    _set_borders(word.styles["Sheet Blank"], ("bottom",), 4)
    _set_borders(word.styles["Sheet Notice"], ALL_SIDES, 8)
    word.styles["Sheet Footer"].paragraph_format.tab_stops.add_tab_stop(Mm(170), WD_TAB_ALIGNMENT.RIGHT)
    word.styles["Sheet Reading"].paragraph_format.tab_stops.add_tab_stop(Mm(12))
    _add_table_style(word, "Sheet Table", shaded=False)
    _add_table_style(word, "Sheet Annex Table", shaded=True)


def _format_paragraph(style: ParagraphStyle, look: dict[str, Any]) -> None:
    _set_font(style, look.get("size", 11), look.get("colour", INK))
    style.font.bold, style.font.italic = look.get("bold", False), look.get("italic", False)
    format_ = style.paragraph_format
    format_.alignment = look.get("align", ALIGN.LEFT)
    format_.space_before, format_.space_after = Pt(look.get("before", 0)), Pt(look.get("after", 0))
    format_.line_spacing = 1.0
    format_.keep_with_next = look.get("keep", False)
    if "indent" in look:
        format_.left_indent, format_.first_line_indent = Mm(look["indent"]), Mm(-look["indent"])
    for border in style.element.findall(f".//{qn('w:pBdr')}"):
        border.getparent().remove(border)


def _set_font(style: ParagraphStyle, size: float, colour: str) -> None:
    style.font.name, style.font.size = FONT, Pt(size)
    style.font.color.rgb = RGBColor.from_string(colour)
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
        fonts.attrib.pop(qn(f"w:{theme}"), None)
    for script in ("ascii", "hAnsi", "cs", "eastAsia"):
        fonts.set(qn(f"w:{script}"), FONT)


def _set_language(word: Word, locale: str) -> None:
    """Set the language of text without a language of its own."""
    for language in word.styles.element.iter(qn("w:lang")):
        language.set(qn("w:val"), locale)


def _set_borders(style: BaseStyle, sides: tuple[str, ...], width_eighths_pt: int) -> None:
    lines = "".join(f'<w:{side} w:val="single" w:sz="{width_eighths_pt}" w:space="2" w:color="{INK}"/>' for side in sides)
    borders = parse_xml(f"<w:pBdr {nsdecls('w')}>{lines}</w:pBdr>")
    later = "w:shd", "w:tabs", "w:spacing", "w:ind", "w:contextualSpacing", "w:jc", "w:outlineLvl"
    style.element.get_or_add_pPr().insert_element_before(borders, *later)


def _add_table_style(word: Word, name: str, shaded: bool) -> None:
    """Add a table style with thin lines; the heading row is shaded in an annex and not in the form."""
    style = word.styles.add_style(name, WD_STYLE_TYPE.TABLE)
    style.base_style = word.styles["Normal Table"]
    space = nsdecls("w")
    sides = (*ALL_SIDES, "insideH", "insideV")
    lines = "".join(f'<w:{side} w:val="single" w:sz="4" w:space="0" w:color="{LINE}"/>' for side in sides)
    widths = zip(ALL_SIDES, (30, 80, 30, 80), strict=True)
    margins = "".join(f'<w:{side} w:w="{width}" w:type="dxa"/>' for side, width in widths)
    alignment = "top" if shaded else "center"
    elements = [
        f"<w:tblPr {space}><w:tblBorders>{lines}</w:tblBorders><w:tblCellMar>{margins}</w:tblCellMar></w:tblPr>",
        f'<w:tcPr {space}><w:vAlign w:val="{alignment}"/></w:tcPr>',
    ]
    if shaded:
        shading = f'<w:shd w:val="clear" w:color="auto" w:fill="{SHADE}"/>'
        elements.append(f'<w:tblStylePr {space} w:type="firstRow"><w:tcPr>{shading}</w:tcPr></w:tblStylePr>')
    for element in elements:
        style.element.append(parse_xml(element))
