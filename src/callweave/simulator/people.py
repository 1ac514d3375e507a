from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random


class Side(StrEnum):
    CALLER = "caller"
    CALLEE = "callee"


@dataclass(frozen=True, slots=True)
class Answers:
    """Picks up after `after` seconds of ringing and talks for `talk` seconds."""

    after: float = 6
    talk: float = 120
    hangs_up_first: Side = Side.CALLER


@dataclass(frozen=True, slots=True)
class HangsUpInWhisper:
    """Picks up, hears what the call is about, and puts the phone down again."""

    after: float = 6


@dataclass(frozen=True, slots=True)
class Busy:
    after: float = 2


@dataclass(frozen=True, slots=True)
class DoesNotAnswer:
    pass


@dataclass(frozen=True, slots=True)
class Fails:
    """The carrier cannot connect: no such number, or no route to it."""

    after: float = 1


Behaviour = Answers | HangsUpInWhisper | Busy | DoesNotAnswer | Fails


@dataclass(frozen=True, slots=True)
class Temperament:
    """How somebody who is called behaves from call to call: weights of what they do."""

    answers: float = 82
    hangs_up_in_whisper: float = 2
    busy: float = 6
    does_not_answer: float = 9
    fails: float = 1
    longest_talk: int = 900

    def draw(self, chance: Random) -> Behaviour:
        after = chance.randint(2, 14)
        talk = min(self.longest_talk, 20 + round(chance.expovariate(1 / 180)))
        first = chance.choice((Side.CALLER, Side.CALLEE))
        options: tuple[Behaviour, ...] = (
            Answers(after, talk, first),
            HangsUpInWhisper(after),
            Busy(),
            DoesNotAnswer(),
            Fails(),
        )
        weights = (
            self.answers,
            self.hangs_up_in_whisper,
            self.busy,
            self.does_not_answer,
            self.fails,
        )
        return chance.choices(options, weights)[0]


@dataclass(frozen=True, slots=True)
class AddressBook:
    """Who is at the end of each endpoint (`+44...`, `sip:...`, `client:...`).

    An endpoint that nobody has cannot be connected, unless `otherwise` says how strangers behave.
    """

    people: Mapping[str, Behaviour | Temperament] = field(default_factory=dict)
    otherwise: Behaviour | Temperament = Fails()

    def behaviour(self, endpoint: str, chance: Random) -> Behaviour:
        person = self.people.get(endpoint, self.otherwise)
        return person.draw(chance) if isinstance(person, Temperament) else person


@dataclass(frozen=True, slots=True)
class Caller:
    """Someone with a phone.

    `patience`: seconds until they give up, as long as nobody talks with them (None: they wait).
    `message`: seconds that they speak after the beep of a voicemail; 0 hangs up at the beep.
    `presses_hash`: they end the message with # and stay on the line; otherwise they hang up.
    """

    number: str
    patience: float | None = None
    message: float = 12
    presses_hash: bool = False
