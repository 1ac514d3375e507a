"""Addresses of our own static files: they change with the content, and browsers check it."""

import base64
import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from flask import url_for


@dataclass(frozen=True, slots=True)
class Asset:
    """``integrity`` is for the attribute of the same name (W3C Subresource Integrity)."""

    url: str
    integrity: str


def asset(name: str) -> Asset:
    digest = _digest(name)
    version = digest[:12].translate(str.maketrans("+/", "-_"))
    return Asset(url_for("static", filename=name, v=version), f"sha384-{digest}")


@cache
def _digest(name: str) -> str:
    content = files("callweave.web").joinpath("static", name).read_bytes()
    return base64.b64encode(hashlib.sha384(content).digest()).decode()
