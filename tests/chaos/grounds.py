"""Where mistakes are played. Safety nets hide faults: most show only where the net behind them is
away, and each where as little as possible happens.
"""

from collections.abc import Mapping

RACES = "races"
GROUNDS: Mapping[str, str] = {
    "storm": "--calls 60 --first-seed 1",
    "unrepaired": "--calls 45 --first-seed 2 --without reconciler --weather lossless",
    "slow": "--calls 90 --first-seed 1 --without reconciler --weather slow",
    "rough": "--calls 45 --first-seed 7 --without reconciler --weather rough",
    "calm": "--calls 40 --first-seed 3 --without reconciler --weather calm",
    "crowded": "--calls 300 --first-seed 10",
    RACES: "--db postgresql --races",
}
