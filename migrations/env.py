"""Alembic's entry: runs on the connection that `indexer.corpus.Database.migrate` hands over."""

from alembic import context

import bot.store.tables
from indexer.corpus.tables import metadata

assert bot.store.tables.inbox.metadata is metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
