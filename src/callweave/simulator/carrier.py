from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from threading import Lock

from callweave.simulator.calling import live
from callweave.simulator.chance import chance
from callweave.simulator.clock import CallClock
from callweave.simulator.faults import CallFaults, FaultyWebhooks, Rates
from callweave.simulator.forms import Party
from callweave.simulator.ledger import Ledger, LedgerCall
from callweave.simulator.line import Line, NumberConfig
from callweave.simulator.people import AddressBook, Caller
from callweave.simulator.webhooks import Way, Webhooks


def _now() -> datetime:
    return datetime.now(UTC)


class NotOurNumberError(ValueError):
    """A call to a number that this carrier does not have."""


def numbers_at(
    base_url: str, numbers: list[str], overrides: str = ""
) -> Mapping[str, NumberConfig]:
    """The console's settings for numbers that all point at one Callweave. `overrides` of waiting
    and trying again, `#rc=1&rp=all`, are put behind each address.
    """
    base = base_url.rstrip("/")
    paths = ("ring", "fallback", "status")
    config = NumberConfig(*(f"{base}/voice/{path}{overrides}" for path in paths))
    return dict.fromkeys(numbers, config)


@dataclass(frozen=True, slots=True)
class Account:
    sid: str
    auth_token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Scenario:
    """What is drawn, and how fast.

    Equal `seed` and call number draw equal people, whatever runs beside. `run` keeps the sids of
    two runs against one database apart. `pace` is real seconds for each virtual one. `faults`
    strike between carrier and service, drawn for each call like its people.
    """

    seed: int = 0
    run: str = ""
    pace: float = 0.0
    faults: Rates | None = None
    clock: Callable[[], datetime] = _now  # when a call is placed; its own clock goes on from there


class Carrier:
    """Rings the service as Twilio does. Calls may be placed from several threads at once."""

    def __init__(
        self,
        account: Account,
        numbers: Mapping[str, NumberConfig],
        people: AddressBook,
        ledger: Ledger | None = None,
        scenario: Scenario | None = None,
    ) -> None:
        self.ledger = ledger or Ledger()
        self._account = account
        self._numbers = dict(numbers)
        self._people = people
        self._scenario = scenario or Scenario()
        self._webhooks = Webhooks(account.auth_token)
        self._count = count()
        self._lock = Lock()

    @property
    def account(self) -> Account:
        return self._account

    @property
    def numbers(self) -> frozenset[str]:
        return frozenset(self._numbers)

    def config_of(self, number: str) -> NumberConfig:
        return self._numbers[number]

    def configure(self, number: str, config: NumberConfig) -> None:
        """From the next call on; a number that the account did not have is bought."""
        self._numbers[number] = config

    def release(self, number: str) -> None:
        self._numbers.pop(number, None)

    def now(self) -> datetime:
        return self._scenario.clock()

    def place_call(self, caller: Caller, to: str, number: int | None = None) -> LedgerCall:
        """The call as it went. `number` names it for the seed; without one, calls are counted."""
        return live(self.dial(caller, to, number))

    def dial(self, caller: Caller, to: str, number: int | None = None) -> Line:
        """A line that has not rung yet, already in the ledger; `live` makes it ring."""
        config = self._numbers.get(to)
        if config is None:
            raise NotOurNumberError(f"{to} is none of the {len(self._numbers)} tracked numbers")
        with self._lock:  # counted apart from numbered calls, so that no two get one sid
            nth = f"unnumbered {next(self._count)}" if number is None else str(number)
        scenario = self._scenario
        sids = chance(scenario.run, scenario.seed, nth, "sids")
        started = scenario.clock()
        sid = f"CA{sids.getrandbits(128):032x}"
        page = LedgerCall(sid, caller.number, to, started)
        self.ledger.write(page)
        return Line(
            party=Party(self._account.sid, sid, caller.number, to),
            caller=caller,
            number=config,
            caller_ids=self.numbers,
            people=self._people,
            way=self._way(nth),
            ledger=self.ledger,
            chance=chance(scenario.seed, nth, "people"),
            sids=sids,
            clock=CallClock(started, scenario.pace),
            page=page,
        )

    def _way(self, nth: str) -> Way:
        scenario = self._scenario
        if scenario.faults is None:
            return self._webhooks
        return FaultyWebhooks(self._webhooks, CallFaults.of(scenario.faults, scenario.seed, nth))
