"""Hostile values for every part of a request."""

from collections.abc import Iterator
from typing import Any

from tests.support.route_world import World

TAG = "hostile7f3a"
"""The name of the element and the attribute that hostile markup would add to a page."""
PRODUCT = "837221"
"""What a template engine would print for 913*917."""
LONG = 10**6
"""Characters of a long text."""
FIELD_LIMIT = 500_000
"""A longer field of a form is refused before any view reads it, so a text just below is tried too."""

TEXTS = (
    "a\x00b",
    "\u202egnp.exe\u200b\ufeff\ufffe",
    f"\"'><{TAG} {TAG}=1 onload=alert(1)>",
    f'" {TAG}="1',
    f"javascript:{TAG}",
    "{{913*917}}${913*917}<%=913*917%>#{913*917}",
    "' OR 1=1 --",
    "'; DROP TABLE account; --",
    "%' OR '%'='",
    "\\",
    "a\r\nSet-Cookie: session=x\r\n\r\n<p>",
    "../../../../etc/passwd",
    "//evil.example/",
    "/\\evil.example",
    "https://evil.example/",
    "http://[",
    "=cmd|' /C calc'!A0",
    "%s%n%(x)s{0}{x}",
    "З\u0301" * 300,
    "😀" * 50,
    "",
    " ",
)
NUMBERS = (
    "0",
    "-1",
    "-0",
    "1e999",
    "NaN",
    "Infinity",
    "1_000",
    "٣",
    "٢٠٢٤",
    "0x10",
    "1.5",
    "2147483647",
    "2147483648",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775809",
    str(10**20),
    str(-(10**20)),
    "9" * 5_000,
    "0001-01-01",
    "9999-12-31",
    "99999-12-31",
    "0000-00-00",
)
RAW = ("%00", "%ED%A0%80", "%FF%FE", "%", "%zz", "%C0%AE%C0%AE/", "a%0d%0aX: y")
"""Texts of an address that no encoder writes, such as half of a surrogate pair."""
JSON_VALUES: tuple[Any, ...] = (
    None,
    True,
    -1,
    10**20,
    1.5,
    float("nan"),
    float("inf"),
    "\ud800",
    "a\x00\udfff",
    [],
    {},
    [[]],
    {"a": {"a": []}},
    "x" * LONG,
)
HEADERS = {
    "Cookie": ("session=a.b.c", "session=\x00", "language=<b>; language=kk", "session=" + "x" * 5_000, "=;;=", "device-1=\udcff"),
    "Accept-Language": ("kk;q=x, *;q=9, \x00", "x" * 10_000, "ru-" * 500),
    "Accept": ("application/json;q=x", "*/*;q=" + "9" * 400, "\x00"),
    "Referer": ("http://[", "http://evil.example/", "\x00", "http://localhost/\\evil"),
    "Range": ("bytes=99999999999999999999-", "bytes=-1,-2,5-1", "x=\x00"),
    "If-None-Match": ('"', "W/" * 1_000, "*"),
    "If-Modified-Since": ("Thu, 99 Foo 99999 00:00:00 GMT", "\x00"),
    "Content-Type": ("application/json; charset=\x00", "multipart/form-data", "multipart/form-data; boundary=\x00", "\x00/x"),
    "X-Forwarded-For": ("' OR 1=1 --", "\x00", "::ffff:1.2.3.4%x"),
    "X-Forwarded-Host": ("evil.example",),
    "X-Request-ID": ("a\nb", "x" * 5_000, "\x00"),
    "X-HTTP-Method-Override": ("DELETE",),
    "X-CSRFToken": ("\x00", "x" * 5_000, "é"),
    "Sec-Purpose": ("prefetch;\x00",),
    "User-Agent": ("<script>" * 100, "\x00", "é" * 3_000),
}
"""Values of headers. No server passes NUL or a line break on, so the product sees more here than an attacker can send."""


def foreign_values(world: World) -> tuple[str, ...]:
    """The ids and BINs of the foreign body's resources."""
    body = world.foreign_body
    numbers = {
        body.id,
        body.file,
        body.remark,
        body.anomaly,
        body.decision,
        *body.drafts.values(),
        *body.uploads.values(),
        *world.jobs.values(),
        *world.messages.values(),
    }
    return (body.bin, body.organisation_bin, *map(str, sorted(numbers)))


def texts(world: World) -> tuple[str, ...]:
    """Every hostile value of a field or a part of an address."""
    return (*TEXTS, *NUMBERS, *foreign_values(world), "ы" * 50_000, "x" * (FIELD_LIMIT - 10_000), "x" * LONG)


def changed(value: Any, hostile: Any) -> Iterator[Any]:
    """Yield a JSON value with each of its parts replaced by a hostile value, and each key renamed."""
    yield hostile
    if isinstance(value, dict):
        for key, part in value.items():
            yield from (value | {key: other} for other in changed(part, hostile))
            if isinstance(hostile, str):
                yield {name: part for name, part in value.items() if name != key} | {hostile: part}
    elif isinstance(value, list) and value:
        yield from ([other, *value[1:]] for other in changed(value[0], hostile))
