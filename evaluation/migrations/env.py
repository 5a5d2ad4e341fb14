"""Alembic's entry point: migrations run on the connection that :func:`evaluation.schema.upgrade` passes in the configuration."""

from alembic import context

import evaluation.accounts.models
import evaluation.anomalies.models
import evaluation.answers.models
import evaluation.audit.models
import evaluation.budgets.models
import evaluation.comparison.changes.models
import evaluation.comparison.models
import evaluation.jobs.models
import evaluation.notifications.models
import evaluation.quotas.models
import evaluation.registry.models
import evaluation.results.models
import evaluation.review.models
import evaluation.submissions.models
import evaluation.workbooks.models
from evaluation.database import Base

__all__ = ["evaluation"]

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
