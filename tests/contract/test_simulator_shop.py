from collections.abc import Iterator
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urljoin

import pytest
from flask import Flask
from flask.testing import FlaskClient

from callweave.domain.visits.channels import Channel
from callweave.domain.visits.touches import read_touch
from callweave.simulator.chance import chance
from callweave.simulator.demo import load_demo
from callweave.simulator.shop import blueprint
from callweave.simulator.shop.arrivals import ARRIVALS
from callweave.simulator.shop.blueprint import Explanation, ShopFront, shop_blueprint
from callweave.simulator.shop.destinations import destinations
from callweave.simulator.sources import SOURCES

DEMO = load_demo()
CARRIER = "http://127.0.0.1:9999"
SHOP = "https://shop.example/demo/"
NOW = datetime(2026, 11, 22, tzinfo=UTC)
PAGES = ["/demo/", *(f"/demo/{slug}" for slug in destinations())]


def why(sid: str) -> Explanation | None:
    return (
        Explanation(("Ana was free.",), "/calls/ca_1", ("Ben was busy.",)) if sid == "CA1" else None
    )


@pytest.fixture
def client() -> FlaskClient:
    app = Flask(__name__)
    pool, names = DEMO.pool.name, DEMO.names
    front = ShopFront("st_demo", pool, DEMO.site.own_number, CARRIER, names, why)
    app.register_blueprint(shop_blueprint(front), url_prefix="/demo")
    return app.test_client()


class Tags(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))


def tags(client: FlaskClient, page: str) -> Iterator[tuple[str, dict[str, str | None]]]:
    answer = client.get(page)
    assert answer.status_code == 200
    yield from Tags(answer.text).seen


@pytest.mark.parametrize("page", PAGES)
def test_every_page_carries_the_snippet_and_the_shops_number(
    client: FlaskClient, page: str
) -> None:
    seen = list(tags(client, page))
    scripts = [attributes for tag, attributes in seen if tag == "script"]
    assert {"async": None, "src": "/callweave.js", "data-site": "st_demo"} in scripts
    phones = [
        attributes for tag, attributes in seen if (attributes.get("href") or "")[:4] == "tel:"
    ]
    assert {attributes["href"] for attributes in phones} == {"tel:+442079460000"}
    assert [attributes.get("data-callweave") for attributes in phones].count("main") == 1
    assert client.get(page).text.count("020 7946 0000") >= 3


@pytest.mark.parametrize("page", PAGES)
def test_no_page_breaks_its_own_security_policy(client: FlaskClient, page: str) -> None:
    for tag, attributes in tags(client, page):
        assert "style" not in attributes
        assert tag != "style"
        assert not any(name.startswith("on") for name in attributes)
        address = attributes.get("src") or (attributes.get("href") if tag == "link" else None)
        assert (address or "/").startswith("/")
    policy = client.get(page).headers["Content-Security-Policy"]
    assert f"connect-src 'self' {CARRIER};" in policy


@pytest.mark.parametrize("page", PAGES)
def test_every_id_on_a_page_is_unique(client: FlaskClient, page: str) -> None:
    ids = [attributes["id"] for _, attributes in tags(client, page) if "id" in attributes]
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("page", PAGES)
def test_every_address_on_a_page_leads_somewhere(client: FlaskClient, page: str) -> None:
    for _, attributes in tags(client, page):
        address = attributes.get("href") or attributes.get("src") or "#"
        local = urljoin(page, address).partition("?")[0].partition("#")[0]
        if local.startswith("/demo"):
            with client.get(local) as answer:
                assert answer.status_code == 200


def test_a_destination_that_is_not_offered_is_not_found(client: FlaskClient) -> None:
    assert client.get("/demo/atlantis").status_code == 404


def test_a_call_is_explained_once_the_service_knows_it(client: FlaskClient) -> None:
    told = client.get("/demo/why/CA1")
    assert told.json == {
        "reasons": ["Ana was free."],
        "details": ["Ben was busy."],
        "page": "/calls/ca_1",
    }
    assert client.get("/demo/why/CA2").status_code == 404


def test_every_destination_has_a_scene_of_its_own() -> None:
    scenes = Path(blueprint.__file__).parent / "templates/shop/scenes"
    assert {path.stem for path in scenes.iterdir()} == {"home", *destinations()}


def test_the_topic_list_knows_every_destination() -> None:
    assert [topic["topic"] for topic in DEMO.topics] == list(destinations())


def channel(query: str, referrer: str | None) -> Channel:
    return read_touch(
        url=f"{SHOP}bahamas?{query}", referrer=referrer, at=NOW, own_hosts=["shop.example"]
    ).channel


def test_the_arrivals_to_choose_from_are_what_they_say() -> None:
    assert [channel(arrival.query, f"{SHOP}kenya") for arrival in ARRIVALS] == [
        Channel.PAID_SEARCH,
        Channel.PAID_SEARCH,
        Channel.PAID_SOCIAL,
        Channel.PAID_SEARCH,
        Channel.EMAIL,
        Channel.DIRECT,
    ]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("google ads", Channel.PAID_SEARCH),
        ("organic search", Channel.ORGANIC_SEARCH),
        ("direct", Channel.DIRECT),
        ("facebook ads", Channel.PAID_SOCIAL),
        ("newsletter", Channel.EMAIL),
        ("microsoft ads", Channel.PAID_SEARCH),
        ("social", Channel.ORGANIC_SOCIAL),
        ("referral", Channel.REFERRAL),
        ("assistant", Channel.AI_ASSISTANT),
    ],
)
def test_drawn_sources_come_by_the_channels_that_they_mean(source: str, expected: Channel) -> None:
    entrances = [SOURCES[source][1]("bahamas", chance(number)) for number in range(10)]
    assert {channel(each.query, each.referrer) for each in entrances} == {expected}
