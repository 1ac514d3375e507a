"""Every variable that Callweave reads. README and config/example.env are written from here."""

from pathlib import Path
from typing import Any

from callweave.settings import texts
from callweave.settings.variable import Variable

PUBLIC_BASE_URL = Variable(
    "PUBLIC_BASE_URL",
    texts.origin,
    "Where browsers and the carrier reach this service; signatures are checked against it",
)
SECRET_KEY = Variable(
    "SECRET_KEY",
    texts.unguessable,
    "Signs log-ins and visit ids; make one with `openssl rand -hex 32`",
    secret=True,
)
TWILIO_ACCOUNT_SID = Variable(
    "TWILIO_ACCOUNT_SID", texts.account_sid, "The Twilio account whose numbers ring here"
)
TWILIO_AUTH_TOKEN = Variable(
    "TWILIO_AUTH_TOKEN", texts.auth_token, "The token that signs its webhooks", secret=True
)
TWILIO_AUTH_TOKEN_SECONDARY = Variable(
    "TWILIO_AUTH_TOKEN_SECONDARY",
    texts.optional(texts.auth_token),
    "A second token, accepted as well while tokens are rotated",
    default="",
    secret=True,
)
TWILIO_API_BASE = Variable(
    "TWILIO_API_BASE",
    texts.optional(texts.origin),
    "Another host that speaks Twilio's REST interface, where calls are compared and numbers set; "
    "without it Twilio's own",
    default="",
)
CALLWEAVE_DEFAULT_DESTINATION = Variable(
    "CALLWEAVE_DEFAULT_DESTINATION",
    texts.e164,
    "The phone that rings when nothing better can be decided, in E.164",
)
DATABASE_URL = Variable(
    "DATABASE_URL",
    texts.optional(texts.database_url),
    "`postgresql://user:password@host/name`; without it a SQLite file in the data folder",
    default="",
    secret=True,
)
CALLWEAVE_DATA_DIR = Variable("CALLWEAVE_DATA_DIR", Path, "The data folder", default="data")
CALLWEAVE_HOST = Variable(
    "CALLWEAVE_HOST", texts.ip_address, "The IP address to listen on", default="127.0.0.1"
)
PORT = Variable("PORT", texts.whole(1, 65535), "The port to listen on", default="8000")
WEB_CONCURRENCY = Variable(
    "WEB_CONCURRENCY",
    texts.optional(texts.whole(1, 64)),
    "Web processes, four threads each for the phone and four for all else; without it 2, or 1 on "
    "SQLite, which takes no more",
    default="",
)
CALLWEAVE_VOICE_BUDGET_MS = Variable(
    "CALLWEAVE_VOICE_BUDGET_MS",
    # A quarter more for a commit that is under way and a second for the spool make 3.9 s, which is
    # what the proxy waits for.
    texts.whole(100, 2300),
    "Milliseconds, at most 2300, that a ring may wait for its decision before the default "
    "destination rings",
    default="2000",
)
CALLWEAVE_VISITS_PER_NETWORK = Variable(
    "CALLWEAVE_VISITS_PER_NETWORK",
    texts.whole(1, 1_000_000),
    "New visits a minute, in each process, that one network (IPv4 /24, IPv6 /64) may begin; "
    "pages beyond that keep the site's own number",
    default="120",
)
CALLWEAVE_SPOOL_MB = Variable(
    "CALLWEAVE_SPOOL_MB",
    texts.whole(0, 4096),
    "Megabytes that each web process takes on the disk at once, to keep what the carrier reports "
    "while the database is away; 0 for none",
    default="64",
)
LOG_LEVEL = Variable(
    "LOG_LEVEL", texts.log_level, "`debug`, `info`, `warning` or `error`", default="info"
)

VARIABLES: tuple[Variable[Any], ...] = (
    PUBLIC_BASE_URL,
    SECRET_KEY,
    TWILIO_ACCOUNT_SID,
    TWILIO_AUTH_TOKEN,
    TWILIO_AUTH_TOKEN_SECONDARY,
    TWILIO_API_BASE,
    CALLWEAVE_DEFAULT_DESTINATION,
    DATABASE_URL,
    CALLWEAVE_DATA_DIR,
    CALLWEAVE_HOST,
    PORT,
    WEB_CONCURRENCY,
    CALLWEAVE_VOICE_BUDGET_MS,
    CALLWEAVE_SPOOL_MB,
    CALLWEAVE_VISITS_PER_NETWORK,
    LOG_LEVEL,
)
