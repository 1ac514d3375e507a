"""Where the parts of the web service are joined."""

import logging
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import SplitResult, urlsplit

from flask import Flask, Request
from werkzeug.routing import MapAdapter

from callweave.domain.ids import Mint, Seal
from callweave.intake import Intake
from callweave.settings import Settings
from callweave.spool import Spool
from callweave.storage.database import Database, is_trouble
from callweave.telephony.twiml import Addresses
from callweave.web.api import init_api
from callweave.web.auth import init_auth
from callweave.web.budget import Budget
from callweave.web.carrying import carrying
from callweave.web.collect import collect
from callweave.web.draining import Draining
from callweave.web.errors import init_errors
from callweave.web.extensions import Parts
from callweave.web.health import health
from callweave.web.memory import Destinations
from callweave.web.networks import NewVisits
from callweave.web.pages import init_pages
from callweave.web.pages.errors import error_page
from callweave.web.recent import RecentCalls
from callweave.web.rendering import rendering
from callweave.web.sites import SiteShelf
from callweave.web.snippet import built, snippet_blueprint
from callweave.web.tally import Tally
from callweave.web.voice import voice

log = logging.getLogger(__name__)

LARGEST_BODY = 64 * 1024
REQUEST_THREADS = 4
VOICE_THREADS = 8
# One for whoever asks whether we are ready, and one for what is done behind requests.
CONNECTIONS = REQUEST_THREADS + VOICE_THREADS + 2
# A server that hangs holds whoever asked it: no longer than a ring can wait for a free thread.
LONGEST_ANSWER_S = 5.0
# A disk that stalls may keep a caller waiting this long after the database has done so.
LONGEST_KEEPING_S = 1.0
PROBES_PATIENCE_S = 2.0
MEGABYTE = 1 << 20


def utc_now() -> datetime:
    return datetime.now(UTC)


def make_parts(
    settings: Settings,
    clock: Callable[[], datetime] = utc_now,
    entropy: Callable[[int], bytes] = os.urandom,
) -> Parts:
    """``clock`` and ``entropy`` (so many random bytes) enter here and are handed down."""
    mint = Mint(entropy)
    database = _database(settings)
    intake = Intake(
        database,
        mint,
        Addresses(settings.public_base_url),
        settings.twilio_account_sid,
        settings.default_destination,
    )
    spool = Spool(settings.data_dir / "spool", settings.spool_mb * MEGABYTE)
    destinations, refused = _destinations(settings, database, clock), Tally()
    return Parts(
        database=database,
        sites=SiteShelf(database, clock),
        mint=mint,
        seal=Seal(settings.secret_key.encode()),
        clock=clock,
        public_base_url=settings.public_base_url,
        auth_tokens=settings.twilio_auth_tokens,
        destinations=destinations,
        recent=RecentCalls(),
        budget=Budget(settings.voice_budget_ms / 1000, VOICE_THREADS),
        keeping=Budget(LONGEST_KEEPING_S, REQUEST_THREADS),
        probing=Budget(PROBES_PATIENCE_S, threads=1),
        refused=refused,
        new_visits=NewVisits(settings.visits_per_network),
        intake=intake,
        spool=spool,
        draining=Draining(spool, intake, destinations, refused, clock),
    )


def _database(settings: Settings) -> Database:
    return Database(
        settings.database_url,
        pool_size=CONNECTIONS,
        timeout_s=settings.voice_budget_ms / 1000,
        answer_s=LONGEST_ANSWER_S,
    )


def _destinations(
    settings: Settings, database: Database, clock: Callable[[], datetime]
) -> Destinations:
    file = settings.data_dir / "destinations.json"
    return Destinations(database, clock, settings.default_destination, file)


class _Callweave(Flask):
    """With fewer steps for each request, where Flask's own find out what here is always so."""

    public: SplitResult

    def create_url_adapter(self, request: Request | None) -> MapAdapter | None:
        """What an address in full begins with is known, and not the word of whoever asks."""
        if request is None:
            return super().create_url_adapter(None)
        return MapAdapter(
            self.url_map,
            self.public.netloc,
            request.root_path,
            subdomain="",
            url_scheme=self.public.scheme,
            path_info=request.path,
            default_method=request.method,
            query_args=request.query_string.decode(errors="replace"),
        )

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """All of ours are, and to look for what is not takes a while with every request."""
        return func


def create_app(
    settings: Settings,
    clock: Callable[[], datetime] = utc_now,
    entropy: Callable[[int], bytes] = os.urandom,
) -> Flask:
    app = _Callweave("callweave.web")
    app.public = urlsplit(settings.public_base_url)
    app.url_map.redirect_defaults = False  # no address of ours is a longer form of another
    app.config.update(
        SECRET_KEY=settings.secret_key,
        MAX_CONTENT_LENGTH=LARGEST_BODY,
        SESSION_COOKIE_NAME="callweave_login",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.public_base_url.startswith("https:"),
        PERMANENT_SESSION_LIFETIME=timedelta(hours=12),
    )
    parts = app.extensions["callweave"] = make_parts(settings, clock, entropy)
    init_errors(app, error_page)
    init_api(app)
    init_auth(app)
    init_pages(app)
    for blueprint in (collect, carrying, rendering, voice, health, snippet_blueprint(*built())):
        app.register_blueprint(blueprint)
    _warm(parts)
    return app


def _warm(parts: Parts) -> None:
    """A database that is away must not keep the phone from being answered."""
    try:
        parts.destinations.warm()
    except Exception as error:
        if not is_trouble(error):
            raise
        log.warning("the database is away: rings go where they did before, as far as that is known")
        parts.destinations.recall()


def start_draining(app: Flask) -> None:
    """In a process that serves: one that is made for a look at it drains nothing."""
    parts: Parts = app.extensions["callweave"]
    parts.draining.start()
