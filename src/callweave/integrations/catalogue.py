"""The kinds of destinations there are."""

from collections.abc import Mapping

from callweave.integrations.destination import Kind
from callweave.integrations.webhook import Webhook

KINDS: Mapping[str, Kind] = {"webhook": Webhook()}
