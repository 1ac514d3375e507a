"""Alembic's way in: the connection and the tables come from callweave.storage.schema.

A migration is a transaction, and locks one table at most that was there before, its strongest lock
first: who holds one table and waits for another can meet somebody who does it the other way round.
"""

from alembic import context

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=context.config.attributes["tables"],
    render_as_batch=connection.dialect.name == "sqlite",
    user_module_prefix="base.",
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
