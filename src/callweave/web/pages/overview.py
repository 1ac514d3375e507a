"""How the account's calls went."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from flask import render_template, request

from callweave.domain.outcomes import DECIMALS, format_money
from callweave.storage.accounts import has_one_account, sites_of
from callweave.storage.reports.overview import (
    Course,
    UnknownNumber,
    course,
    refusals,
    top_sources,
    unknown_numbers,
)
from callweave.storage.reports.tally import Tally
from callweave.web.auth import current_person
from callweave.web.extensions import parts
from callweave.web.pages.asking import asked_for
from callweave.web.pages.formats import day as day_name
from callweave.web.pages.formats import percent_of, sums
from callweave.workflows.count_refusal import CARRIER

MOST_SOURCES = 8
MOST_UNKNOWN = 5


@dataclass(frozen=True, slots=True)
class Card:
    """``change`` in percent of the period before, None where that had nothing."""

    label: str
    amounts: tuple[str, ...]
    note: str
    before: str
    change: int | None
    more_is_better: bool | None

    @property
    def mood(self) -> str:
        if not self.change or self.more_is_better is None:
            return "even"
        return "good" if (self.change > 0) is self.more_is_better else "bad"


@dataclass(frozen=True, slots=True)
class Chart:
    """``told`` is what pages.js draws, ``spoken`` what a screen reader says instead."""

    title: str
    spoken: str
    told: Mapping[str, object]


def page() -> str:
    person = current_person()
    with parts().database.reading() as session:
        sites = sites_of(session, person.account_id)
        asked = asked_for(request.args, person.account_id, sites, parts().clock())
        shown = [asked.scope.site_id] if asked.scope.site_id else [site.id for site in sites]
        installation = person.role.sees_the_installation and has_one_account(session)
        scopes = [*shown, CARRIER] if installation else shown
        went = course(session, asked.scope)
        sources = top_sources(session, asked.scope, MOST_SOURCES)
        refused = refusals(session, scopes, asked.scope)
        unknown: list[UnknownNumber] = []
        if installation:
            unknown = unknown_numbers(session, asked.scope, MOST_UNKNOWN)
    return render_template(
        "overview.html",
        asked=asked,
        went=went,
        cards=_cards(went.total, went.before, asked.currency),
        charts=_charts(went, asked.currency),
        sources=sources,
        refused=refused,
        unknown=unknown,
        public_base_url=parts().public_base_url,
    )


def _cards(now: Tally, before: Tally, currency: str | None) -> Iterator[Card]:
    yield _card("Calls", now.calls, before.calls)
    yield _card("Answered", now.answered, before.answered, of=now.calls)
    yield _card("Missed", now.missed, before.missed, of=now.calls, more_is_better=False)
    yield _card("Voicemail", now.voicemail, before.voicemail, of=now.calls, more_is_better=None)
    yield _card("Conversions", now.conversions, before.conversions, of=now.calls)
    yield _value_card(now, before, currency)


def _card(
    label: str, now: int, before: int, *, of: int = 0, more_is_better: bool | None = True
) -> Card:
    note = f"{percent_of(now, of)} % of calls" if of else ""
    return Card(label, (f"{now:,}",), note, f"{before:,}", _change(now, before), more_is_better)


def _value_card(now: Tally, before: Tally, currency: str | None) -> Card:
    """All sums are shown; the one in the site's currency is compared."""
    compared = currency or "USD"
    was, is_ = before.value.get(compared, 0), now.value.get(compared, 0)
    shown = tuple(format_money(sum_.value, sum_.currency) for sum_ in sums(now.value, currency))
    return Card(
        label="Value",
        amounts=shown or (format_money(0, compared),),
        note="",
        before=format_money(was, compared),
        change=_change(is_, was),
        more_is_better=True,
    )


def _change(now: int, before: int) -> int | None:
    return round(100 * (now - before) / before) if before else None


def _charts(went: Course, currency: str | None) -> Iterator[Chart]:
    days, total = [str(day) for day, _ in went.days], went.total
    known: dict[str, object] = {"days": days, "dayLabels": [day_name(day) for day, _ in went.days]}
    spoken = f"{total.calls} calls, {total.answered} answered, {total.missed} missed."
    series = [_series(went, *one) for one in _SERIES if one[2](total)]
    yield Chart("Calls", spoken, known | {"kind": "calls", "series": series})
    for sum_ in sums(total.value, currency):
        values = [tally.value.get(sum_.currency, 0) for _, tally in went.days]
        told = {
            "kind": "value",
            "currency": sum_.currency,
            "scale": 10 ** DECIMALS.get(sum_.currency, 2),
            "values": values,
            "total": format_money(sum_.value, sum_.currency),
            "labels": [format_money(value, sum_.currency) for value in values],
        }
        spoken = f"{format_money(sum_.value, sum_.currency)} in all."
        yield Chart(f"Value in {sum_.currency}", spoken, known | told)


_SERIES: tuple[tuple[str, str, Callable[[Tally], int]], ...] = (
    ("Answered", "--answered", lambda tally: tally.answered),
    ("Voicemail", "--voicemail", lambda tally: tally.voicemail),
    ("Missed", "--missed", lambda tally: tally.missed),
    ("Still open", "--open", lambda tally: tally.still_open),
)


def _series(
    went: Course, label: str, colour: str, of: Callable[[Tally], int]
) -> Mapping[str, object]:
    return {"label": label, "colour": colour, "values": [of(tally) for _, tally in went.days]}
