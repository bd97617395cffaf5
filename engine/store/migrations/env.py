"""Runs the migrations on the connection that :func:`engine.store.database.migrate` gives."""

from alembic import context

from engine.store.row import Row

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Row.metadata,
    # SQLite alters tables by copying them.
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
