"""Runs a parser of foreign files in a child process with limited memory, CPU time and wall time.

Libraries that parse PDF files and pictures may hang, exhaust the memory or crash on a hostile file. In a child process only the
child dies. Every such parser runs through :func:`run_parser`; no other code starts a parser process.

The child loads the parser's source file by its path, with an empty environment and Python's isolated mode. A parser module
therefore imports only the standard library and installed packages, never ``evaluation``: the child starts fast and knows no
secrets.
"""

import importlib.util
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import orjson

Parser = Callable[[bytes], bytes]
"""A module-level function: the file's bytes → the result's bytes."""

EXIT_PARSER_ERROR, EXIT_OUT_OF_MEMORY, EXIT_RESULT_TOO_LARGE = 70, 71, 72
"""Exit statuses of the child; Python itself uses 1 and 2."""
MAX_MESSAGE_BYTES = 2_000
NICENESS = 10


@dataclass(frozen=True)
class Limits:
    """Limits of one run.

    Attributes:
        memory_bytes: address space of the child (RLIMIT_AS), Python and the parser's libraries included.
        cpu_seconds: CPU time of the child (RLIMIT_CPU), whole seconds.
        wall_seconds: time until the parent kills the child; longer than the CPU time, since the machine may be busy.
        result_bytes: size of the result.
    """

    memory_bytes: int = 2**30
    cpu_seconds: int = 10
    wall_seconds: float = 20
    result_bytes: int = 8 * 2**20


DEFAULT_LIMITS = Limits()


class SandboxError(Exception):
    """The parser gave no result; the message says why and is for developers."""


class SandboxTimeout(SandboxError):
    """The parser exceeded its CPU time or wall time."""


class SandboxOutOfMemory(SandboxError):
    """The parser exceeded its memory, or its result is too large."""


class SandboxCrash(SandboxError):
    """A signal ended the parser's process, such as a segmentation fault."""


class ParserError(SandboxError):
    """The parser raised an exception: the file is not what the parser expects."""


def run_parser(parser: Parser, data: bytes, limits: Limits = DEFAULT_LIMITS) -> bytes:
    """Call `parser(data)` in a child process and return its result.

    Args:
        parser: a module-level function of a module that imports nothing from ``evaluation``.
        data: the foreign file.
        limits: memory, time and size limits of this run.

    Raises:
        SandboxTimeout: the CPU time or wall time is used up.
        SandboxOutOfMemory: the memory is used up, or the result is larger than `limits.result_bytes`.
        SandboxCrash: the child was ended by a signal.
        ParserError: the parser raised an exception, or the child cannot be started.
    """
    command = [
        *(sys.executable, "-I", "-B", __file__, parser.__code__.co_filename, parser.__name__),
        *(str(limits.memory_bytes), str(limits.cpu_seconds), str(limits.result_bytes)),
    ]
    try:
        process = subprocess.run(  # noqa: S603 - the command holds no foreign text
            command, input=data, capture_output=True, timeout=limits.wall_seconds, check=False, env={}
        )
    except subprocess.TimeoutExpired as error:
        raise SandboxTimeout(f"{parser.__name__}: no result within {limits.wall_seconds} s") from error
    except OSError as error:
        raise ParserError(f"{parser.__name__}: cannot start a process: {error}") from error
    if process.returncode == 0:
        return process.stdout
    raise _error(parser.__name__, process.returncode, process.stderr)


def run_json_parser(parser: Parser, data: bytes, limits: Limits = DEFAULT_LIMITS) -> Any:
    """Decode the result of a parser that returns JSON. Raises as :func:`run_parser`; ParserError if the result is not JSON."""
    try:
        return orjson.loads(run_parser(parser, data, limits))
    except orjson.JSONDecodeError as error:
        raise ParserError(f"{parser.__name__}: the result is not JSON") from error


def _error(name: str, status: int, output: bytes) -> SandboxError:
    """Return the error for a child's exit status; a negative status is the number of the signal that ended it."""
    message = output[-MAX_MESSAGE_BYTES:].decode(errors="replace").strip()
    if status == -signal.SIGXCPU:
        return SandboxTimeout(f"{name}: out of CPU time")
    if status in (EXIT_OUT_OF_MEMORY, EXIT_RESULT_TOO_LARGE):
        return SandboxOutOfMemory(f"{name}: {message}")
    if status < 0:
        return SandboxCrash(f"{name}: ended by signal {-status}")
    return ParserError(f"{name}: {message or f'exit status {status}'}")


def _child(path: str, name: str, memory_bytes: int, cpu_seconds: int, result_bytes: int) -> int:
    """Limit this process, then run the parser on standard input and write its result to standard output."""
    # Requests of people go before foreign files.
    os.nice(NICENESS)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    # The soft limit sends SIGXCPU, which the parent recognises; the hard limit kills a parser that ignores the signal.
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds + 1))
    try:
        spec = importlib.util.spec_from_file_location("sandboxed_parser", path)
        if spec is None or spec.loader is None:
            raise ImportError(path)
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module
        spec.loader.exec_module(module)
        result = getattr(module, name)(sys.stdin.buffer.read())
    except MemoryError:
        sys.stderr.write("out of memory")
        return EXIT_OUT_OF_MEMORY
    except BaseException as error:
        # A parser may raise anything, and panics of compiled parsers are no subclass of Exception.
        sys.stderr.write(f"{type(error).__name__}: {error}"[:MAX_MESSAGE_BYTES])
        return EXIT_PARSER_ERROR
    if len(result) > result_bytes:
        sys.stderr.write(f"the result has {len(result)} bytes")
        return EXIT_RESULT_TOO_LARGE
    sys.stdout.buffer.write(result)
    sys.stdout.buffer.flush()
    return 0


if __name__ == "__main__":
    sys.exit(_child(sys.argv[1], sys.argv[2], *map(int, sys.argv[3:6])))
