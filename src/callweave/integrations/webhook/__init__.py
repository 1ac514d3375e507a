"""Signed webhooks as Standard Webhooks describes them."""

from callweave.integrations.webhook.kind import Webhook

__all__ = ["Webhook"]
