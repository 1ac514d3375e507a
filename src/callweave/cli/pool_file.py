"""What a site's file says of a pool."""

import phonenumbers

from callweave.cli.pool_conditions import CHANNELS, read_conditions
from callweave.domain.leases.pools import Kind, Origin, PoolRules
from callweave.domain.reading import Node, quoted
from callweave.domain.visits.channels import Channel, channel_of
from callweave.workflows.set_up_site import PoolSetUp

USUAL_LEASE_S = 1800
SHORTEST_LEASE_S, LONGEST_LEASE_S = 60, 86_400
LONGEST_COOLDOWN_S = 30 * 86_400
MOST_RESERVED = 10_000
_KINDS = {kind.value: kind for kind in Kind}
_EVERY_POOL = ("name", "kind", "numbers")
# What else each kind may say; nothing is read and then not followed.
_MORE = {
    Kind.VISITOR: ("lease_s", "overflow", "serves", "when", "cooldown_s", "reserve_paid"),
    Kind.SOURCE: ("lease_s", "serves", "when", "stands_in", "counts_as"),
    Kind.PLACEMENT: ("counts_as",),
    Kind.UNSHOWN: (),
}


def read_pool(node: Node) -> PoolSetUp:
    kind = _KINDS.get(node["kind"].choice("kind", _KINDS) if "kind" in node else "visitor")
    kind = kind or Kind.VISITOR
    node.expect(*_EVERY_POOL, *_MORE[kind])
    numbers = tuple(read_number(item) for item in _numbers(node, kind))
    overflow = read_number(node["overflow"]) if "overflow" in node else None
    if overflow and overflow in numbers:
        node["overflow"].refuse("is one of the numbers, too, and those are lent to one at a time")
    return PoolSetUp(
        name=node["name"].text(),
        lease_s=_or(node, "lease_s", SHORTEST_LEASE_S, LONGEST_LEASE_S, USUAL_LEASE_S),
        numbers=numbers,
        overflow=overflow,
        rules=PoolRules(
            kind=kind,
            serves=node["serves"].text() if "serves" in node else None,
            conditions=dict(read_conditions(node["when"])) if "when" in node else {},
            cooldown_s=_or(node, "cooldown_s", 0, LONGEST_COOLDOWN_S, 0),
            reserve_paid=_or(node, "reserve_paid", 0, MOST_RESERVED, 0),
            stands_in="stands_in" in node and node["stands_in"].flag(),
            origin=_origin(node["counts_as"]) if "counts_as" in _MORE[kind] else None,
        ),
    )


def _numbers(node: Node, kind: Kind) -> list[Node]:
    found = node["numbers"].items() if "numbers" in node and node["numbers"].value != [] else []
    if kind is Kind.SOURCE and len(found) != 1:
        node["numbers"].refuse("a pool by source shows everybody the same: list one number")
    if not found and not kind.is_shown:
        node["numbers"].refuse(f"a pool of kind {quoted(kind.value)} is nothing without numbers")
    return found


def _origin(node: Node) -> Origin:
    node.expect("source", "medium", "campaign", "channel")
    source, medium = node["source"].text(), node["medium"].text()
    campaign = node["campaign"].text() if "campaign" in node else None
    given = node["channel"].choice("channel", CHANNELS) if "channel" in node else ""
    channel = Channel(given) if given else channel_of(source, medium, campaign)
    return Origin(channel, source, medium, campaign)


def read_number(node: Node) -> str:
    """E.164, whatever spaces it was written with."""
    text = node.text()
    try:
        number = phonenumbers.parse(text) if text else None
    except phonenumbers.NumberParseException:
        number = None
    if number is None or not phonenumbers.is_possible_number(number):
        if text:
            node.refuse('is no phone number with its country, such as "+442079460000"')
        return ""
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def _or(node: Node, key: str, lowest: int, highest: int, usual: int) -> int:
    return node[key].whole_number(lowest, highest) if key in node else usual
