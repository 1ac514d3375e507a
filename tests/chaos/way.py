"""What lies between one simulated call and the service: signatures, retries, and trouble."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from urllib.parse import urldefrag, urlencode

from callweave.simulator.clock import CallClock
from callweave.simulator.connections import ConnectionRules, rules_of
from callweave.simulator.faults import Fault
from callweave.simulator.signing import signature
from callweave.simulator.webhooks import Answer, Failure
from chaos.faults import CallPlan
from chaos.nets import Net
from chaos.service import ServiceUnderTest
from chaos.trouble import Trouble
from chaos.wire import PUBLIC, Response, request

# The budget of a voice path, and a little.
SLOWEST_S = 2.5


@dataclass(slots=True)
class Way:
    """Of one call. ``ask`` runs in the caller's own thread, ``tell`` leaves it to the scheduler."""

    service: ServiceUnderTest
    plan: CallPlan
    sid: str
    clock: CallClock
    answers: dict[str, bytes] = field(default_factory=dict)
    ambiguous: set[str] = field(default_factory=set)
    asked: int = 0
    waited: float = 0.0
    sent: list[str] = field(default_factory=list)

    def begin_call(self) -> None: ...

    def end_call(self) -> None: ...

    def ask(self, url: str, method: str, form: Mapping[str, str]) -> Answer | Failure:
        rules, token = self._rules(url), self._token()
        fault, both = self.plan.of_question()
        answer = self._attempt(url, form, token, fault)
        for _ in range(rules.retries):
            if isinstance(answer, Answer) or not rules.retry(answer.kind):
                break
            self.clock.let_pass(_lost_time(answer, rules))
            answer = self._attempt(url, form, token, fault if both else None)
        self._maybe_again(url, form, token)
        return answer

    def tell(self, url: str, method: str, form: Mapping[str, str]) -> None:
        token, scheduler = self._token(), self.service.scheduler
        soon, late = 0.05 + self.plan.draw.random(), self.plan.carrier.lateness()
        fault = self.plan.carrier.of_report()
        if fault:
            self._note(url, fault, form)
        if fault is Fault.DROPPED:
            return
        scheduler.after(late if fault is Fault.LATE else soon, lambda: self._tell(url, form, token))
        if fault is Fault.TWICE:
            scheduler.after(soon + late, lambda: self._send(url, form, token))
        if self.plan.happens(self.plan.weather.forged):
            scheduler.after(soon + late, lambda: self._forge(url, form))
        if self.plan.happens(self.plan.weather.unreadable):
            broken = {**form, "CallStatus": "half-" + form.get("CallStatus", "done")}
            self.service.unreadable += 1
            scheduler.after(soon + late, lambda: self._send(url, broken, f"{token} broken"))

    def _tell(self, url: str, form: Mapping[str, str], token: str) -> None:
        rules = self._rules(url)
        fault, both = self.plan.of_question()
        answer = self._attempt(url, form, token, fault)
        if isinstance(answer, Answer) or not rules.retries or not rules.retry(answer.kind):
            return
        again = fault if both else None
        self.service.scheduler.after(
            _lost_time(answer, rules), lambda: self._attempt(url, form, token, again)
        )

    def _rules(self, url: str) -> ConnectionRules:
        rules = rules_of(url)
        return rules if Net.RETRY in self.service.nets else replace(rules, retries=0)

    def _token(self) -> str:
        self.asked += 1
        return f"{self.sid[2:10]}-{self.asked:04}"

    def _attempt(
        self, url: str, form: Mapping[str, str], token: str, fault: Fault | None
    ) -> Answer | Failure:
        if fault:
            self._note(url, fault, form)
        if fault is Fault.NEVER_ASKED:
            return Failure(url, 11205, "ct", str(fault), 0)
        answer = self._send(url, form, token)
        waited = self.waited
        if fault is Fault.LOST_ANSWER:
            return Failure(url, 11200, "rt", str(fault), waited)
        if answer.status // 100 != 2:
            kind, why = f"{answer.status // 100}xx", f"status {answer.status}"
            return Failure(url, 11200, kind, why, waited, answer.status)
        return Answer(url, answer.content_type, answer.body, answer.status, waited)

    def _send(self, url: str, form: Mapping[str, str], token: str) -> Response:
        """One request as it goes over the wire, and what it says of a repeat."""
        trouble, statements, seconds = self.plan.of_database()
        self.service.switch.arm(trouble, statements, seconds)
        answer = self._post(url, form, token, self.service.carrier_token)
        struck, self.waited = self.service.switch.struck, self.service.switch.waited
        self.service.switch.arm(None)
        if self.waited > SLOWEST_S:
            self.service.witness("slow", self.sid, f"{_path(url)} took {self.waited:.1f} s")
        if struck:
            self._note(url, struck, form)
            self.service.drain_later()
        if struck is Trouble.AFTER_COMMIT:
            self.ambiguous.add(token)
        self._compare(token, answer, struck)
        return answer

    def _post(self, url: str, form: Mapping[str, str], token: str, secret: str) -> Response:
        address = urldefrag(url).url
        headers = {
            "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
            "User-Agent": "TwilioProxy/1.1",
            "I-Twilio-Idempotency-Token": token,
            "X-Twilio-Signature": signature(secret, address, form),
        }
        body = urlencode(form).encode()
        answer = request(self.service.app, "POST", address.removeprefix(PUBLIC), headers, body)
        self.sent.append(
            f"{self.service.scheduler.elapsed:9.1f}  {_path(url)} {_words(form)} -> {answer.status}"
        )
        return answer

    def _compare(self, token: str, answer: Response, struck: Trouble | None) -> None:
        """A repeat is answered as before, once all that was kept aside is in the books; unless a
        commit was lost on its way, of which nobody can know.
        """
        if answer.status not in {HTTPStatus.OK, HTTPStatus.NO_CONTENT}:
            return
        first = self.answers.setdefault(token, answer.body)
        unsure = struck or token in self.ambiguous or self.service.spooled
        if first != answer.body and not unsure:
            self.service.witness("repeats", self.sid, f"a repeat was answered otherwise: {first!r}")

    def _maybe_again(self, url: str, form: Mapping[str, str], token: str) -> None:
        """Long after it was answered, the same request comes again."""
        if self.plan.happens(self.plan.weather.stray_repeat):
            self._note(url, Fault.TWICE, form)
            later = 1 + self.plan.carrier.lateness()
            self.service.scheduler.after(later, lambda: self._send(url, form, token))

    def _forge(self, url: str, form: Mapping[str, str]) -> None:
        false = {**form, "CallSid": "CA" + "f" * 32, "ParentCallSid": "CA" + "f" * 32}
        for path in ("ring", "fallback", "status", "voicemail"):
            answer = self._post(f"{PUBLIC}/voice/{path}", false, "forged", "0" * 32)
            if answer.status != 403:
                self.service.witness("forged", self.sid, f"/voice/{path}: {answer.status}, not 403")

    def _note(self, url: str, what: object, form: Mapping[str, str]) -> None:
        self.plan.note(self.service.scheduler.elapsed, f"{_path(url)} {_words(form)}", what)


def _path(url: str) -> str:
    return urldefrag(url).url.removeprefix(PUBLIC)


def _words(form: Mapping[str, str]) -> str:
    return form.get("DialCallStatus") or form.get("CallStatus", "")


def _lost_time(failure: Failure, rules: ConnectionRules) -> float:
    """Seconds that the carrier waits before it gives a try up."""
    return {"ct": rules.connect, "rt": rules.read}.get(failure.kind, 0.1)
