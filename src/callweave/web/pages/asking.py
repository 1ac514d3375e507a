"""What a page is asked for: which site, which days."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import abort, url_for

from callweave.storage.accounts import Site
from callweave.storage.reports.scope import Scope

PRESETS = (7, 30, 90)
_PRESETS = frozenset(map(str, PRESETS))
USUAL = 30
MOST_DAYS = 731
_BEGINNING = date(2000, 1, 1)
_A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Asked:
    """``today`` is the latest one of all the account's sites: nobody's last evening is cut off."""

    scope: Scope
    sites: list[Site]
    today: date
    problem: str | None

    @property
    def site(self) -> Site | None:
        return next((site for site in self.sites if site.id == self.scope.site_id), None)

    @property
    def preset(self) -> int | None:
        days = self.scope.days
        return days if self.scope.until == self.today and days in PRESETS else None

    @property
    def currency(self) -> str | None:
        """In which amounts are compared where there are several."""
        shown = self.site or (self.sites[0] if self.sites else None)
        return shown.currency if shown else None

    def url(
        self,
        endpoint: str,
        kept: Mapping[str, str | None] | None = None,
        *,
        days: int | None = None,
        **more: str | None,
    ) -> str:
        """A page on the same site and period, or the last ``days``, with what else is ``kept``."""
        asked: dict[str, Any] = {**(kept or {}), **more, "site": self.scope.site_id}
        if days or self.preset:
            asked["days"] = None if (days or self.preset) == USUAL else days or self.preset
        else:
            asked |= {"since": self.scope.since, "until": self.scope.until}
        return url_for(f"pages.{endpoint}", **{name: asked[name] or None for name in asked})


def asked_for(args: Mapping[str, str], account_id: str, sites: list[Site], now: datetime) -> Asked:
    """404 for a site of somebody else."""
    site_id = args.get("site") or None
    if site_id and site_id not in {site.id for site in sites}:
        abort(404)
    zones = {site.time_zone for site in sites} or {"UTC"}
    today = max(now.astimezone(ZoneInfo(zone)).date() for zone in zones)
    period = _period(args, today)
    problem = period if isinstance(period, str) else None
    since, until = _last(USUAL, today) if isinstance(period, str) else period
    return Asked(Scope(account_id, site_id, since, until), sites, today, problem)


def _period(args: Mapping[str, str], today: date) -> tuple[date, date] | str:
    """The first and the last day, or what is wrong with what was asked for."""
    if args.get("since") or args.get("until"):
        return _chosen(args.get("since", ""), args.get("until", ""), today)
    days = args.get("days") or str(USUAL)
    return _last(int(days), today) if days in _PRESETS else "That period is not offered."


def _chosen(first: str, last: str, today: date) -> tuple[date, date] | str:
    try:
        since, until = date.fromisoformat(first), date.fromisoformat(last)
    except ValueError:
        return "A day is written like 2026-11-22."
    problems = (
        (since < _BEGINNING, "That is too long ago."),
        (since > today + _A_DAY, "That has not come yet."),
        (since > until, "The first day is after the last one."),
        ((until - since).days >= MOST_DAYS, "At most two years can be shown at once."),
    )
    return next((problem for is_so, problem in problems if is_so), (since, until))


def _last(days: int, today: date) -> tuple[date, date]:
    return today - timedelta(days - 1), today
