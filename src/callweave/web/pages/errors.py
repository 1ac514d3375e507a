"""What people see when a page cannot be shown."""

from http import HTTPStatus

from flask import Response, make_response, render_template

from callweave.web.pages.headers import secure

_TOLD = {
    400: (
        "This cannot be read",
        "The address is damaged, or the form was open for too long. Load the page again.",
    ),
    403: ("Not for you", "Your role does not allow this. An admin of your account can do it."),
    404: ("Not here", "There is no such page, or it belongs to somebody else."),
    405: ("Not here", "This address does not work that way."),
    413: ("Too large", "What was sent is larger than anything that belongs here."),
    500: ("Our fault", "Something went wrong here. Calls are not affected. Try again in a minute."),
    503: (
        "One moment",
        "The database does not answer. Calls are not affected. Try again in a minute.",
    ),
}


def error_page(status: int) -> Response:
    """For the app's error handlers: a page that needs neither a log-in nor the database."""
    title, text = _TOLD.get(status) or (HTTPStatus(status).phrase, "The page cannot be shown.")
    page = render_template("error.html", status=status, title=title, text=text)
    return secure(make_response(page, status))
