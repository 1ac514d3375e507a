import random
import signal
from logging.config import dictConfig

import click

from callweave.cli.context import database, now, settings
from callweave.cli.reconcile import comparing
from callweave.logs import logging_for
from callweave.worker import Worker


@click.command()
def worker() -> None:
    """Tell destinations what happened (docs/webhooks.md), and fill in from the carrier's list of
    calls what never arrived (docs/operations.md), until stopped.

    On SIGTERM it brings to an end what it has begun, within half a minute, and exits. Any number
    of workers can share the work.
    """
    chosen = settings()
    dictConfig(logging_for(chosen.log_level))
    with database() as found:
        working = Worker(found, now, random.random, compare=comparing(chosen, found))
        for stopping in (signal.SIGTERM, signal.SIGINT):
            signal.signal(stopping, lambda *_: working.stop())
        working.run()
