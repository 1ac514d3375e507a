"""What a site's file may say of pools, and what it is told when it is wrong."""

import re
import tomllib

import pytest

from architecture.sources import ROOT
from callweave.cli.pool_file import read_pool
from callweave.domain.leases.pools import Kind, Origin
from callweave.domain.reading import Invalid, Node
from callweave.domain.visits.channels import Channel
from callweave.workflows.set_up_site import PoolSetUp

NUMBER = "+442079460101"
LETTER = {"source": "newsletter", "medium": "email"}


def read(**said: object) -> PoolSetUp:
    node = Node({"name": "main", "numbers": [NUMBER], **said})
    pool = read_pool(node)
    node.settle(Invalid)
    return pool


def test_the_pools_that_the_guide_shows_can_be_read() -> None:
    text = (ROOT / "docs" / "pools.md").read_text("utf-8")
    (shown,) = re.findall(r"<!-- pools -->\n```toml\n(.*?)```", text, re.DOTALL)
    node = Node(tomllib.loads(shown))
    kinds = [read_pool(item).rules.kind for item in node["pools"].items()]
    node.settle(Invalid)
    assert set(kinds) == set(Kind)


def test_a_pool_is_by_visitor_unless_it_says_otherwise() -> None:
    pool = read()
    assert (pool.rules.kind, pool.rules.serves, pool.rules.cooldown_s) == (Kind.VISITOR, None, 0)


def test_what_a_call_counts_as_has_a_channel_by_the_usual_rules() -> None:
    origin = read(kind="source", counts_as=LETTER).rules.origin
    assert origin == Origin(Channel.EMAIL, "newsletter", "email", None)
    declared = read(kind="placement", counts_as={**LETTER, "channel": "display"}).rules.origin
    assert declared == Origin(Channel.DISPLAY, "newsletter", "email", None)


def test_single_values_are_lists_of_one_and_parameters_are_in_lower_case() -> None:
    rules = read(when={"regions": "GB", "parameters": {"GCLID": "*"}, "channels": "direct"}).rules
    assert rules.conditions == {
        "regions": ["GB"],
        "parameters": {"gclid": ["*"]},
        "channels": ["Direct"],
    }


@pytest.mark.parametrize(
    "when",
    [
        {"regions": ["gb", "XK", "419"]},
        {"time_zones": ["Europe/*", "asia/calcutta", "UTC"]},
        {"referrers": ["Partner.Example", "localhost", "xn--mnchen-3ya.example"]},
    ],
)
def test_what_browsers_may_say_is_taken(when: dict[str, list[str]]) -> None:
    assert read(when=when).rules.conditions == when


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"kind": "van"}, "there is no kind 'van'"),
        ({"kind": "source"}, "counts_as"),
        ({"kind": "source", "counts_as": LETTER, "numbers": []}, "list one number"),
        ({"kind": "source", "counts_as": LETTER, "numbers": [NUMBER, NUMBER]}, "list one number"),
        ({"kind": "source", "counts_as": LETTER, "cooldown_s": 5}, "no key 'cooldown_s'"),
        ({"kind": "placement", "counts_as": LETTER, "when": {}}, "no key 'when'"),
        ({"kind": "placement", "counts_as": LETTER, "numbers": []}, "nothing without numbers"),
        ({"kind": "unshown", "lease_s": 60}, "no key 'lease_s'"),
        ({"overflow": "+44 20 7946 0101"}, "overflow: is one of the numbers, too"),
        ({"stands_in": True}, "no key 'stands_in'"),
        ({"cooldown_s": -1}, "cooldown_s"),
        ({"when": {"channels": ["Paid Serch"]}}, "Paid Search"),
        ({"when": {"colour": ["red"]}}, "there is no condition 'colour'"),
        ({"when": {"parameters": {}}}, "must be an object"),
        ({"when": {"regions": ["GB", "UK"]}}, "when.regions[1]: 'UK' is no country"),
        ({"when": {"regions": ["en-GB"]}}, "is no country"),
        ({"when": {"time_zones": ["Europe/Londn"]}}, "did you mean 'Europe/London'?"),
        ({"when": {"time_zones": ["Mars/*"]}}, "there is no time zone 'Mars/*'"),
        ({"when": {"referrers": ["https://partner.example/"]}}, "is no host such as"),
        ({"when": {"referrers": ["partner.example/blog"]}}, "is no host such as"),
        ({"when": {"referrers": ["*.partner.example"]}}, "is no host such as"),
        ({"when": {"sources": []}}, "the list is empty"),
    ],
)
def test_what_makes_no_sense_is_named(said: dict[str, object], told: str) -> None:
    with pytest.raises(Invalid) as refused:
        read(**said)
    assert told in str(refused.value).replace('"', "'")
