"""A worker in a process of its own; a module, so that a new process finds it."""

import random
from datetime import UTC, datetime, timedelta

from callweave.storage.database import Database
from callweave.worker import Worker


def tell_all(url: str, ahead_s: float = 0) -> None:
    """Until it is killed. Its clock is ``ahead_s`` ahead, for what a test cannot wait for."""

    def clock() -> datetime:
        return datetime.now(UTC) + timedelta(seconds=ahead_s)

    Worker(Database(url, timeout_s=30), clock, random.random).run()
