"""Reading what the service answers, as strictly as a carrier can."""

import re
from collections.abc import Callable, Mapping
from urllib.parse import urljoin, urlsplit
from xml.etree import ElementTree as ET
from xml.etree.ElementTree import Element

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
    Target,
    Verb,
)
from callweave.simulator.vocabulary import ENDPOINTS, NOT_SIMULATED, NOUNS, VERBS, trouble_with

LONGEST_SPEECH = 4096
MOST_NOUNS = 10


class TwimlError(Exception):
    """Twilio could not execute this. `code` is one of its error codes."""

    def __init__(self, code: int, what: str) -> None:
        super().__init__(what)
        self.code = code


class UnknownTwimlError(TwimlError):
    """A verb, noun, attribute or value that Twilio does not know, or that we do not simulate."""

    def __init__(self, what: str) -> None:
        super().__init__(12200, f"unknown TwiML: {what}")


def document_of(body: bytes, content_type: str | None, url: str) -> Document:
    """By Content-Type, as Twilio does: XML, or plain text to be spoken, or sound to be played."""
    kind = (content_type or "").partition(";")[0].strip().lower()
    if kind in {"text/xml", "application/xml", "text/html"}:
        return parse(body, url)
    if kind.startswith("audio/"):
        return Document(url, (Play(url, 1),))
    if kind != "text/plain":
        raise TwimlError(12300, f"Content-Type {content_type!r}")
    text = body.decode("utf-8", "replace").strip()
    return parse(body, url) if text.startswith("<") else Document(url, (Say(text, 1),))


def parse(body: bytes, url: str) -> Document:
    if b"<!DOCTYPE" in body or b"<!ENTITY" in body:
        raise TwimlError(12100, "a document type declaration, which Twilio does not read")
    try:
        root = ET.fromstring(body)  # noqa: S314 (entities are refused just above)
    except (ET.ParseError, LookupError, ValueError) as problem:
        raise TwimlError(12100, f"not XML: {problem}") from problem
    if root.tag != "Response":
        raise TwimlError(12100, f"the root is <{root.tag}>, not <Response>")
    _check(root)
    _no_text(root)
    return Document(url, tuple(_verb(element, url) for element in root))


def _verb(element: Element, url: str) -> Verb:
    if element.tag not in VERBS:
        raise UnknownTwimlError(_unknown(element.tag, "verb"))
    _check(element)
    return _READERS[element.tag](element, url)


def _unknown(tag: str, kind: str) -> str:
    return f"<{tag}> is not simulated" if tag in NOT_SIMULATED else f"no {kind} <{tag}>"


def _check(element: Element) -> None:
    for name, value in element.attrib.items():
        trouble = trouble_with(element.tag, name, value)
        if trouble is not None:
            raise UnknownTwimlError(trouble)


def _no_text(element: Element) -> None:
    if "".join(filter(None, [element.text, *(child.tail for child in element)])).strip():
        raise UnknownTwimlError(f"text inside <{element.tag}> that no verb speaks")


def _words(element: Element) -> str:
    if len(element):
        raise UnknownTwimlError(f"<{element[0].tag}> inside <{element.tag}>")
    return " ".join((element.text or "").split())


def _nothing_inside(element: Element) -> None:
    if _words(element):
        raise UnknownTwimlError(f"text inside <{element.tag}>")


def _link(element: Element, name: str, base: str, method: str = "method") -> Link | None:
    address = element.get(name)
    return None if address is None else Link(_absolute(address, base), element.get(method, "POST"))


def _absolute(address: str, base: str) -> str:
    url = urljoin(base, address)
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or "_" in parts.hostname:
        raise TwimlError(11100, f"{url} is not an address that Twilio calls")
    return url


def _say(element: Element, _: str) -> Say:
    text = _words(element)
    if not text:
        raise UnknownTwimlError("<Say> without words")
    if len(text) > LONGEST_SPEECH:
        raise TwimlError(12200, f"<Say> of {len(text)} characters, over {LONGEST_SPEECH}")
    return Say(text, int(element.get("loop", "1")))


def _play(element: Element, url: str) -> Play:
    return Play(_absolute(_words(element), url), int(element.get("loop", "1")))


def _pause(element: Element, _: str) -> Pause:
    _nothing_inside(element)
    return Pause(int(element.get("length", "1")))


def _hangup(element: Element, _: str) -> Hangup:
    _nothing_inside(element)
    return Hangup()


def _reject(element: Element, _: str) -> Reject:
    _nothing_inside(element)
    return Reject(element.get("reason", "rejected"))


def _redirect(element: Element, url: str) -> Redirect:
    return Redirect(Link(_absolute(_words(element), url), element.get("method", "POST")))


def _record(element: Element, url: str) -> Record:
    _nothing_inside(element)
    return Record(
        action=_link(element, "action", url) or Link(url, element.get("method", "POST")),
        timeout=int(element.get("timeout", "5")),
        finish_on_key=element.get("finishOnKey", "1234567890*#"),
        max_length=int(element.get("maxLength", "3600")),
        beep=element.get("playBeep", "true") == "true",
        callback=_link(element, "recordingStatusCallback", url, "recordingStatusCallbackMethod"),
    )


def _dial(element: Element, url: str) -> Dial:
    nouns = tuple(element)
    if not nouns:
        nouns = (Element("Number"),)
        nouns[0].text = element.text
    else:
        _no_text(element)
    if len(nouns) > MOST_NOUNS:
        raise UnknownTwimlError(f"<Dial> with more than {MOST_NOUNS} nouns")
    return Dial(
        targets=tuple(_target(noun, url) for noun in nouns),
        action=_link(element, "action", url),
        timeout=int(element.get("timeout", "30")),
        time_limit=int(element.get("timeLimit", "14400")),
        answer_on_bridge=element.get("answerOnBridge") == "true",
        caller_id=element.get("callerId"),
        sequential=element.get("sequential") == "true",
        recording=_recording(element, url),
    )


def _recording(element: Element, url: str) -> Link | None:
    if element.get("record") != "record-from-answer-dual":
        return None
    return _link(element, "recordingStatusCallback", url, "recordingStatusCallbackMethod")


def _target(noun: Element, url: str) -> Target:
    if noun.tag not in NOUNS:
        raise UnknownTwimlError(_unknown(noun.tag, "noun"))
    _check(noun)
    endpoint = _words(noun)
    if not re.fullmatch(ENDPOINTS[noun.tag], endpoint):
        raise TwimlError(13224, f"<{noun.tag}>{endpoint}</{noun.tag}> cannot be dialled")
    return Target(
        endpoint=f"client:{endpoint}" if noun.tag == "Client" else endpoint,
        whisper=_link(noun, "url", url),
        callback=_link(noun, "statusCallback", url, "statusCallbackMethod"),
        events=frozenset(noun.get("statusCallbackEvent", "completed").split()),
    )


_READERS: Mapping[str, Callable[[Element, str], Verb]] = {
    "Say": _say,
    "Play": _play,
    "Pause": _pause,
    "Hangup": _hangup,
    "Reject": _reject,
    "Redirect": _redirect,
    "Record": _record,
    "Dial": _dial,
}
