"""The shape of what the snippet sends.

``read_...`` check by hand first, since every page view of every site passes here; marshmallow
explains whatever the hand check does not take, and has the last word.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, validate, validates_schema

CONSENTS = ("granted", "denied", "unknown")
EVENT_TYPES = ("page", "alive", "tel_click", "copy", "leave", "identify", "custom")
LONGEST_NAME = 64
LONGEST_SEALED = 128
LONGEST_LANGUAGE = 35
MOST_EVENTS = 50
MOST_POOLS = 10


@dataclass(frozen=True, slots=True)
class PageSeen:
    url: str
    referrer: str | None
    title: str


@dataclass(frozen=True, slots=True)
class VisitRequest:
    """``link`` is what a link from another domain of the site brought along; ``cookie``: the page's
    host passes us on, and wants the visitor kept in a cookie of its own.
    """

    site: str
    visitor: str | None
    visit: str | None
    consent: str
    page: PageSeen
    numbers_wanted: tuple[str, ...]
    tz: str | None
    language: str | None
    link: str | None = None
    cookie: bool = False


@dataclass(frozen=True, slots=True)
class EventsRead:
    """``faults``: what is wrong, by the event's place in the list that was sent."""

    kept: list[dict[str, Any]]
    faults: dict[int, Any]


class PageSchema(Schema):
    url = fields.String(required=True, validate=validate.Length(min=1))
    referrer = fields.String(load_default=None, allow_none=True)
    title = fields.String(load_default="")

    @post_load
    def made(self, data: dict[str, Any], **_: Any) -> PageSeen:
        return PageSeen(**data)


class VisitSchema(Schema):
    site = fields.String(required=True, validate=validate.Length(min=1, max=LONGEST_NAME))
    visitor = fields.String(
        load_default=None, allow_none=True, validate=validate.Length(max=LONGEST_SEALED)
    )
    visit = fields.String(
        load_default=None, allow_none=True, validate=validate.Length(max=LONGEST_SEALED)
    )
    consent = fields.String(load_default="unknown", validate=validate.OneOf(CONSENTS))
    page = fields.Nested(PageSchema, required=True)
    numbers_wanted = fields.List(
        fields.String(validate=validate.Length(min=1, max=LONGEST_NAME)),
        load_default=lambda: ["main"],
        validate=validate.Length(max=MOST_POOLS),
    )
    tz = fields.String(
        load_default=None, allow_none=True, validate=validate.Length(max=LONGEST_NAME)
    )
    language = fields.String(
        load_default=None, allow_none=True, validate=validate.Length(max=LONGEST_LANGUAGE)
    )

    link = fields.String(
        load_default=None, allow_none=True, validate=validate.Length(max=LONGEST_SEALED)
    )
    cookie = fields.Boolean(load_default=False)

    @post_load
    def made(self, data: dict[str, Any], **_: Any) -> VisitRequest:
        wanted = tuple(dict.fromkeys(data.pop("numbers_wanted")))
        return VisitRequest(numbers_wanted=wanted, **data)


class EventSchema(Schema):
    """``at`` is the browser's clock, which orders nothing here: we go by when it arrived."""

    type = fields.String(required=True, validate=validate.OneOf(EVENT_TYPES))
    at = fields.AwareDateTime()
    page = fields.Nested(PageSchema)
    number = fields.String(validate=validate.Length(max=LONGEST_NAME))
    traits = fields.Dict(keys=fields.String(validate=validate.Length(max=LONGEST_NAME)))
    name = fields.String(validate=validate.Length(min=1, max=LONGEST_NAME))
    data = fields.Dict(keys=fields.String(validate=validate.Length(max=LONGEST_NAME)))

    @validates_schema
    def complete(self, data: dict[str, Any], **_: Any) -> None:
        needed = {"page": "page", "identify": "traits", "custom": "name"}.get(data["type"])
        if needed and needed not in data:
            raise ValidationError("Missing data for required field.", needed)


class EventsSchema(Schema):
    events = fields.List(
        fields.Nested(EventSchema), required=True, validate=validate.Length(min=1, max=MOST_EVENTS)
    )


_visit_schema = VisitSchema()
_events_schema = EventsSchema()
_event_schema = EventSchema()


def read_visit(data: Any) -> VisitRequest:
    """Raises marshmallow's ValidationError."""
    read = _quick_visit(data)
    if read is None:
        slow: VisitRequest = _visit_schema.load(data)
        return slow
    return read


def read_events(data: Any) -> EventsRead:
    """Pages tell a thing once, so that what is wrong with one event costs no other. Raises
    marshmallow's ValidationError where nothing can be kept.
    """
    try:
        return EventsRead(_events_schema.load(data)["events"], {})
    except ValidationError as error:
        faults = _faults_of_events(error, data)
        kept = list(_kept(data["events"], faults)) if faults else []
        if not kept:
            raise
        return EventsRead(kept, faults)


def _faults_of_events(error: ValidationError, data: Any) -> dict[int, Any]:
    """By the event's place; none where the body itself is at fault."""
    match error.messages:
        case {"events": dict(faults)} if len(error.messages) == 1:
            # marshmallow counts only what it could read
            return faults if len(data["events"]) <= MOST_EVENTS else {}
    return {}


def _kept(events: list[Any], faults: dict[int, Any]) -> Iterator[dict[str, Any]]:
    """A tap counts whatever was tapped; a number that was cut short would be another one."""
    for place, event in enumerate(events):
        fault = faults.get(place, ())
        if not fault or set(fault) == {"number"}:
            wanted = {name: event[name] for name in event if name not in fault}
            with suppress(ValidationError):  # it may lack more than that
                yield _event_schema.load(wanted)


def _quick_visit(data: Any) -> VisitRequest | None:
    """What the snippet itself sends, exactly; None for all else, which may still be right."""
    match data:
        case {
            "site": str(site),
            "visitor": str() | None as visitor,
            "visit": str() | None as visit,
            "consent": "granted" | "denied" | "unknown" as consent,
            "page": {
                "url": str(url),
                "referrer": str() | None as referrer,
                "title": str(title),
            } as page,
            "numbers_wanted": [str(), *_] as wanted,
        } if _is_plain(data) and len(page) == 3 and len(wanted) <= MOST_POOLS:  # noqa: PLR2004
            tz, language = data.get("tz"), data.get("language")
            if not (url and _fits(site, visitor, visit, wanted, tz, language)):
                return None
            seen = PageSeen(url, referrer, title)
            pools = tuple(dict.fromkeys(wanted))
            return VisitRequest(site, visitor, visit, consent, seen, pools, tz, language)
    return None


def _is_plain(data: dict[str, Any]) -> bool:
    """The fuller snippet tells the time zone, other clients the language, too."""
    return len(data) - ("tz" in data) - ("language" in data) == 6  # noqa: PLR2004


def _fits(
    site: str,
    visitor: str | None,
    visit: str | None,
    wanted: list[Any],
    tz: Any,
    language: Any,
) -> bool:
    return (
        0 < len(site) <= LONGEST_NAME
        and (tz is None or isinstance(tz, str))
        and (language is None or isinstance(language, str))
        and len(visitor or "") <= LONGEST_SEALED
        and len(visit or "") <= LONGEST_SEALED
        and len(tz or "") <= LONGEST_NAME
        and len(language or "") <= LONGEST_LANGUAGE
        and all(isinstance(pool, str) and 0 < len(pool) <= LONGEST_NAME for pool in wanted)
    )
