"""The sandbox of parsers: each limit is hit by a real child process."""

import time
from pathlib import Path

import pytest

from evaluation.answers.evidence.picture_check import check_picture
from evaluation.review.verification.pdf_text import extract_text
from evaluation.sandbox import (
    Limits,
    Parser,
    ParserError,
    SandboxCrash,
    SandboxError,
    SandboxOutOfMemory,
    SandboxTimeout,
    run_json_parser,
    run_parser,
)
from tests.support import sandboxed_parsers as parsers


def test_the_result_of_a_parser_is_returned() -> None:
    data = bytes(range(256)) * 2**12
    assert run_parser(parsers.reverse, data) == data[::-1]
    assert run_json_parser(parsers.as_json, data) == {"size": len(data)}


@pytest.mark.parametrize(
    "parser, limits, error",
    [
        (parsers.loop_forever, Limits(cpu_seconds=1, wall_seconds=60), SandboxTimeout),
        (parsers.sleep_forever, Limits(wall_seconds=2), SandboxTimeout),
        (parsers.fill_memory, Limits(memory_bytes=2**28), SandboxOutOfMemory),
        (parsers.return_much, Limits(result_bytes=2**20 - 1), SandboxOutOfMemory),
        (parsers.crash, Limits(), SandboxCrash),
        (parsers.fail, Limits(), ParserError),
    ],
    ids=["CPU time", "wall time", "memory", "size of the result", "crash", "exception"],
)
def test_a_parser_that_exceeds_a_limit_raises_a_clear_error(parser: Parser, limits: Limits, error: type[SandboxError]) -> None:
    started = time.monotonic()
    with pytest.raises(error, match=parser.__name__):
        run_parser(parser, b"x", limits)
    assert time.monotonic() - started < 60


def test_the_message_of_a_parsers_exception_is_passed_on() -> None:
    with pytest.raises(ParserError, match="ValueError: not my format"):
        run_parser(parsers.fail, b"")


def test_a_result_that_is_not_json_is_an_error() -> None:
    with pytest.raises(ParserError, match="not JSON"):
        run_json_parser(parsers.reverse, b"x")


def test_a_parser_writes_no_files_and_sees_no_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "secret")
    path = tmp_path / "file"
    with pytest.raises(SandboxError):
        run_parser(parsers.write_file, str(path).encode())
    assert not path.exists() or path.read_bytes() == b""
    output = run_parser(parsers.environment, b"").decode()
    assert "SECRET_KEY" not in output and "evaluation" not in output


@pytest.mark.parametrize("parser", [check_picture, extract_text])
def test_the_parsers_of_the_product_load_by_themselves(parser: Parser) -> None:
    """A parser module that imports from the product fails in the child with ImportError."""
    try:
        output = run_parser(parser, b"%PDF-1.4 broken").decode()
    except ParserError as error:
        output = str(error)
    assert "Import" not in output and "ModuleNotFound" not in output
