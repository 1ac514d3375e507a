import pytest

from callweave.simulator.connections import BadOverrideError, ConnectionRules, rules_of

RING = "https://calls.example/voice/ring"


def test_twilios_defaults_hold_without_overrides() -> None:
    rules = rules_of(RING)
    assert rules == ConnectionRules(connect=5, read=15, total=15, retries=1)
    assert rules.retry("ct")
    assert not rules.retry("5xx")


def test_overrides_are_read_from_the_fragment() -> None:
    rules = rules_of(f"{RING}#ct=2000&rt=5000&tt=9000&rc=3&rp=5xx,rt&e=dublin")
    assert (rules.connect, rules.read, rules.total, rules.retries) == (2, 5, 9, 3)
    assert rules.retry("5xx")
    assert rules.retry("rt")
    assert not rules.retry("ct")


def test_a_policy_of_all_tries_everything_again() -> None:
    assert rules_of(f"{RING}#rp=all").retry("4xx")


@pytest.mark.parametrize("fragment", ["ct=50", "rt=15001", "ct=fast", "rc=6", "rp=6xx", "zz=1"])
def test_what_is_no_override_is_refused(fragment: str) -> None:
    with pytest.raises(BadOverrideError, match=fragment[:2]):
        rules_of(f"{RING}#{fragment}")
