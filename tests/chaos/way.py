"""What lies between one simulated call and the service: signatures, retries, and trouble."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from urllib.parse import urldefrag, urlencode

from callweave.simulator.clock import CallClock
from callweave.simulator.connections import ConnectionRules, rules_of
from callweave.simulator.faults import Fault
from callweave.simulator.signing import signature
from callweave.simulator.webhooks import Answer, Failure
from chaos.faults import CallPlan, Mishap
from chaos.nets import Net
from chaos.service import BUDGET_S, ServiceUnderTest
from chaos.tidings import GRACE_S, Acknowledged, Tidings
from chaos.trouble import Trouble
from chaos.utterances import Words, as_words, is_ok, lost_time, path_of, status_of
from chaos.wire import PUBLIC, Response, request

# The budget of a voice path, and a little.
SLOWEST_S = 2.5
# A report that is as late as this may still come before its repair; later ones count as lost.
TOO_LATE_S = GRACE_S - 10
MISTOLD_S = 3


@dataclass(slots=True)
class Way:
    """Of one call. ``ask`` runs in the caller's own thread, ``tell`` leaves it to the scheduler.
    ``lost``: what did not get through in time, by the kind of repair that it calls for. ``tries``:
    of each request that the carrier makes, by its token. ``remembered``: how often a phone was rung
    from memory.
    """

    service: ServiceUnderTest
    plan: CallPlan
    sid: str
    clock: CallClock
    answers: dict[Words, tuple[int, set[bytes]]] = field(default_factory=dict)
    ambiguous: set[Words] = field(default_factory=set)
    aside: set[Words] = field(default_factory=set)
    heard: list[Acknowledged] = field(default_factory=list)
    lost: Counter[str] = field(default_factory=Counter)
    asked: int = 0
    tries: Counter[str] = field(default_factory=Counter)
    remembered: int = 0
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
            self.clock.let_pass(lost_time(answer, rules))
            answer = self._attempt(url, form, token, fault if both else None)
        self._after_tries(url, form, answer)
        self._maybe_again(url, form, token)
        return answer

    def tell(self, url: str, method: str, form: Mapping[str, str]) -> None:
        form = self._mistold(url, form)
        token, scheduler = self._token(), self.service.scheduler
        soon, late = 0.05 + self.plan.draw.random(), self.plan.carrier.lateness()
        fault = self.plan.carrier.of_report()
        if fault and fault is not Fault.TWICE:
            self._note(url, fault, form)
        if fault is Fault.DROPPED or (fault is Fault.LATE and late > TOO_LATE_S):
            self.lost.update(Tidings.of(url, form).repairs())
        if fault is Fault.DROPPED:
            return
        scheduler.after(late if fault is Fault.LATE else soon, lambda: self._tell(url, form, token))
        if fault is Fault.TWICE:
            self._repeat_after(soon + late, url, form, token)
        if self.plan.happens(self.plan.weather.forged):
            scheduler.after(soon + late, lambda: self._forge(url, form))
        if self.plan.happens(self.plan.weather.unreadable):
            scheduler.after(soon + late, lambda: self._send_broken(url, form, token))

    def _mistold(self, url: str, form: Mapping[str, str]) -> Mapping[str, str]:
        """At times shorter by some seconds than in the list, which has the last word."""
        seconds = int(form.get("CallDuration", "0"))
        if seconds <= MISTOLD_S or not self.plan.happens(self.plan.weather.mistold):
            return form
        self._note(url, Mishap.MISTOLD, form)
        self.lost["duration_wrong"] += 1
        return {**form, "CallDuration": str(seconds - MISTOLD_S)}

    def _tell(self, url: str, form: Mapping[str, str], token: str) -> None:
        rules = self._rules(url)
        fault, both = self.plan.of_question()
        answer = self._attempt(url, form, token, fault)
        if isinstance(answer, Answer) or not rules.retries or not rules.retry(answer.kind):
            self._after_tries(url, form, answer)
            return

        def again() -> None:
            self._after_tries(url, form, self._attempt(url, form, token, fault if both else None))

        self.service.scheduler.after(lost_time(answer, rules), again)

    def _after_tries(self, url: str, form: Mapping[str, str], answer: Answer | Failure) -> None:
        if isinstance(answer, Failure):
            self._note(url, Mishap.UNANSWERED, form)
            self.lost.update(Tidings.of(url, form).repairs())

    def _repeat_after(self, seconds: float, url: str, form: Mapping[str, str], token: str) -> None:
        """Half of what comes twice comes with a token of its own."""
        anew = self.plan.happens(0.5)
        self._note(url, Mishap.TWICE_ANEW if anew else Fault.TWICE, form)
        again = self._token() if anew else token
        self.service.scheduler.after(seconds, lambda: self._send(url, form, again))

    def _send_broken(self, url: str, form: Mapping[str, str], token: str) -> None:
        self.service.struck[Mishap.UNREADABLE] += 1
        self.service.unreadable.append(self.sid)
        status = form.get("CallStatus")
        wrong = {"CallStatus": f"half-{status}"} if status else {"RecordingUrl": "nowhere"}
        self._send(url, {**form, **wrong}, f"{token} broken")

    def _rules(self, url: str) -> ConnectionRules:
        rules = rules_of(url)
        return rules if Net.RETRY in self.service.nets else replace(rules, retries=0)

    def _token(self) -> str:
        self.asked += 1
        return f"{self.sid[2:10]}-{self.asked:04}"

    def _attempt(
        self, url: str, form: Mapping[str, str], token: str, fault: Fault | Mishap | None
    ) -> Answer | Failure:
        self.tries[token] += 1
        if fault:
            self._note(url, fault, form)
        if fault is Fault.NEVER_ASKED:
            return Failure(url, 11205, "ct", str(fault), 0)
        if fault is Mishap.UNAVAILABLE:
            return Failure(url, 11200, "5xx", str(fault), 0, HTTPStatus.SERVICE_UNAVAILABLE)
        answer = self._send(url, form, token)
        waited = self.waited
        if fault is Fault.LOST_ANSWER:
            return Failure(url, 11200, "rt", str(fault), waited)
        status = HTTPStatus.BAD_GATEWAY if fault is Mishap.BAD_GATEWAY else answer.status
        if status // 100 != 2:
            return Failure(url, 11200, f"{status // 100}xx", f"status {status}", waited, status)
        return Answer(url, answer.content_type, answer.body, answer.status, waited)

    def _send(self, url: str, form: Mapping[str, str], token: str) -> Response:
        """One request as it goes over the wire, and what it says of a repeat."""
        service, switch = self.service, self.service.switch
        trouble, statements, seconds = self.plan.of_database()
        if trouble:
            service.armed[trouble] += 1
        spooled = service.spooled
        switch.arm(trouble, statements, seconds)
        answer = self._post(url, form, token, service.carrier_token)
        struck, self.waited = switch.struck, switch.waited
        switch.arm(None)
        if self.waited > SLOWEST_S:
            service.witness("slow", self.sid, f"{path_of(url)} took {self.waited:.1f} s")
        if struck:
            self._note(url, struck, form)
        service.drain_later()
        aside, words = service.spooled > spooled, as_words(url, form)
        self._witness(url, answer, struck, aside=aside and words not in self.aside)
        if aside:
            self.aside.add(words)
        told = Tidings.of(url, form)
        rings = is_ok(answer) and b"<Dial" in answer.body
        self.remembered += rings and not self._is_harmless(struck)
        if is_ok(answer) and not (aside or self._is_harmless(struck)):
            self.lost.update(told.repairs())  # answered from memory, and kept nowhere
        elif is_ok(answer):
            self.heard.append(Acknowledged(told, service.scheduler.elapsed, aside))
            if told.leg and told.ends_leg and not aside:
                service.leg_ended(self.sid, told.leg)
        self._compare(url, form, answer, struck)
        return answer

    def _is_harmless(self, struck: Trouble | None) -> bool:
        return struck is None or (struck is Trouble.SLOW and self.waited < BUDGET_S)

    def _witness(self, url: str, answer: Response, struck: Trouble | None, *, aside: bool) -> None:
        """Whatever strikes, a signed request is answered, unless the net that does so is away; and
        nothing is kept aside that the books could have taken, but for the repeat of what was.
        """
        bare = Net.SPOOL not in self.service.nets or Net.MEMORY not in self.service.nets
        if not is_ok(answer) and not (bare and struck and answer.status >= 500):
            why = f"though {struck}" if struck else "though nothing had struck it"
            self.service.witness("refused", self.sid, f"{path_of(url)}: {answer.status}, {why}")
        if aside and self._is_harmless(struck):
            what = f"{path_of(url)} was kept aside, though nothing had struck it"
            self.service.witness("kept aside", self.sid, what)

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
        at, what = self.service.scheduler.elapsed, f"{path_of(url)} {status_of(form)}"
        self.sent.append(f"{at:9.1f}  {what} -> {answer.status}")
        return answer

    def _compare(
        self, url: str, form: Mapping[str, str], answer: Response, struck: Trouble | None
    ) -> None:
        """A repeat is answered as before, whatever its token, once all that was kept aside is in
        the books, and by the service that decided it at any time; unless a commit was lost on its
        way, of which nobody can know.
        """
        words = as_words(url, form)
        if struck is Trouble.AFTER_COMMIT:
            self.ambiguous.add(words)
        if not is_ok(answer):
            return
        service = self.service
        begun, said = self.answers.setdefault(words, (service.begun, {answer.body}))
        if struck:  # what memory said stands beside what had been decided
            said.add(answer.body)
        decides = words[0].startswith(("/voice/ring", "/voice/dialled"))
        waits = service.spooled and not (decides and begun == service.begun)
        unsure = struck or words in self.ambiguous or waits
        if answer.body not in said and not unsure:
            self.service.witness("repeats", self.sid, f"a repeat was answered otherwise: {said}")

    def _maybe_again(self, url: str, form: Mapping[str, str], token: str) -> None:
        """Long after it was answered, the same request comes again."""
        if self.plan.happens(self.plan.weather.stray_repeat):
            self._repeat_after(1 + self.plan.carrier.lateness(), url, form, token)

    def _forge(self, url: str, form: Mapping[str, str]) -> None:
        false = {**form, "CallSid": "CA" + "f" * 32, "ParentCallSid": "CA" + "f" * 32}
        self.service.struck[Mishap.FORGED] += 1
        for path in ("ring", "fallback", "status", "voicemail"):
            answer = self._post(f"{PUBLIC}/voice/{path}", false, "forged", "0" * 32)
            if answer.status != 403:
                self.service.witness("forged", self.sid, f"/voice/{path}: {answer.status}, not 403")

    def _note(self, url: str, what: Fault | Mishap | Trouble, form: Mapping[str, str]) -> None:
        self.service.struck[what] += 1
        self.plan.note(self.service.scheduler.elapsed, f"{path_of(url)} {status_of(form)}", what)
