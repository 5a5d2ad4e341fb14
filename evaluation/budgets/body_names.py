"""The name of a body in the nominative, from the genitive of headings and titles, by simple rules of both languages."""

import re

NOUNS = (
    ("сельского округа", "сельский округ"),
    ("аульного округа", "аульный округ"),
    ("поселкового округа", "поселковый округ"),
    ("города", "город"),
    ("поселка", "поселок"),
    ("посёлка", "посёлок"),
    ("села", "село"),
    ("аула", "аул"),
    ("района", "район"),
    ("области", "область"),
)
ADJECTIVES = (("ского", "ский"), ("цкого", "цкий"), ("ного", "ный"), ("вого", "вый"), ("ской", "ская"), ("ной", "ная"))
KAZAKH = (
    ("округінің", "округі"),
    ("қаласының", "қаласы"),
    ("ауданының", "ауданы"),
    ("облысының", "облысы"),
    ("кентінің", "кенті"),
    ("ауылының", "ауылы"),
    ("аудандық", "ауданы"),
    ("қалалық", "қаласы"),
    ("облыстық", "облысы"),
)
WITHOUT_BODY = frozenset({"аудандық", "қалалық", "облыстық", "районный", "городской", "областной", "местный", "жергілікті"})
CITY_STEM = re.compile(r"\b([\w-]{1,40}?)ского городского")
MASLIKHAT_RUSSIAN = (
    (re.compile(r"\b([\w-]{1,40}?)ского районного маслихата"), r"\1ский район"),
    (re.compile(r"\b([\w-]{1,40}?(?<!ин))ского городского маслихата"), r"город \1"),
    (re.compile(r"\b([\w-]{1,40}?)ского областного маслихата"), r"\1ская область"),
    (
        re.compile(
            r"[Мм]аслихата? (города [\w.-]{1,40}|[\w-]{1,40}ского района|района(?: имени)? [\w.-]+|[\w-]{1,40}ской области)\b"
        ),
        r"\1",
    ),
)
CAPITAL = r"[А-ЯЁӘҒҚҢӨҰҮҺІ][\w-]{0,40}"
MASLIKHAT_KAZAKH = re.compile(rf"((?:{CAPITAL} ){{0,3}}{CAPITAL}) (аудандық|қалалық|облыстық|ауданы|қаласы) мәслихатының")


def nominative(name: str) -> str:
    """Return the name of a body in the nominative where the rules know its form, else as it is.

    "города Қонаев" → "город Қонаев", "Таласского района" → "Таласский район", "Талов ауылдық округінің" → "Талов ауылдық округі".
    """
    name = " ".join(name.split()).strip(' "«»“”.,')
    if name.lower() in WITHOUT_BODY:
        return ""
    for ending, base in KAZAKH:
        if name.lower().endswith(ending):
            return name[: len(name) - len(ending)] + base
    for genitive, base in NOUNS:
        match = re.match(rf"(?:(\S+(?:ского|цкого|ного|вого|ской|ной)) )?{genitive}(?=\s|$)", name, re.IGNORECASE)
        if match is not None:
            rest = name[match.end() :]
            return f"{_adjective(match[1])} {base}{rest}" if match[1] else f"{base}{rest}"
    return name


def city_stems(text: str) -> frozenset[str]:
    """Return the adjectives of cities in a text without their ending: "Риддерского городского маслихата" → "Риддер"."""
    return frozenset(CITY_STEM.findall(text))


def without_case(name: str, stems: frozenset[str]) -> str:
    """Return "город Риддера" without the ending of its case, if the text has the adjective of this city."""
    return name[:-1] if name.startswith("город ") and name[-1:] in "ау" and name.split(" ")[-1][:-1] in stems else name


def _adjective(word: str) -> str:
    return next((word[: len(word) - len(ending)] + base for ending, base in ADJECTIVES if word.endswith(ending)), word)


def body_of_maslikhat(text: str) -> str:
    """Return the body whose maslikhat a text names first; "" if it names none."""
    if match := MASLIKHAT_KAZAKH.search(text):
        return nominative(f"{match[1]} {match[2]}")
    for pattern, replacement in MASLIKHAT_RUSSIAN:
        if match := pattern.search(text):
            return nominative(match.expand(replacement))
    return ""
