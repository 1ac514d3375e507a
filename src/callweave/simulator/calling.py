"""One inbound call, from the first ring to the last callback."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import assert_never

from callweave.simulator.dialling import dial
from callweave.simulator.forms import final_form, ring_form
from callweave.simulator.ledger import (
    CarrierError,
    Ended,
    FallbackAsked,
    LedgerCall,
    Played,
    Reached,
    Rejected,
    Said,
    Silence,
)
from callweave.simulator.line import Line, Trouble
from callweave.simulator.speech import seconds_of
from callweave.simulator.twiml import TwimlError
from callweave.simulator.verbs import (
    Dial,
    Document,
    Hangup,
    Link,
    Pause,
    Play,
    Record,
    Redirect,
    Reject,
    Say,
    Verb,
)
from callweave.simulator.voicemail import record

MOST_DOCUMENTS = 50
LONGEST_SILENCE = 2
_ERROR_SECONDS = 6


@dataclass(frozen=True, slots=True)
class Continue:
    """With the next verb of the document."""


@dataclass(frozen=True, slots=True)
class Go:
    """On with what another address answers."""

    to: Link
    form: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Over:
    pass


Step = Continue | Go | Over


def live(line: Line) -> LedgerCall:
    line.way.begin_call()
    step: Step = Go(Link(line.number.voice_url, "POST"), ring_form(line.party))
    documents = 0
    while isinstance(step, Go):
        documents += 1
        step = _stop_circle(line) if documents > MOST_DOCUMENTS else _follow(line, step)
    return _finish(line)


def _stop_circle(line: Line) -> Step:
    line.breach(f"a circle of more than {MOST_DOCUMENTS} documents")
    return _apologise(line, 0)


def _follow(line: Line, go: Go) -> Step:
    form = {**line.form(), **go.form}
    if line.caller_left:
        line.ask(go.to, form)  # told, but what it answers can no longer be heard
        return Over()
    document = line.read(go.to, form)
    if isinstance(document, Trouble):
        return _fall_back(line, document, go)
    try:
        return _perform(line, document)
    except TwimlError as problem:
        line.breach(f"{document.url}: {problem}")
        return _fall_back(line, Trouble(problem.code, document.url), go)


def _fall_back(line: Line, trouble: Trouble, go: Go) -> Step:
    url = line.number.voice_fallback_url
    if url is None or go.to.url == url:
        return _apologise(line, trouble.code)
    line.on_fallback = True
    line.note(FallbackAsked(line.at, trouble.code, trouble.url))
    return Go(Link(url, "POST"), {"ErrorCode": str(trouble.code), "ErrorUrl": trouble.url})


def _apologise(line: Line, code: int) -> Step:
    line.answer()
    line.note(CarrierError(line.at, code))
    line.breach(f"the caller heard the carrier's error message ({code})")
    line.wait(_ERROR_SECONDS)
    return Over()


def _perform(line: Line, document: Document) -> Step:
    if not document.verbs:
        line.note(Silence(line.at, 0))
        line.breach(f"{document.url}: an empty <Response/>, so silence")
    for verb in document.verbs:
        step = _execute(line, verb)
        if not isinstance(step, Continue):
            return step
    return Over()


def _execute(line: Line, verb: Verb) -> Step:
    match verb:
        case Say() | Play() | Pause():
            return _hear(line, verb)
        case Hangup():
            return _hang_up(line)
        case Reject(reason=reason):
            return _reject(line, reason)
        case Redirect(to=to):
            return Go(to)
        case Dial():
            result = dial(line, verb)
            return _on(line, verb.action, result.form())
        case Record():
            left = record(line, verb)
            return _on(line, verb.action, left) if left else _on(line, None, {})
        case _:
            assert_never(verb)


def _on(line: Line, action: Link | None, form: Mapping[str, str]) -> Step:
    if action is not None:
        return Go(action, form)
    return Over() if line.caller_left else Continue()


def _hear(line: Line, verb: Say | Play | Pause) -> Step:
    line.answer()
    match verb:
        case Say(text=text, loop=loop):
            line.note(Said(line.at, text))
            seconds = seconds_of(text) * max(1, loop)
        case Play(url=url, loop=loop):
            line.note(Played(line.at, url))
            seconds = 5 * max(1, loop)
        case Pause(seconds=seconds):
            line.note(Silence(line.at, seconds))
            if seconds > LONGEST_SILENCE:
                line.breach(f"{seconds} seconds of silence")
        case _:
            assert_never(verb)
    if line.on_fallback and not isinstance(verb, Pause):
        line.reach(Reached.FALLBACK)
    return Continue() if line.wait(seconds) else Over()


def _hang_up(line: Line) -> Step:
    if line.unanswered_status is None:
        line.answer()  # only a <Dial answerOnBridge> leaves a call unanswered; <Hangup> does not
    return Over()


def _reject(line: Line, reason: str) -> Step:
    line.note(Rejected(line.at, reason))
    if line.answered_at is None:
        line.unanswered_status = "busy" if reason == "busy" else "no-answer"
    return Over()


def _finish(line: Line) -> LedgerCall:
    if not line.caller_left:
        line.note(Ended(line.at))
    status, seconds = _final(line)
    if line.number.status_callback is not None:
        form = final_form(line.party, status, line.clock.now(), seconds)
        line.tell(Link(line.number.status_callback, "POST"), form)
    for link, form in line.afterwards:
        line.tell(link, form)
    line.way.end_call()
    return line.close(status, seconds)


def _final(line: Line) -> tuple[str, int]:
    if line.answered_at is not None:
        return "completed", round(line.at - line.answered_at)
    return "canceled" if line.caller_left else line.unanswered_status or "no-answer", 0
