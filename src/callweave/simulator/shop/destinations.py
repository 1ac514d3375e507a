import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Reason:
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Trip:
    """`price` in whole pounds for each traveller."""

    name: str
    nights: int
    price: int
    text: str


@dataclass(frozen=True, slots=True)
class Destination:
    slug: str
    name: str
    title: str
    tagline: str
    intro: str
    season: str
    flight: str
    specialist: str
    reasons: tuple[Reason, ...]
    trips: tuple[Trip, ...]

    @property
    def from_price(self) -> int:
        return min(trip.price for trip in self.trips)


@cache
def destinations() -> Mapping[str, Destination]:
    """By the last part of their address, in the order in which the shop shows them."""
    data = tomllib.loads(files(__package__).joinpath("destinations.toml").read_text("utf-8"))
    read = (
        Destination(
            **{
                **each,
                "reasons": tuple(Reason(**reason) for reason in each["reasons"]),
                "trips": tuple(Trip(**trip) for trip in each["trips"]),
            }
        )
        for each in data["destinations"]
    )
    return MappingProxyType({destination.slug: destination for destination in read})
