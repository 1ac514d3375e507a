"""The file that describes a site, in TOML: read with every problem named at once."""

from collections import Counter
from collections.abc import Callable, Iterable
from urllib.parse import urlsplit

from callweave.cli.pool_file import read_number, read_pool
from callweave.domain.interests.topic_list import parse_topics
from callweave.domain.outcomes.money import DECIMALS
from callweave.domain.reading import Invalid, Known, Node, quoted
from callweave.domain.routing.endpoints import Endpoint, InvalidEndpoint
from callweave.domain.routing.hours import WeeklyHours, read_zone
from callweave.domain.routing.plans import parse_plan
from callweave.workflows.set_up_site import AgentSetUp, SiteSetUp

__all__ = ["InvalidSite", "read_number", "read_site"]

USUAL_LOOKBACK_DAYS = 90
LONGEST_NOTICE = 300


_OF_THE_SITE = (
    "name",
    "time_zone",
    "currency",
    "own_number",
    "default_destination",
    "allowed_origins",
    "lookback_days",
    "recording_notice",
)


class InvalidSite(Invalid):
    pass


def read_site(data: object) -> SiteSetUp:
    """From the keys account, site, pools, topics, agents and plan. Raises InvalidSite."""
    node = Node(data)
    node.expect("account", "site", "pools", "topics", "agents", "plan")
    site = node["site"]
    site.expect(*_OF_THE_SITE)
    agents = tuple(_agent(item) for item in _list(node, "agents"))
    pools = tuple(read_pool(item) for item in node["pools"].items())
    _refuse_twins(node, "agents", (agent.name for agent in agents))
    _refuse_twins(node, "pools", (pool.name for pool in pools))
    topics = tuple(_objects(node, "topics"))
    _check(node["topics"], lambda: parse_topics(list(topics)))
    read = SiteSetUp(
        account=node["account"].text(),
        name=site["name"].text(),
        time_zone=read_zone(site["time_zone"]).key,
        currency=site["currency"].choice("currency", DECIMALS),
        own_number=read_number(site["own_number"]),
        default_destination=_endpoint(site["default_destination"]),
        allowed_origins=tuple(_origin(item) for item in site["allowed_origins"].items()),
        lookback_days=_or(site, "lookback_days", 1, 400, USUAL_LOOKBACK_DAYS),
        topics=topics,
        pools=pools,
        agents=agents,
        plan=_plan(node, topics, agents),
        recording_notice=_notice(site),
    )
    node.settle(InvalidSite)
    return read


def _refuse_twins(node: Node, key: str, names: Iterable[str]) -> None:
    for name, count in Counter(filter(None, names)).items():
        if count > 1:
            node[key].refuse(f"{count} {key} are called {quoted(name)}")


def _notice(site: Node) -> str | None:
    """What callers are told before their talk is recorded; without it none is."""
    if "recording_notice" not in site:
        return None
    node = site["recording_notice"]
    text = node.text()
    if len(text) > LONGEST_NOTICE:
        node.refuse(f"callers would wait too long: {LONGEST_NOTICE} characters are the most")
    return text


def _agent(node: Node) -> AgentSetUp:
    node.expect("name", "endpoint", "skills", "hours")
    skills = node["skills"].value if "skills" in node else {}
    levels = skills if isinstance(skills, dict) else {}
    if levels is not skills:
        node["skills"].refuse("must be an object such as {sales = 5}")
    hours = node["hours"].value if "hours" in node else {}
    _check(node["hours"], lambda: WeeklyHours.parse(hours))
    return AgentSetUp(
        name=node["name"].text(),
        endpoint=_endpoint(node["endpoint"]),
        skills={str(skill): node["skills"][str(skill)].whole_number(1, 10) for skill in levels},
        hours=hours if isinstance(hours, dict) else {},
    )


def _plan(node: Node, topics: object, agents: tuple[AgentSetUp, ...]) -> dict[str, object] | None:
    if "plan" not in node:
        return None
    named = topics if isinstance(topics, tuple) else ()
    known = Known(
        topics=[str(topic.get("topic")) for topic in named],
        skills={skill for agent in agents for skill in agent.skills},
        agents=[agent.name for agent in agents],
    )
    body = node["plan"].value
    _check(node["plan"], lambda: parse_plan(body, known=known))
    return body if isinstance(body, dict) else None


def _endpoint(node: Node) -> str:
    text = node.text()
    try:
        return Endpoint.parse(text).address if text else ""
    except InvalidEndpoint as error:
        node.refuse(str(error))
        return ""


def _origin(node: Node) -> str:
    """Scheme, host and port as a browser's Origin header has them."""
    text = node.text()
    parts = urlsplit(text)
    origin = f"{parts.scheme}://{parts.netloc}".lower()
    if text and (parts.scheme not in ("https", "http") or not parts.hostname or origin != text):
        node.refuse('must be an origin such as "https://www.example.com", without a path')
    return origin


def _or(node: Node, key: str, lowest: int, highest: int, usual: int) -> int:
    return node[key].whole_number(lowest, highest) if key in node else usual


def _list(node: Node, key: str) -> list[Node]:
    return node[key].items() if key in node and node[key].value != [] else []


def _objects(node: Node, key: str) -> list[dict[str, object]]:
    found = [(item, item.value) for item in _list(node, key)]
    for item, value in found:
        if not isinstance(value, dict):
            item.refuse("must be an object")
    return [value for _, value in found if isinstance(value, dict)]


def _check(node: Node, parse: Callable[[], object]) -> None:
    """Runs another chapter's own check; its problems come under this spot of the file."""
    try:
        parse()
    except Invalid as error:
        for problem in error.problems:
            node.refuse(str(problem))
