"""A site with pools of several kinds, and what its pages are shown."""

from dataclasses import replace

from callweave.domain.leases.pools import Kind, Origin, PoolRules, Step
from callweave.domain.visits.channels import Channel
from callweave.storage.database import Database
from callweave.storage.lending import Lent
from callweave.storage.sites import SiteFacts, load_site
from callweave.workflows.set_up_site import PoolSetUp
from callweave.workflows.welcome_visitor import Arrival, Welcome, welcome_visitor
from shops import OVERFLOW, Clock, counting_mint, open_shop, shop, tracked

LONDON, LONDON_OVERFLOW = "+442079460301", "+442079460302"
NEWS, STAND_IN = "+442079460201", "+442079460202"
NEWSLETTER = Origin(Channel.EMAIL, "newsletter", "email", None)
ADVERT = "https://shop.example/?gclid=abc"
LETTER = "https://shop.example/?utm_source=newsletter&utm_medium=email"


def by_source(number: str, *, stands_in: bool = False) -> PoolSetUp:
    when = {"sources": ["newsletter"]}
    rules = PoolRules(Kind.SOURCE, "main", when, stands_in=stands_in, origin=NEWSLETTER)
    return PoolSetUp(f"by source {number}", 1800, (number,), None, rules)


def main_pool(numbers: int, *, overflow: bool = True, **rules: int) -> PoolSetUp:
    spare = OVERFLOW if overflow else None
    return PoolSetUp("main", 1800, tracked(numbers), spare, PoolRules(**rules))  # type: ignore[arg-type]  # whole numbers only


class Site:
    def __init__(self, database: Database, *pools: PoolSetUp) -> None:
        self.database, self.clock, self.mint = database, Clock(), counting_mint()
        site = open_shop(database, replace(shop(), pools=pools), self.mint)
        with database.reading() as session:
            facts = load_site(session, site.id)
        assert facts
        self.facts: SiteFacts = facts

    def view(
        self,
        before: Welcome | None = None,
        url: str = "https://shop.example/",
        *,
        crowded: bool = False,
    ) -> Welcome:
        visitor = before.visitor if before else None
        visit = before.visit if before else None
        place = "Europe/London", "en-GB"
        arrival = Arrival(visitor, visit, url, None, "", ["main"], *place, crowded)
        with self.database.hot() as tx:
            return welcome_visitor(tx, self.mint, self.facts, arrival, self.clock())


def got(welcome: Welcome) -> tuple[str, Step]:
    lent = welcome.numbers[0]
    assert isinstance(lent, Lent)
    return lent.number.e164, lent.step


def of_london(number: str, overflow: str | None = None) -> PoolSetUp:
    rules = PoolRules(serves="main", conditions={"time_zones": ["Europe/London"]})
    return PoolSetUp("london", 1800, (number,), overflow, rules)


def told(welcome: Welcome) -> tuple[str, str, str]:
    lent = welcome.numbers[0]
    assert isinstance(lent, Lent)
    return lent.number.e164, lent.assignment, lent.reason
