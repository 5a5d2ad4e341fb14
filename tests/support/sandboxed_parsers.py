"""Parsers that exceed the limits of :mod:`evaluation.sandbox`, for its tests; they run in the child process."""

import os
import signal
import sys
import time


def reverse(data: bytes) -> bytes:
    return data[::-1]


def as_json(data: bytes) -> bytes:
    return b'{"size": %d}' % len(data)


def loop_forever(data: bytes) -> bytes:
    while True:
        data = data[::-1]


def sleep_forever(data: bytes) -> bytes:
    time.sleep(3_600)
    return data


def fill_memory(data: bytes) -> bytes:
    blocks = [data]
    while True:
        blocks.append(bytes(2**20))


def return_much(data: bytes) -> bytes:
    return bytes(2**20)


def crash(data: bytes) -> bytes:
    os.kill(os.getpid(), signal.SIGSEGV)
    return data


def fail(data: bytes) -> bytes:
    raise ValueError("not my format")


def write_file(data: bytes) -> bytes:
    with open(data, "wb") as file:
        file.write(b"content")
    return b"written"


def environment(_: bytes) -> bytes:
    return repr((sorted(os.environ), [name for name in sys.modules if name.startswith("evaluation")])).encode()
