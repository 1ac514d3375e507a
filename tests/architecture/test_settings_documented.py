"""Every setting is documented, every documented setting does something."""

import pytest

from architecture.tables import EXAMPLE, README, example, with_settings
from callweave.settings import Settings
from callweave.settings.table import VARIABLES

REWRITE = "python -m tests.architecture.tables writes it anew"
REQUIRED = {
    "PUBLIC_BASE_URL": "https://calls.example.com",
    "SECRET_KEY": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "TWILIO_ACCOUNT_SID": "AC" + "0a" * 16,
    "TWILIO_AUTH_TOKEN": "0123456789abcdef0123456789abcdef",
    "CALLWEAVE_DEFAULT_DESTINATION": "+442079460123",
}
ON_POSTGRESQL = {**REQUIRED, "DATABASE_URL": "postgresql:///calls"}
CHANGES = {
    "PUBLIC_BASE_URL": (REQUIRED, "https://phone.example.com"),
    "SECRET_KEY": (REQUIRED, REQUIRED["SECRET_KEY"][::-1]),
    "TWILIO_ACCOUNT_SID": (REQUIRED, "AC" + "0b" * 16),
    "TWILIO_AUTH_TOKEN": (REQUIRED, REQUIRED["TWILIO_AUTH_TOKEN"][::-1]),
    "TWILIO_AUTH_TOKEN_SECONDARY": (REQUIRED, REQUIRED["TWILIO_AUTH_TOKEN"][::-1]),
    "TWILIO_API_BASE": (REQUIRED, "https://carrier.example.com"),
    "CALLWEAVE_DEFAULT_DESTINATION": (REQUIRED, "+442079460124"),
    "DATABASE_URL": (REQUIRED, "postgresql:///calls"),
    "CALLWEAVE_DATA_DIR": (REQUIRED, "elsewhere"),
    "CALLWEAVE_HOST": (REQUIRED, "0.0.0.0"),
    "PORT": (REQUIRED, "8001"),
    "WEB_CONCURRENCY": (ON_POSTGRESQL, "7"),
    "CALLWEAVE_VOICE_BUDGET_MS": (REQUIRED, "1500"),
    "CALLWEAVE_VISITS_PER_NETWORK": (REQUIRED, "60"),
    "CALLWEAVE_SPOOL_MB": (REQUIRED, "0"),
    "LOG_LEVEL": (REQUIRED, "debug"),
}


def test_the_readme_lists_the_settings_as_they_are() -> None:
    readme = README.read_text("utf-8")
    assert readme == with_settings(readme), REWRITE


def test_the_example_lists_the_settings_as_they_are() -> None:
    assert EXAMPLE.read_text("utf-8") == example(), REWRITE


@pytest.mark.parametrize("name", [each.name for each in VARIABLES])
def test_a_setting_changes_something(name: str) -> None:
    environ, text = CHANGES[name]
    assert Settings.from_env(environ) != Settings.from_env({**environ, name: text})
