"""How web processes run; `callweave serve` adds address, port, log level and their number."""

from logging.config import dictConfig
from pathlib import Path

from gunicorn.config import Config
from gunicorn.glogging import Logger

from callweave.logs import logging_for


class JsonLogger(Logger):
    """Not by `logconfig_dict`: that switches the access log on, which the proxy keeps already."""

    def setup(self, cfg: Config) -> None:
        super().setup(cfg)
        dictConfig(logging_for(cfg.loglevel.upper()))


logger_class = JsonLogger
worker_class = "gthread"
threads = 4
# Told to stop, a worker takes no new requests and answers those it has.
graceful_timeout = 30  # seconds; compose.yaml gives a few more before it kills
preload_app = False  # threads and locks are each process's own
keepalive = 75  # seconds; longer than the proxy keeps its side, so that it never meets a closed one

# Heartbeats are files: on a disk that stalls, healthy workers would be taken for dead.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108  wanted: memory
# It would be opened in the home directory, which a read-only container has not.
control_socket_disable = True

# `forwarded_allow_ips` stays at this machine: every address that leaves the service is built
# on PUBLIC_BASE_URL, so no forwarded header needs to be trusted.
