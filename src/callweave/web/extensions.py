"""The parts that requests work with, hung on the app once by callweave.app."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from flask import current_app

from callweave.domain.ids import Mint, Seal
from callweave.storage.database import Database


@dataclass(frozen=True, slots=True)
class Parts:
    """``voice_budget_s``: seconds in which a voice webhook decides, or falls back."""

    database: Database
    mint: Mint
    seal: Seal
    clock: Callable[[], datetime]
    public_base_url: str
    account_sid: str
    auth_tokens: tuple[str, ...]
    default_destination: str
    voice_budget_s: float


def parts() -> Parts:
    found: Parts = current_app.extensions["callweave"]
    return found
