"""The product with a page that takes its time and one that takes a body; both are open to everybody."""

import time

from flask import Flask, request

from app import create_app
from evaluation.policy import Action
from evaluation.web.core.access import allow


def create() -> Flask:
    """The app on the database of the environment."""
    app = create_app({"WTF_CSRF_ENABLED": False})

    @app.get("/slow/<seconds>")
    @allow(Action.PUBLIC)
    def slow(seconds: str) -> str:
        time.sleep(float(seconds))
        return "done"

    @app.post("/body")
    @allow(Action.PUBLIC)
    def body() -> str:
        return str(len(request.get_data()))

    @app.get("/large/<int:size>")
    @allow(Action.PUBLIC)
    def large(size: int) -> bytes:
        return b"0123456789abcdef" * (size // 16)

    @app.get("/broken/<bin_>")
    @allow(Action.PUBLIC)
    def broken(bin_: str) -> str:
        raise RuntimeError(f"a failure of {bin_} for person@example.kz")

    return app
