"""Commands of background jobs."""

import os
from contextlib import closing, nullcontext
from logging.config import dictConfig

import click
from flask import current_app
from flask.cli import AppGroup

from evaluation.cli.context import command, language_option, transaction
from evaluation.configuration import configuration
from evaluation.errors import EvaluationError
from evaluation.jobs.lease import store_sign_of_life
from evaluation.jobs.worker import run_parts
from evaluation.language import N_
from evaluation.logs import log_configuration
from evaluation.settings import MEMORY_QUEUE

NO_QUEUE = N_("With JOB_QUEUE_URL=memory: a job runs in the process that starts it, so there is nothing to work on.")

jobs = AppGroup("jobs", help="Run background jobs.")


@command(
    click.option("--workers", type=click.IntRange(1), help="Worker processes. Default: JOB_WORKERS."),
    click.option("--job", type=int, help="Run the parts of this job only, in this process, and end when none is free."),
    click.option("--with-server", is_flag=True, help="End when the process that started this command ends."),
    language_option,
    name="work",
)
def work(workers: int | None, job: int | None, with_server: bool, lang: str) -> None:
    """Run background jobs until the command is stopped: files of many sheets, mail, results after a large upload.

    The server starts the same workers, unless JOB_WORKERS is 0. Ctrl-C ends the command once the current steps are done.

    Example: flask --app app jobs work --workers 4
    """
    with transaction():
        settings = configuration().settings
    if job is not None:
        run_parts(job)
        return
    if settings.job_queue_url == MEMORY_QUEUE:
        raise EvaluationError(NO_QUEUE)
    # Imported here: the list of commands does not need it.
    from evaluation.jobs.consumer import JobConsumer
    from evaluation.server.companions import Companions

    dictConfig(log_configuration(settings))
    # The first minute has no other sign that the workers live.
    store_sign_of_life()
    server_id = os.getppid() if with_server else None
    # The server has the metrics of the workers that it starts; those of other workers have an address of their own.
    with nullcontext() if with_server else closing(Companions(settings.model_copy(update={"job_workers": 0}))) as companions:
        if companions is not None:
            companions.start()
        JobConsumer(current_app.extensions["jobs"], workers or settings.job_workers or 1, server_id).run()


jobs.add_command(work)
