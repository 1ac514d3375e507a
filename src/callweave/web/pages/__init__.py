"""The pages behind the log-in."""

from collections.abc import Callable

from flask import Blueprint, Flask, Response, abort, g, redirect, request, url_for
from flask.typing import ResponseReturnValue

from callweave.domain.attribution import Model
from callweave.domain.outcomes import format_money
from callweave.web.auth import Person, csrf, load_person
from callweave.web.pages import (
    attribution,
    call,
    calls,
    formats,
    login,
    numbers,
    overview,
    words,
)
from callweave.web.pages.assets import asset
from callweave.web.pages.headers import secure

pages_blueprint = Blueprint("pages", __name__)

for _rule, _name, _view, _method in (
    ("/login", "login", login.form, "GET"),
    ("/login", "log_in", login.log_in, "POST"),
    ("/logout", "log_out", login.log_out, "POST"),
    ("/", "overview", overview.page, "GET"),
    ("/calls", "calls", calls.page, "GET"),
    ("/calls.csv", "calls_csv", calls.csv, "GET"),
    ("/calls/<call_id>", "call", call.page, "GET"),
    ("/calls/<call_id>/outcome", "record", call.record, "POST"),
    ("/calls/by-sid/<sid>", "by_sid", call.by_sid, "GET"),
    ("/attribution", "attribution", attribution.page, "GET"),
    ("/attribution.csv", "attribution_csv", attribution.csv, "GET"),
    ("/numbers", "numbers", numbers.page, "GET"),
    ("/numbers.csv", "numbers_csv", numbers.csv, "GET"),
):
    pages_blueprint.add_url_rule(_rule, _name, _view, methods=[_method])

_FILTERS: tuple[Callable[..., object], ...] = (
    format_money,
    formats.clock,
    formats.day,
    formats.duration,
    formats.local_day,
    formats.moment,
    formats.page_path,
    formats.percent_of,
    formats.percentage,
    formats.phone,
    formats.sentence,
    formats.sums,
    formats.tapped,
    formats.trait,
    words.channel_kind,
)
_OPEN_TO_ALL = {"pages.login", "pages.log_in"}
_OUR_OWN = {"same-origin", "none"}
_SAFE = {"GET", "HEAD", "OPTIONS"}


def init_pages(app: Flask) -> None:
    app.register_blueprint(pages_blueprint)
    app.jinja_env.globals.update(asset=asset, words=words, models=list(Model))
    for function in _FILTERS:
        app.add_template_filter(function, function.__name__.removeprefix("format_"))
    app.after_request(_secure_static)


@pages_blueprint.before_request
def _refuse_foreign_forms() -> None:
    """The token would be enough; browsers say as well where a form was sent from."""
    if request.method in _SAFE:
        return
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in _OUR_OWN:
        abort(403)
    csrf.protect()


@pages_blueprint.before_request
def _ask_for_log_in() -> ResponseReturnValue | None:
    g.person = load_person()
    if g.person or request.endpoint in _OPEN_TO_ALL:
        return None
    goal = request.full_path.rstrip("?") if request.method == "GET" else None
    address = url_for("pages.login", next=goal)
    if request.headers.get(
        "HX-Request"
    ):  # a list that refreshes itself: leave the page, not a part
        return "", 204, {"HX-Redirect": url_for("pages.login")}
    return redirect(address, 303)


@pages_blueprint.context_processor
def _person() -> dict[str, object]:
    person: Person | None = g.get("person")
    sees = person is not None and person.role.sees_callers
    return {"person": person, "caller": formats.phone if sees else formats.masked_phone}


pages_blueprint.after_request(secure)


def _secure_static(response: Response) -> Response:
    return secure(response) if request.endpoint == "static" else response
