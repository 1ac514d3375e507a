"""For whoever watches over the service: does it live, and can it do its work?"""

import logging

from flask import Blueprint, Response, jsonify

from callweave.storage.database import is_trouble
from callweave.storage.revisions import is_current
from callweave.web.budget import TooLateError
from callweave.web.errors import RETRY_AFTER_S, Problem
from callweave.web.extensions import Parts, parts

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
        trouble = here.probing.run(lambda _: _trouble(here))
    except Exception as error:
        if not (isinstance(error, TooLateError) or is_trouble(error)):
            raise
        log.warning("not ready: the database does not answer", extra={"why": repr(error)})
        raise _not_ready("database-unreachable", "The database does not answer.") from error
    if trouble:
        raise trouble
    return jsonify(status="ready")


def _trouble(here: Parts) -> Problem | None:
    if not is_current(here.database):
        return _not_ready("schema-not-current", "The database waits for its migrations.")
    unkept = here.spool.trouble
    if unkept:
        log.warning("not ready: the spool takes nothing", extra={"why": unkept})
        return _not_ready("spool-unusable", f"The spool takes nothing: {unkept}.")
    return None


def _not_ready(type_: str, detail: str) -> Problem:
    return Problem(503, type_, detail, headers={"Retry-After": str(RETRY_AFTER_S)})
