"""What must be true before the server answers."""

import sys
from typing import Any

from gunicorn.arbiter import Arbiter
from sqlalchemy.exc import SQLAlchemyError

from evaluation import schema
from evaluation.language import LANGUAGE_CODES, language


def refuse_newer_database(app: Any) -> None:
    """End the server, with a message in each language, where the database belongs to a newer version of the product.

    A database that does not answer does not keep the server from starting: it may come back.

    Args:
        app: The Flask application of a worker that has just started.

    Raises:
        SystemExit: The server ends; gunicorn starts no worker in the place of one that ends with this status.
    """
    try:
        with app.app_context():
            schema.refuse_newer()
    except schema.SchemaNewer as error:
        sys.stderr.write("".join(f"{error.message(language(code))}\n" for code in LANGUAGE_CODES))
        sys.exit(Arbiter.WORKER_BOOT_ERROR)
    except SQLAlchemyError:
        return
