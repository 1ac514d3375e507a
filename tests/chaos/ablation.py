"""Each safety net taken away alone: what falls through, and what had struck it."""

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping

from callweave.simulator.faults import Fault
from chaos.faults import Mishap, Weather
from chaos.nets import Net, Nets
from chaos.stage import fresh_stage
from chaos.trouble import Trouble
from chaos.virtual import Plan, Run, play
from databases import Databases

Say = Callable[[str], object]
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
    """Prints the table, and every loss that is not explained; how many of those there were."""
    unexplained = 0
    say("| without | calls with a loss | losses by rule | what had struck them | repaired |")
    say("|---|---|---|---|---|")
    for net in Net:
        with fresh_stage(databases) as stage:
            run = play(Plan(calls, seed, weather, Nets(frozenset({net}))), stage)
        say(_row(net, run))
        strange = list(_unexplained(net, run))
        unexplained += len(strange)
        for line in strange:
            say(f"  not explained: {line}")
    return unexplained


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
