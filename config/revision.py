"""Write a migration: what the models say and a database of the newest schema has not.

`python config/revision.py "add surveys"`; read what it wrote before you commit it.
"""

import sys
import tempfile

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from callweave.storage import schema
from callweave.storage.database import Database


def write_revision(message: str, url: str) -> None:
    schema.upgrade(url)
    database = Database(url)
    config = Config()
    config.set_main_option("script_location", "callweave.storage:migrations")
    config.set_main_option("path_separator", "os")
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    config.attributes["tables"] = schema.TABLES
    number = len(list(ScriptDirectory.from_config(config).walk_revisions())) + 1
    with database.engine.connect() as connection:
        config.attributes["connection"] = connection
        command.revision(config, message, autogenerate=True, rev_id=f"{number:04}")
    database.close()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        write_revision(sys.argv[1], f"sqlite:///{folder}/newest.sqlite3")
