"""Shares between the apps of the tests what each app would compile anew: templates and the builders of URLs.

Every test has an app of its own, and all apps have the same templates and routes. To compile them was a third of the tests' time.
"""

from collections.abc import Callable
from typing import Any

from flask import Flask
from jinja2 import FileSystemBytecodeCache
from werkzeug.routing import Rule


def share_compilation(folder: str) -> None:
    """Store compiled templates in a folder and compiled URL builders in this process, for all later apps."""
    Flask.jinja_options = {"bytecode_cache": FileSystemBytecodeCache(folder)}
    compile_builder: Callable[..., Any] = Rule._compile_builder
    builders: dict[Any, Any] = {}

    def shared_builder(rule: Rule, append_unknown: bool = True) -> Any:
        key = tuple(rule._trace), repr(rule.defaults), append_unknown
        if key not in builders:
            builders[key] = compile_builder(rule, append_unknown)
        return builders[key]

    Rule._compile_builder = shared_builder  # type: ignore[method-assign]
