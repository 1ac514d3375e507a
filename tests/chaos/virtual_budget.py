"""The time that a request may take, by the virtual seconds of a database that dawdles."""

from collections.abc import Callable
from typing import TypeVar

from callweave.web.budget import Budget, Deadline, TooLateError
from chaos.trouble import Switch

_T = TypeVar("_T")


class _VirtualDeadline(Deadline):
    def __init__(self, switch: Switch, seconds: float) -> None:
        super().__init__(seconds)
        self._switch = switch
        self._limit = seconds

    @property
    def left(self) -> float:
        return max(0.0, self._limit - self._switch.waited)


class VirtualBudget(Budget):
    """In the asking thread, by the virtual seconds that the database takes."""

    def __init__(self, switch: Switch, seconds: float) -> None:
        super().__init__(seconds, threads=1)
        self._switch = switch
        self._limit = seconds

    def run(self, work: Callable[[Deadline], _T], since: float | None = None) -> _T:
        deadline = _VirtualDeadline(self._switch, self._limit)
        try:
            done = work(deadline)
            if not deadline.left and deadline.give_up():
                raise TooLateError
            return done
        finally:
            self._switch.waited = min(self._switch.waited, self._limit)
