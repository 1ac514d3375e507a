"""Each safety net taken away alone: what falls through, and what had struck it.

A net that was never off loses nothing, too. So each run counts how often each net was used: never
where it was away, and somewhere where it was there, or nobody knows that it can be seen at all.
"""

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

from callweave.simulator.faults import Fault
from callweave.simulator.ledger import FallbackAsked, LedgerCall
from callweave.simulator.line import NumberConfig
from chaos.faults import Mishap, Weather
from chaos.nets import Net, Nets
from chaos.rows import Rows
from chaos.stage import fresh_stage
from chaos.trouble import Trouble
from chaos.virtual import Plan, Run, play
from chaos.way import Way
from databases import Databases

Say = Callable[[str], object]
Uses = Mapping[Net, int]
"""How often each net was used in one run."""
_SID = re.compile("CA[0-9a-f]{32}")
_ONE_TRY = (Fault.NEVER_ASKED, Fault.LOST_ANSWER, Mishap.BAD_GATEWAY, Mishap.UNAVAILABLE)
# Without the net these may cost something; a loss without any of them would be a defect.
DEFENDS: Mapping[Net, Collection[str]] = {
    Net.RECONCILER: (Fault.DROPPED, Fault.LATE, Mishap.UNANSWERED),
    Net.MEMORY: tuple(Trouble),
    Net.FALLBACK: (Mishap.UNANSWERED,),
    Net.SPOOL: tuple(Trouble),
    Net.RETRY: _ONE_TRY,
}


def ablate(databases: Databases, calls: int, seed: int, weather: Weather, say: Say) -> int:
    """Prints the table, every loss that is not explained, and every net of which the table says
    nothing because it was not off; how many of those there were.
    """
    unexplained = 0
    used: dict[Net, Uses] = {}
    say("| without | calls with a loss | losses by rule | what had struck them | repaired |")
    say("|---|---|---|---|---|")
    for net in Net:
        with fresh_stage(databases) as stage:
            run = play(Plan(calls, seed, weather, Nets(frozenset({net}))), stage)
        say(_row(net, run))
        carrier = run.crowd.carrier
        numbers = map(carrier.config_of, carrier.numbers)
        used[net] = uses(run.ledger, run.rows, run.crowd.ways.values(), numbers)
        found = [f"not explained: {line}" for line in _unexplained(net, run)]
        unexplained += len(found)
        for line in found:
            say(f"  {line}")
    never_off = list(not_switched(used))
    for line in never_off:
        say(line)
    return unexplained + len(never_off)


def uses(
    ledger: Iterable[LedgerCall],
    rows: Rows,
    ways: Collection[Way],
    numbers: Iterable[NumberConfig] = (),
) -> Uses:
    """By what the wire, the carrier and the books show of it. Few calls need the carrier's
    fallback, so each number that names one counts as a use.
    """
    asked = (entry for call in ledger for entry in call.entries if isinstance(entry, FallbackAsked))
    return {
        Net.RECONCILER: len(rows.repairs),
        Net.MEMORY: sum(way.remembered for way in ways),
        Net.FALLBACK: sum(1 for _ in asked) + sum(bool(n.voice_fallback_url) for n in numbers),
        Net.SPOOL: sum(len(way.aside) for way in ways),
        Net.RETRY: sum(tries - 1 for way in ways for tries in way.tries.values()),
    }


def not_switched(used: Mapping[Net, Uses]) -> Iterator[str]:
    """``used``: by the net that was away."""
    for net, without in used.items():
        if without[net]:
            yield f"{net} was never off: used {without[net]} times in the run without it"
        elif not any(here[net] for away, here in used.items() if away is not net):
            yield f"{net} was never used in any run: whether it was off cannot be seen"


def _row(net: Net, run: Run) -> str:
    lost = {breach.about for breach in run.breaches}
    rules = Counter(breach.rule for breach in run.breaches)
    struck = Counter(
        each for about in lost for each in set(_struck(run, about)) & set(DEFENDS[net])
    )
    cells = (
        str(net),
        f"{len(lost & run.crowd.ways.keys())} of {len(run.ledger)}",
        _counted(rules),
        _counted(struck),
        _counted(Counter(kind for _, kind in run.rows.repairs)),
    )
    return f"| {' | '.join(cells)} |"


def _counted(counter: Counter[str]) -> str:
    return ", ".join(f"{name} {times}" for name, times in counter.most_common()) or "none"


def _struck(run: Run, about: str) -> Iterator[str]:
    for line in run.evidence.struck.get(about, ()):
        yield line.rpartition(": ")[2]


def _unexplained(net: Net, run: Run) -> Iterator[str]:
    """What is about no call (leases, the spool) no net explains. Of two calls that got into each
    other's way either may have been struck.
    """
    for breach in run.breaches:
        calls = _SID.findall(f"{breach.about} {breach.what}")
        struck = {fault for sid in calls for fault in _struck(run, sid)}
        if not struck & set(DEFENDS[net]):
            yield str(breach)
