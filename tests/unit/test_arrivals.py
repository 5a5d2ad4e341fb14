"""Requests that arrive in any pieces are the same requests."""

from hypothesis import given
from hypothesis import strategies as st

from evaluation.application import MAX_REQUEST_BYTES
from evaluation.server.arrivals import PATIENCE_SECONDS, Arrival


def request_of(body: bytes, header: str = "") -> bytes:
    length = f"Content-Length: {len(body)}\r\n" if body else ""
    return f"POST / HTTP/1.1\r\nHost: x\r\n{header}{length}\r\n".encode() + body


@given(body=st.binary(max_size=300), following=st.binary(max_size=50), cuts=st.lists(st.integers(0, 400), max_size=8))
def test_the_pieces_of_a_request_do_not_matter(body: bytes, following: bytes, cuts: list[int]) -> None:
    request = request_of(body)
    data, arrival, position = request + following, Arrival(0), 0
    for cut in (*sorted(cuts), len(data)):
        if arrival.is_complete:
            break
        arrival.add(data[position:cut])
        position = max(position, cut)
        assert arrival.is_complete == (position >= len(request))
    reader, read = arrival.reader(None), b""  # type: ignore[arg-type]
    while len(read) < len(request):
        read += reader.chunk()
    assert read == request
    reader.end()
    assert reader.buf.getvalue() + data[position:] == following, "the start of the next request is not lost"


def test_requests_of_unknown_length_are_refused() -> None:
    for header, status in (
        ("Transfer-Encoding: chunked\r\n", 411),
        ("transfer-encoding : x\r\n", 411),
        ("Content-Length: -1\r\n", 400),
        ("Content-Length: 1\r\nContent-Length: 2\r\n", 400),
        (f"Content-Length: {'0' * 30}9\r\n", 400),
        ("Content-Length : 99x\r\n", 400),
    ):
        arrival = Arrival(0)
        arrival.add(request_of(b"", header))
        arrival.close()
        assert arrival.refusal == status, header


def test_only_the_length_itself_is_a_length() -> None:
    arrival = Arrival(0)
    arrival.add(request_of(b"", "Content-Length-Hint: 9\r\nContent-LengthX: 8\r\n"))
    arrival.close()
    assert arrival.is_complete and not arrival.refusal and not arrival.body_bytes


def test_a_body_that_is_too_long_is_not_stored() -> None:
    arrival = Arrival(0)
    arrival.add(f"POST / HTTP/1.1\r\nContent-Length: {MAX_REQUEST_BYTES + 10}\r\n\r\n".encode())
    part = b"x" * 2**20
    for _ in range(MAX_REQUEST_BYTES // len(part)):
        arrival.add(part)
    assert not arrival.is_complete and arrival.is_discarded
    arrival.add(b"x" * 10)
    reader = arrival.reader(None)  # type: ignore[arg-type]
    assert arrival.is_complete and len(reader.chunk(2**20)) < 100
    reader.end()


def test_who_sends_too_slowly_is_late() -> None:
    arrival = Arrival(0)
    arrival.add(b"GET / HTTP/1.1\r\n" * 1000)
    arrival.close()
    assert not arrival.is_late(PATIENCE_SECONDS - 1) and arrival.is_late(PATIENCE_SECONDS + 1), "a head has no more time"
    arrival = Arrival(0)
    arrival.add(b"POST / HTTP/1.1\r\nContent-Length: 900000\r\n\r\n" + b"x" * 300_000)
    arrival.close()
    assert not arrival.is_late(PATIENCE_SECONDS + 1), "it brought enough"
    assert not arrival.is_late(2 * PATIENCE_SECONDS) and arrival.is_late(2 * PATIENCE_SECONDS + 2), "nothing since"
