"""A program: a PDF on standard input, its properties and the text of its first and last pages on standard output.

It runs by itself, with limits to its time and memory, since the file is of anybody's making.
"""

import io
import resource
import sys

from pypdf import PdfReader

SECONDS, MEMORY = 10, 2**30
FIRST_PAGES = 3
MOST = 1_000_000
"""Characters that are told."""


def main() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    reader = PdfReader(io.BytesIO(sys.stdin.buffer.read()))
    told = [str(value) for value in (reader.metadata or {}).values()]
    count = len(reader.pages)
    told += [reader.pages[number].extract_text() for number in sorted({*range(min(FIRST_PAGES, count)), count - 1})]
    sys.stdout.buffer.write("\n".join(told)[:MOST].encode(errors="replace"))


if __name__ == "__main__":
    main()
