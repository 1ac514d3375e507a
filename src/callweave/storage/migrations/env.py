"""Alembic's way in: the connection and the tables come from callweave.storage.schema."""

from alembic import context

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=context.config.attributes["tables"],
    render_as_batch=connection.dialect.name == "sqlite",
    user_module_prefix="base.",
)
with context.begin_transaction():
    context.run_migrations()
