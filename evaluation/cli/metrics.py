"""The command that answers requests for the metrics."""

import os

import click

from evaluation.cli.context import command, language_option
from evaluation.configuration import configuration
from evaluation.errors import EvaluationError
from evaluation.language import N_

NO_ADDRESS = N_("Set METRICS_BIND to the address and port of the metrics, such as 127.0.0.1:9090.")


@command(
    click.option("--with-server", is_flag=True, help="End when the process that started this command ends."),
    language_option,
    name="metrics",
)
def metrics(with_server: bool, lang: str) -> None:
    """Answer requests for metrics at METRICS_BIND until the command is stopped.

    The server starts this command itself. Elsewhere it has only what the database and the disks tell.

    Example: METRICS_BIND=127.0.0.1:9090 flask --app app metrics
    """
    settings = configuration().settings
    if not settings.metrics_bind:
        raise EvaluationError(NO_ADDRESS)
    # Imported here: the library takes a tenth of a second to import.
    from evaluation.monitoring.metrics_server import serve

    serve(configuration(), os.getppid() if with_server else None)
