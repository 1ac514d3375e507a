"""For whoever watches over the service: does it live, and can it do its work?"""

import logging

from flask import Blueprint, Response, jsonify

from callweave.storage.database import is_trouble
from callweave.storage.schema import is_current
from callweave.web.budget import TooLateError
from callweave.web.errors import RETRY_AFTER_S, Problem
from callweave.web.extensions import parts

health = Blueprint("health", __name__)
log = logging.getLogger(__name__)


@health.after_request
def _keep_nowhere(response: Response) -> Response:
    response.cache_control.no_store = True
    return response


@health.get("/healthz")
def alive() -> Response:
    return jsonify(status="alive")


@health.get("/readyz")
def ready() -> Response:
    here = parts()
    try:
        current = here.probing.run(lambda _: is_current(here.database))
    except Exception as error:
        if not (isinstance(error, TooLateError) or is_trouble(error)):
            raise
        log.warning("not ready: the database does not answer", extra={"why": repr(error)})
        raise _not_ready("database-unreachable", "The database does not answer.") from error
    if not current:
        raise _not_ready("schema-not-current", "The database waits for its migrations.")
    return jsonify(status="ready")


def _not_ready(type_: str, detail: str) -> Problem:
    return Problem(503, type_, detail, headers={"Retry-After": str(RETRY_AFTER_S)})
