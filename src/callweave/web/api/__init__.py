"""The REST API, and the document that describes it."""

from flask import Flask

from callweave.web.api.contract import DocumentedApi
from callweave.web.api.outcomes import outcomes
from callweave.web.extensions import Parts

PREFIX = "/api/v1"
ABOUT = "Call tracking and voice routing: how calls ended, told by your shop or CRM."
KEY = {
    "type": "http",
    "scheme": "bearer",
    "description": "An API key, `cw_live_...`, as `callweave keys create` makes it.",
}


def init_api(app: Flask) -> None:
    parts: Parts = app.extensions["callweave"]
    app.config["OPENAPI_URL_PREFIX"] = PREFIX
    document = {
        "title": "Callweave",
        "version": "1",
        "openapi_version": "3.1.0",
        "info": {"description": ABOUT},
        "servers": [{"url": parts.public_base_url}],
        "security": [{"key": []}],
    }
    api = DocumentedApi(app, spec_kwargs=document)
    api.spec.components.security_scheme("key", KEY)
    api.register_blueprint(outcomes, url_prefix=PREFIX)
