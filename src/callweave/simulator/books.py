"""Do the carrier, the visitors and the service's database tell the same story?"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from callweave.simulator.ledger import LedgerCall, Reached


@dataclass(frozen=True, slots=True)
class Outcome:
    """`value` in minor units of `currency`; both None where nothing was sold."""

    disposition: str
    value: int | None = None
    currency: str | None = None


@dataclass(frozen=True, slots=True)
class Owed:
    """An outcome that the service acknowledged with 2xx, by carrier call id; in the order in which
    they were said.
    """

    sid: str
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class BookedCall:
    """One row of the service's calls. `answered_by`: the endpoint that talked with the caller."""

    sid: str
    over: bool
    duration_s: int | None
    answered_by: str | None


@dataclass(frozen=True, slots=True)
class BookedOutcome:
    """One stored outcome; every version of it, not only the one that stands."""

    sid: str
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Figures:
    """What the database says, read through the service's own storage and reports.

    `conversions`: the sum of conversions by currency, in minor units, as far as a touch can be
    credited for them. `credits`: by model, then by currency, the sum of all credits.
    """

    calls: Sequence[BookedCall]
    outcomes: Sequence[BookedOutcome]
    conversions: Mapping[str, int] = field(default_factory=dict)
    credits: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """`about`: a call's sid, or the name of a model."""

    about: str
    what: str

    def __str__(self) -> str:
        return f"{self.about}: {self.what}"


def balance(
    ledger: Iterable[LedgerCall], owed: Iterable[Owed], figures: Figures
) -> list[Discrepancy]:
    calls = list(ledger)
    return [
        *_heard(calls),
        *_calls(calls, figures.calls),
        *_outcomes(owed, figures.outcomes),
        *_credits(figures),
    ]


def _heard(calls: Iterable[LedgerCall]) -> Iterator[Discrepancy]:
    for call in calls:
        yield from (Discrepancy(call.sid, breach.what) for breach in call.breaches)
        if not call.over:
            yield Discrepancy(call.sid, "the carrier has not ended this call yet")
        elif call.reached is Reached.NOBODY and not call.caller_gave_up and not call.breaches:
            yield Discrepancy(call.sid, "the caller reached nobody")


def _calls(calls: Iterable[LedgerCall], rows: Iterable[BookedCall]) -> Iterator[Discrepancy]:
    booked = list(rows)
    times = Counter(row.sid for row in booked)
    by_sid = {row.sid: row for row in booked}
    known = {call.sid: call for call in calls}
    for sid, call in known.items():
        if times[sid] != 1:
            yield Discrepancy(sid, f"{times[sid]} rows in the database, not 1")
        else:
            yield from _row(call, by_sid[sid])
    for sid in by_sid.keys() - known.keys():
        yield Discrepancy(sid, "in the database, but the carrier knows of no such call")


def _row(call: LedgerCall, row: BookedCall) -> Iterator[Discrepancy]:
    if not row.over:
        yield Discrepancy(call.sid, f"still open, though the carrier says {call.status}")
    elif row.duration_s != call.duration:
        yield Discrepancy(call.sid, f"{row.duration_s} s long, {call.duration} s at the carrier")
    if row.answered_by != call.answered_by:
        said, truth = row.answered_by or "nobody", call.answered_by or "nobody"
        yield Discrepancy(call.sid, f"answered by {said}, at the carrier by {truth}")


def _outcomes(owed: Iterable[Owed], stored: Iterable[BookedOutcome]) -> Iterator[Discrepancy]:
    """A correction follows what it corrects; the same said again adds nothing. What was never
    acknowledged may be stored or not.
    """
    kept: dict[str, list[Outcome]] = {}
    for row in stored:
        kept.setdefault(row.sid, []).append(row.outcome)
    due: dict[str, list[Outcome]] = {}
    for each in owed:
        said = due.setdefault(each.sid, [])
        if said[-1:] != [each.outcome]:
            said.append(each.outcome)
    for sid, said in due.items():
        found = kept.get(sid, [])
        if found != said:
            yield Discrepancy(sid, f"owed {_all_words(said)}, stored {_all_words(found)}")


def _all_words(outcomes: Iterable[Outcome]) -> str:
    return ", ".join(map(_words, outcomes)) or "nothing"


def _words(outcome: Outcome) -> str:
    if outcome.value is None:
        return outcome.disposition
    return f"{outcome.disposition} {outcome.value} {outcome.currency}"


def _credits(figures: Figures) -> Iterator[Discrepancy]:
    for model, credited in figures.credits.items():
        for currency in sorted({*figures.conversions, *credited}):
            owed, given = figures.conversions.get(currency, 0), credited.get(currency, 0)
            if owed != given:
                yield Discrepancy(model, f"credits of {given} for {owed} {currency}")
