from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import sleep

# Nobody who watches a call wants to sit through its three minutes of talk.
LONGEST_STRETCH = 4.0


@dataclass(slots=True)
class CallClock:
    """The time of one call.

    Virtual seconds cost nothing (`pace=0`) or `pace` real seconds each, but never more than
    LONGEST_STRETCH for one thing that happens.
    """

    started_at: datetime
    pace: float = 0.0
    elapsed: float = field(default=0.0, init=False)

    def let_pass(self, seconds: float) -> None:
        if self.pace:
            sleep(min(seconds * self.pace, LONGEST_STRETCH))
        self.elapsed += seconds

    def now(self) -> datetime:
        return self.started_at + timedelta(seconds=self.elapsed)
