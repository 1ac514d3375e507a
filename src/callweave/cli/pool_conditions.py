"""The conditions of a pool: values that no visitor can ever have are refused."""

import re
from collections.abc import Callable, Iterator, Mapping
from zoneinfo import available_timezones

from callweave.domain.interests.patterns import Glob
from callweave.domain.reading import Node, hint, quoted
from callweave.domain.visits.channels import Channel

CHANNELS = [channel.value for channel in Channel]
_TEXTS = ("sources", "mediums", "campaigns", "referrers", "time_zones", "regions")
# As browsers send it: no scheme, port or path, and letters beyond a-z as xn--...
_HOST = re.compile(r"(?!-)[a-z0-9-]+(\.[a-z0-9-]+)*", re.IGNORECASE)
# Of many countries at once, as in the language es-419 (UN M49).
_REGION_OF_THE_WORLD = re.compile(r"[0-9]{3}")
# ISO 3166-1 alpha-2, and XK, which languages name for Kosovo.
_CODES = """
AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR
BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ
EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW
GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY
KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV
MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY
QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG
TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM
ZW XK
"""
_COUNTRIES = frozenset(_CODES.split())


def read_conditions(node: Node) -> Iterator[tuple[str, object]]:
    for key in node.keys(*_TEXTS, "channels", "parameters", what="condition"):
        spot = node[key]
        if key == "channels":
            yield key, [item.choice("channel", CHANNELS) for item in spot.items()]
        elif key == "parameters":
            yield key, dict(_parameters(spot))
        else:
            yield key, [_READERS.get(key, Node.text)(item) for item in spot.items()]


def _parameters(node: Node) -> Iterator[tuple[str, list[str]]]:
    if not isinstance(node.value, dict) or not node.value:
        node.refuse('must be an object such as {gclid = "*"}')
        return
    for name in map(str, node.value):
        yield name.lower(), [item.text() for item in node[name].items()]


def _host(node: Node) -> str:
    text = node.text()
    if text and not _HOST.fullmatch(text):
        node.refuse(
            f'{quoted(text)} is no host such as "partner.example", without https:// or path'
        )
    return text


def _time_zone(node: Node) -> str:
    text = node.text()
    zones, pattern = available_timezones(), Glob.of(text.casefold())
    if text and not any(pattern.matches(zone.casefold()) for zone in zones):
        node.refuse(f"there is no time zone {quoted(text)}{hint(text, zones)}")
    return text


def _region(node: Node) -> str:
    text = node.text()
    if text and text.upper() not in _COUNTRIES and not _REGION_OF_THE_WORLD.fullmatch(text):
        node.refuse(f'{quoted(text)} is no country of ISO 3166, in two letters such as "GB"')
    return text


_READERS: Mapping[str, Callable[[Node], str]] = {
    "referrers": _host,
    "time_zones": _time_zone,
    "regions": _region,
}
