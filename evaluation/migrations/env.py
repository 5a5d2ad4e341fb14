"""Alembic's entry: migrations run on the connection that evaluation.database.upgrade hands over."""

from alembic import context

import evaluation.accounts.models
import evaluation.collection.models
import evaluation.messages.models
import evaluation.record.models
import evaluation.registry.models
import evaluation.review.models
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
