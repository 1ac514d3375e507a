"""How web processes run; `callweave serve` adds address, port, log level and their number."""

import gc
import socket
import threading
import time
from collections.abc import Callable, Iterable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from logging.config import dictConfig
from pathlib import Path
from selectors import EVENT_READ
from typing import Any

from gunicorn.config import Config
from gunicorn.glogging import Logger
from gunicorn.http import RequestParser
from gunicorn.workers.gthread import TConn, ThreadWorker

from callweave.logs import logging_for
from callweave.web.budget import ARRIVED


class JsonLogger(Logger):
    """Not by `logconfig_dict`: that switches the access log on, which the proxy keeps already."""

    def setup(self, cfg: Config) -> None:
        super().setup(cfg)
        dictConfig(logging_for(cfg.loglevel.upper()))


THE_CARRIERS = b"POST /voice/"


class TwoPools(ThreadWorker):
    """The carrier's requests have as many threads of their own as all others have together, so
    that no page that takes long holds up the phone where one process does both. Whoever connects
    and says nothing waits without a thread. A request says since when it has waited for one: the
    carrier's patience began then.
    """

    def init_process(self) -> None:
        self._phone = ThreadPoolExecutor(self.cfg.threads, thread_name_prefix="phone")
        self._handled = threading.local()
        super().init_process()

    def load_wsgi(self) -> None:
        super().load_wsgi()
        app = self.wsgi

        def told(environ: MutableMapping[str, Any], start: Callable[..., None]) -> Iterable[bytes]:
            environ[ARRIVED] = self._handled.arrived
            return app(environ, start)

        self.wsgi = told
        # What is loaded stays: the collector need not look through it again and again.
        gc.collect()
        gc.freeze()

    def enqueue_req(self, conn: TConn) -> None:
        beginning = _beginning(conn)
        if beginning is None and not conn.data_ready:
            self._wait_for(conn)
            return
        pool = self._phone if beginning == THE_CARRIERS else self.tpool
        pool.submit(self._handle_since, time.monotonic(), conn).add_done_callback(
            lambda done: self.method_queue.defer(self.finish_request, conn, done)
        )

    def _handle_since(self, arrived: float, conn: TConn) -> object:
        self._handled.arrived = arrived
        return self.handle(conn)

    def _wait_for(self, conn: TConn) -> None:
        conn.sock.settimeout(0)
        conn.timeout = time.monotonic() + self.cfg.keepalive
        self.pending_conns.append(conn)
        heard = partial(self.on_pending_socket_readable, conn)
        self.poller.register(conn.sock, EVENT_READ, heard)


def _beginning(conn: TConn) -> bytes | None:
    """Of the next request, and none of it is taken; None while nothing has come."""
    if isinstance(conn.parser, RequestParser) and (ahead := conn.parser.unreader.buf.getvalue()):
        return bytes(ahead[: len(THE_CARRIERS)])
    try:
        return conn.sock.recv(len(THE_CARRIERS), socket.MSG_PEEK | socket.MSG_DONTWAIT)
    except BlockingIOError:
        return None
    except OSError:
        return b""  # gone: whoever handles it finds out


logger_class = JsonLogger
worker_class = TwoPools
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
