"""Secrets from files, as Docker and Kubernetes hand them over."""

from pathlib import Path

import pytest

from callweave.settings import InvalidSettings, Settings, database_url

SECRET = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
OTHERS = {
    "PUBLIC_BASE_URL": "https://calls.example.com",
    "TWILIO_ACCOUNT_SID": "AC" + "0a" * 16,
    "TWILIO_AUTH_TOKEN": "0123456789abcdef0123456789abcdef",
    "CALLWEAVE_DEFAULT_DESTINATION": "+442079460123",
}


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    path = tmp_path / "secret_key"
    path.write_text(f"{SECRET}\n")
    return path


def refusal(environ: dict[str, str]) -> str:
    with pytest.raises(InvalidSettings) as caught:
        Settings.from_env(environ)
    return "\n".join(caught.value.problems)


def test_a_secret_may_stand_in_a_file(key_file: Path) -> None:
    assert Settings.from_env({**OTHERS, "SECRET_KEY_FILE": str(key_file)}).secret_key == SECRET


def test_a_database_url_may_stand_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "url").write_text("postgres://u:p@host/calls\n")
    url = database_url({"DATABASE_URL_FILE": str(tmp_path / "url")})
    assert url == "postgresql://u:p@host/calls"


def test_a_secret_given_twice_is_refused(key_file: Path) -> None:
    both = {**OTHERS, "SECRET_KEY": SECRET, "SECRET_KEY_FILE": str(key_file)}
    assert refusal(both) == "SECRET_KEY is set twice: drop it or SECRET_KEY_FILE"


@pytest.mark.parametrize("content", [None, b"", b"\n", b"\xff\xfe"])
def test_a_file_without_a_readable_secret_is_refused(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "secret_key"
    if content is not None:
        path.write_bytes(content)
    said = refusal({**OTHERS, "SECRET_KEY_FILE": str(path)})
    assert said.startswith("SECRET_KEY ")
    assert str(path) in said


def test_a_weak_secret_in_a_file_is_refused_and_not_repeated(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("hunter2")
    said = refusal({**OTHERS, "SECRET_KEY_FILE": str(tmp_path / "key")})
    assert "shorter" in said
    assert "hunter2" not in said


def test_what_is_no_secret_comes_from_no_file(key_file: Path) -> None:
    environ = {**OTHERS, "SECRET_KEY": SECRET, "PORT_FILE": str(key_file)}
    assert Settings.from_env(environ).port == 8000
