"""Coming in and going out."""

import re
from datetime import timedelta
from typing import assert_never

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from callweave.web import auth
from callweave.web.extensions import parts
from callweave.web.networks import client_address

_MINUTE = timedelta(minutes=1)
# A path of ours. Browsers take "//host" and "/\\host" for another host, and skip tabs.
_INSIDE = re.compile(r"/(?![/\\])[^\\\x00-\x20\x7f]*")


def form() -> str:
    return render_template("login.html", next=_inside(request.args.get("next")))


def log_in() -> ResponseReturnValue:
    email = request.form.get("email", "")
    goal = _inside(request.form.get("next"))
    now = parts().clock()
    answer = auth.check_log_in(
        parts().database,
        email=email,
        password=request.form.get("password", ""),
        address=client_address(),
        now=now,
    )
    match answer:
        case auth.LoggedIn(user):
            auth.start_session(user, now)
            return redirect(goal or url_for("pages.overview"), 303)
        case auth.Refused():
            return render_template("login.html", next=goal, email=email, refused=True), 422
        case auth.Throttled(wait):
            minutes = -(-wait // _MINUTE)
            page = render_template("login.html", next=goal, email=email, minutes=minutes)
            return page, 429, {"Retry-After": str(minutes * 60)}
        case _:
            assert_never(answer)


def log_out() -> ResponseReturnValue:
    auth.end_session()
    flash("You are logged out.")
    return redirect(url_for("pages.login"), 303)


def _inside(goal: str | None) -> str | None:
    """Where to go after the log-in, if it is one of our own pages."""
    return goal if goal and _INSIDE.fullmatch(goal) else None
