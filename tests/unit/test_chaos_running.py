"""What is said of seeds: nothing that went wrong in one takes away what another came to."""

from argparse import Namespace
from types import SimpleNamespace
from typing import Any

import pytest

from chaos import running
from chaos.faults import WEATHERS
from chaos.nets import Nets
from chaos.virtual import Plan


def test_a_seed_that_breaks_off_is_told_by_its_number(monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks_off(*_: Any) -> None:
        raise KeyError("a fault of the harness")

    monkeypatch.setattr(running, "_played", breaks_off)
    chosen: Any = Namespace(weather="storm", twice=False)
    databases: Any = SimpleNamespace()
    plan = Plan(1, 17, WEATHERS["storm"], Nets())
    told = running._told(chosen, plan, databases, print)
    assert (told.lines[0], told.failures) == ("seed 17 broke off", 1)
    assert "a fault of the harness" in told.lines[-1]
