"""Answers that every page view and every ring gets: made with as few steps as Flask allows."""

from typing import TYPE_CHECKING

from flask import Response
from werkzeug.datastructures import Headers

if TYPE_CHECKING:  # at run time there is no such module
    from _typeshed.wsgi import WSGIEnvironment


class Answer(Response):
    """Whole, and leading nowhere: its headers go out as they are. Not for a 204 or 304."""

    def get_wsgi_headers(self, environ: "WSGIEnvironment") -> Headers:  # noqa: ARG002
        """Werkzeug's own goes through all of them, and copies them, for what others may need."""
        return self.headers
