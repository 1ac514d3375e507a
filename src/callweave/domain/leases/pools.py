"""What kinds of pool there are, and which of several answers a page.

A pool of a source goes before one that is lent by visitor; among alike, a landing parameter goes
before a referrer, that before a source, and all of these before the visitor's area. The order of
the first three is CallRail's ("Swap Precedence Rules", article 5712121696397).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import urlsplit

from callweave.domain.interests.patterns import Glob
from callweave.domain.visits.channels import Channel
from callweave.domain.visits.touches import Touch


class Kind(StrEnum):
    VISITOR = "visitor"  # a number for each visitor, lent
    SOURCE = "source"  # one number for everybody from one source
    PLACEMENT = "placement"  # a number in print or on a van: no page shows it
    UNSHOWN = "unshown"  # shown nowhere at all: who calls it dials numbers at random

    @property
    def is_shown(self) -> bool:
        return self in {Kind.VISITOR, Kind.SOURCE}


class Step(StrEnum):
    """What somebody who asked for a number got, the best first."""

    EXCLUSIVE = "exclusive"
    WITHOUT_COOL_DOWN = "without_cool_down"  # their own, but somebody else's not long ago
    SOURCE = "source"  # the number of their source
    STAND_IN = "stand_in"  # the same, since their pool had no number left
    OVERFLOW = "overflow"
    HELD_BACK = "held_back"  # a number for many: the free ones are kept from their network
    NONE = "none"  # the page's own number stays


Patterns = tuple[Glob, ...]


@dataclass(frozen=True, slots=True)
class Conditions:
    """Of each that is given, one has to hold; capital letters do not matter. ``referrers`` are
    hosts, and hold for those below them; ``regions`` are what languages name: GB for ``en-GB``.
    """

    parameters: Mapping[str, Patterns] = field(default_factory=dict, hash=False)
    referrers: tuple[str, ...] = ()
    channels: frozenset[str] = frozenset()
    sources: Patterns = ()
    mediums: Patterns = ()
    campaigns: Patterns = ()
    time_zones: Patterns = ()
    regions: frozenset[str] = frozenset()

    @classmethod
    def of(cls, data: Mapping[str, object]) -> "Conditions":
        """From JSON: a list of texts for each, of parameters an object of such lists."""
        found = {name: _texts(value) for name, value in data.items() if name != "parameters"}
        parameters = data.get("parameters")
        return cls(
            parameters={name: _globs(_texts(v)) for name, v in parameters.items()}
            if isinstance(parameters, dict)
            else {},
            referrers=tuple(each.lower() for each in found.get("referrers", ())),
            channels=frozenset(found.get("channels", ())),
            sources=_globs(found.get("sources", ())),
            mediums=_globs(found.get("mediums", ())),
            campaigns=_globs(found.get("campaigns", ())),
            time_zones=_globs(found.get("time_zones", ())),
            regions=frozenset(each.upper() for each in found.get("regions", ())),
        )

    @property
    def about_source(self) -> bool:
        return bool(self.channels or self.sources or self.mediums or self.campaigns)

    @property
    def about_area(self) -> bool:
        return bool(self.time_zones or self.regions)


@dataclass(frozen=True, slots=True)
class Origin:
    """What a call counts as by the number alone, where its visit is not known."""

    channel: Channel
    source: str
    medium: str
    campaign: str | None


@dataclass(frozen=True, slots=True)
class PoolRules:
    """What a site's file says of a pool. ``conditions`` as Conditions.of reads them; ``serves`` is
    the name that pages ask for, None the pool's own.
    """

    kind: Kind = Kind.VISITOR
    serves: str | None = None
    conditions: Mapping[str, object] = field(default_factory=dict, hash=False)
    cooldown_s: int = 0
    reserve_paid: int = 0
    stands_in: bool = False
    origin: Origin | None = None


BY_VISITOR = PoolRules()


@dataclass(frozen=True, slots=True)
class Showing:
    """Who a number is for: how the visit came about, and what the browser says of its place.
    ``parameters`` are those of the landing address, which nobody keeps: {} for a later page.
    """

    touch: Touch
    parameters: Mapping[str, str]
    time_zone: str | None
    language: str | None


def precedence(kind: Kind, conditions: Conditions, name: str) -> tuple[bool | str, ...]:
    """Sorts pools that serve one name, the first to be asked first."""
    return (
        kind is not Kind.SOURCE,
        not conditions.parameters,
        not conditions.referrers,
        not conditions.about_source,
        not conditions.about_area,
        name,
    )


def fits(conditions: Conditions, showing: Showing) -> bool:
    return all(holds(conditions, showing) for holds in _HOLDING)


def _parameters_hold(conditions: Conditions, showing: Showing) -> bool:
    return all(
        _one(patterns, showing.parameters.get(name, ""))
        for name, patterns in conditions.parameters.items()
    )


def _referrer_holds(conditions: Conditions, showing: Showing) -> bool:
    if not conditions.referrers:
        return True
    host = urlsplit(showing.touch.referrer or "").hostname or ""
    return any(host == wanted or host.endswith(f".{wanted}") for wanted in conditions.referrers)


def _source_holds(conditions: Conditions, showing: Showing) -> bool:
    touch = showing.touch
    return (not conditions.channels or touch.channel.value in conditions.channels) and all(
        not patterns or _one(patterns, value or "")
        for patterns, value in (
            (conditions.sources, touch.source),
            (conditions.mediums, touch.medium),
            (conditions.campaigns, touch.campaign),
        )
    )


def _area_holds(conditions: Conditions, showing: Showing) -> bool:
    in_zone = not conditions.time_zones or _one(conditions.time_zones, showing.time_zone or "")
    return in_zone and (not conditions.regions or region(showing.language) in conditions.regions)


_HOLDING: Sequence[Callable[[Conditions, Showing], bool]] = (
    _parameters_hold,
    _referrer_holds,
    _source_holds,
    _area_holds,
)
_SCRIPT = 4


def region(language: str | None) -> str | None:
    """The region of a language tag (BCP 47): GB of ``en-GB``, CN of ``zh-Hans-CN``."""
    _, *parts = (language or "").replace("_", "-").split("-")
    after_script = [part for part in parts if len(part) != _SCRIPT or not part.isalpha()]
    found = after_script[0] if after_script else ""
    is_region = (len(found) == 2 and found.isalpha()) or (len(found) == 3 and found.isdigit())  # noqa: PLR2004  lengths of BCP 47
    return found.upper() if is_region else None


def _one(patterns: Patterns, text: str) -> bool:
    """A parameter that is empty is one that is not there, also for ``*``."""
    return bool(text) and any(pattern.matches(text.casefold()) for pattern in patterns)


def _globs(texts: Iterable[str]) -> Patterns:
    return tuple(Glob.of(text.casefold()) for text in texts)


def _texts(value: object) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, list | tuple) else (str(value),)
