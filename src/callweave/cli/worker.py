import random
import signal
from logging.config import dictConfig

import click

from callweave.cli.context import database, now, settings
from callweave.logs import logging_for
from callweave.worker import Worker


@click.command()
def worker() -> None:
    """Tell destinations what happened (docs/webhooks.md), until stopped.

    On SIGTERM it brings to an end what it has begun, within half a minute, and exits. Any number
    of workers can share the work.
    """
    dictConfig(logging_for(settings().log_level))
    with database() as found:
        working = Worker(found, now, random.random)
        for stopping in (signal.SIGTERM, signal.SIGINT):
            signal.signal(stopping, lambda *_: working.stop())
        working.run()
