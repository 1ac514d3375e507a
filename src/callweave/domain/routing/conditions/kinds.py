from collections.abc import Callable, Mapping

from callweave.domain.reading import Node
from callweave.domain.routing.conditions.caller import (
    CalledBefore,
    Country,
    Customer,
    EarlierOutcome,
)
from callweave.domain.routing.conditions.clock import Time
from callweave.domain.routing.conditions.facts import Condition
from callweave.domain.routing.conditions.journey import (
    Campaign,
    InChannel,
    Interest,
    LandingPage,
    Source,
)

KINDS: Mapping[str, Callable[[Node], Condition]] = {
    "interest": Interest.parse,
    "channel": InChannel.parse,
    "source": Source.parse,
    "campaign": Campaign.parse,
    "landing_page": LandingPage.parse,
    "customer": Customer.parse,
    "called_before": CalledBefore.parse,
    "earlier_outcome": EarlierOutcome.parse,
    "country": Country.parse,
    "time": Time.parse,
}
