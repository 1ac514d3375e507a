"""Every request that the service answers, what is answered to each in trouble, and by when."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Any

from callweave.app import VOICE_THREADS
from callweave.storage.database import Database
from callweave.web.budget import Budget
from callweave.workflows.set_up_site import SiteSetUp
from service import Line, Service, at_once, service
from shops import FRONT_DESK, OWN_NUMBER, shop, tracked

SITE_DESK = "+441614960199"
STRANGE_NUMBER = "+442079460555"
BUDGET_MS = 400
SLACK_S = 3.0  # for a machine that has other things to do
SHOP = replace(shop(9), default_destination=SITE_DESK)
Requests = dict[str, Callable[[], object]]


@contextmanager
def troubled(
    database: Database, url: str, wanted: SiteSetUp = SHOP, **changed: Any
) -> Iterator[Service]:
    """A service to which trouble comes. Its database gives up soon, and so do callers while they
    are `hurried`; before and after they are patient, since this machine has other things to do.
    """
    patient = Budget(10, VOICE_THREADS)
    with service(database, url, wanted, voice_budget_ms=BUDGET_MS, **changed) as here:
        here.app.extensions["callweave"] = replace(here.parts, budget=patient)
        yield here
    patient.close()


@contextmanager
def hurried(here: Service) -> Iterator[None]:
    patient = here.app.extensions["callweave"]
    here.app.extensions["callweave"] = here.parts
    yield
    here.app.extensions["callweave"] = patient


def line(here: Service) -> Line:
    return Line(here, tracked(1)[0])


def one_of_each(here: Service) -> Requests:
    """Every request that there is, from calls and a page that the service knew before."""
    visit = here.announce().get_json()
    alive = {"events": [{"type": "alive"}]}
    return {
        "ring": line(here).ring,
        "ring of a stranger": Line(here, STRANGE_NUMBER).ring,
        "ring, withheld": lambda: Line(here, tracked(1)[0], "anonymous").ring(),
        "fallback": line(here).fallback,
        "nobody answered": partial(line(here).dialled, 1, "no-answer"),
        "talked": partial(line(here).dialled, 1, "completed", 60),
        "the fallback did not answer": partial(line(here).dialled, 0, "busy"),
        "the fallback talked": partial(line(here).dialled, 0, "completed", 60),
        "whisper": partial(line(here).whisper, 1),
        "voicemail": line(here).voicemail,
        "status of a leg": lambda: line(here).leg(1, "ringing", 1).status_code,
        "status": lambda: line(here).over().status_code,
        "page": partial(here.shown, "/bahamas", visit),
        "event": lambda: here.ask(f"/v1/visits/{visit['visit']}/events", alive).status_code,
    }


IN_TROUBLE = {
    "ring": f"dial {SITE_DESK}",
    "ring of a stranger": f"dial {FRONT_DESK}",
    "ring, withheld": f"dial {SITE_DESK}",
    "fallback": f"dial {SITE_DESK}",
    "nobody answered": f"dial {SITE_DESK}",
    "talked": "hang up",
    "the fallback did not answer": "voicemail",
    "the fallback talked": "hang up",
    "whisper": "say A call from the website.",
    "voicemail": "goodbye",
    "status of a leg": 204,
    "status": 204,
    "page": OWN_NUMBER,
    "event": 503,
}


def answers(requests: Requests) -> dict[str, object]:
    """All at once. The voice's own come in time, and nothing waits for long."""
    began = time.monotonic()

    def timed(request: Callable[[], object]) -> tuple[object, float]:
        return request(), time.monotonic() - began

    told = at_once([partial(timed, request) for request in requests.values()])
    for name, (_, seconds) in zip(requests, told, strict=True):
        assert seconds < (7 if name in {"page", "event"} else BUDGET_MS / 1000) + SLACK_S, name
    return {name: answer for name, (answer, _) in zip(requests, told, strict=True)}
