"""Rings while pages, slow sockets and floods come: `python -m tests.load --help`.

Linux only: addresses of the loopback network stand for visitors' networks.
"""

import argparse
import json
import signal
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))  # where pytest finds the tests' modules, too

from benchmarks.servers import Cores, pinned
from load.attacks import SLOW_SOCKETS
from load.figures import figures, table, verdict
from load.proxy import bring_nginx
from load.rounds import IDLE, LOADS, RINGS_PER_S, Plan, measured
from load.stage import WEB_NICENESS, Size, production
from load.waiting import say
from nginx import find_nginx

FULL, QUICK = Size(numbers=2_000, visitors=100), Size(numbers=100, visitors=5)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.load", description=__doc__)
    parser.add_argument("--rounds", type=int, default=10, help="of all loads (10)")
    parser.add_argument("--seconds", type=float, default=30, help="of a load in a round (30)")
    parser.add_argument(
        "--rings", type=float, default=RINGS_PER_S, help=f"a second, in all ({RINGS_PER_S:g})"
    )
    parser.add_argument("--only", default="", metavar="TEXT", help="loads with this in their name")
    parser.add_argument(
        "--niceness", type=int, default=WEB_NICENESS, help=f"of the web pool ({WEB_NICENESS})"
    )
    parser.add_argument("--json", action="store_true", help="figures for programs")
    parser.add_argument(
        "--quick", action="store_true", help="a moment of each: whether it runs, not how well"
    )
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """1 when the phone was not answered as promised, or when that was not really tried."""
    chosen = _options(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))  # and with it all servers
    nginx = find_nginx() if chosen.quick else bring_nginx()
    plan = Plan(chosen.rounds, chosen.seconds, chosen.rings, SLOW_SOCKETS)
    if chosen.quick:
        plan = Plan(rounds=1, seconds=1.5, rings_per_s=4, slow_sockets=20)
    cores = Cores.found()
    with (
        pinned(cores.server),
        production(nginx, QUICK if chosen.quick else FULL, niceness=chosen.niceness) as stage,
        pinned(cores.load),
    ):
        loads = [load for load in LOADS if load is IDLE or chosen.only in load.name]
        found = figures(measured(stage, loads, plan, say))
    as_json = json.dumps([asdict(each) for each in found], indent=2)
    sys.stdout.write(f"{as_json if chosen.json else table(found)}\n")
    why = [] if chosen.quick else verdict(found, is_proxied=nginx is not None)
    for line in why:
        say(line)
    return 1 if why else 0


if __name__ == "__main__":
    sys.exit(main())
