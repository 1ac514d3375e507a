"""The container files, held to their rules by reading: no engine is needed to run these."""

import re
from typing import Any

import click
import pytest
import yaml

from architecture.sources import ROOT
from callweave.cli import main
from callweave.settings.table import VARIABLES

DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8").replace("\\\n", " ")
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))
NGINX = (ROOT / "config" / "nginx.conf").read_text("utf-8")
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = [name for name, service in SERVICES.items() if service["image"] == "callweave"]
SERVING = [name for name in OURS if name != "migrate"]
SECRETS = {each.name for each in VARIABLES if each.secret}
READ = {each.name for each in VARIABLES} | {f"{name}_FILE" for name in SECRETS}


def instructions(word: str) -> list[str]:
    return re.findall(rf"^{word}\s+(.*)$", DOCKERFILE, re.MULTILINE)


def exists(command: list[str]) -> bool:
    """Whether the click command that these words name is there."""
    found: click.Command | None = main
    asked = click.Context(main)
    for word in command[1:]:
        found = found.get_command(asked, word) if isinstance(found, click.Group) else None
    return command[0] == "callweave" and found is not None


def test_the_image_is_built_in_one_stage_and_run_in_another() -> None:
    assert len(instructions("FROM")) == 2
    assert "--require-hashes" in DOCKERFILE


def test_the_image_does_not_run_as_root() -> None:
    assert [int(user) > 0 for user in instructions("USER")] == [True]


def test_the_image_says_how_it_is() -> None:
    assert "/healthz" in instructions("HEALTHCHECK")[0]


def test_whatever_the_image_copies_is_let_in_and_there() -> None:
    ignored = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    copies = [line.split()[:-1] for line in instructions("COPY") if "--from" not in line]
    sources = {source for line in copies for source in line}
    assert {f"!{source}" for source in sources} <= set(ignored)
    assert ignored[0] == "*"
    assert all((ROOT / source).exists() for source in sources)


def test_the_image_holds_no_secret_and_only_settings_that_exist() -> None:
    given = {pair.partition("=")[0] for line in instructions("ENV") for pair in line.split()}
    ours = {name for name in given if name.startswith("CALLWEAVE_")}
    assert ours <= READ
    assert given.isdisjoint(SECRETS)


@pytest.mark.parametrize("name", SERVICES)
def test_a_container_has_no_more_rights_than_it_needs(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert name in OURS or service["user"] not in {"root", "0"}


@pytest.mark.parametrize("name", OURS)
def test_a_service_is_given_settings_that_exist_and_secrets_only_as_files(name: str) -> None:
    environment = SERVICES[name]["environment"]
    files = {value for key, value in environment.items() if key.endswith("_FILE")}
    assert set(environment) <= READ - SECRETS
    assert files == {f"/run/secrets/{secret}" for secret in SERVICES[name]["secrets"]}


@pytest.mark.parametrize("name", SERVING)
def test_a_service_is_given_whatever_is_required(name: str) -> None:
    environment = SERVICES[name]["environment"]
    required = {each.name for each in VARIABLES if each.default is None}
    assert required <= {key.removesuffix("_FILE") for key in environment}


FIXED_BY_THE_IMAGE = {"CALLWEAVE_DATA_DIR", "CALLWEAVE_HOST", "PORT"}


@pytest.mark.parametrize("name", SERVING)
def test_every_setting_reaches_a_service(name: str) -> None:
    environment = {key.removesuffix("_FILE") for key in SERVICES[name]["environment"]}
    assert {each.name for each in VARIABLES} - environment == FIXED_BY_THE_IMAGE


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_that_stays_is_watched(name: str) -> None:
    check = SERVICES[name].get("healthcheck", {})
    by_the_image = name in {"web", "voice"}
    no_door = name in {"migrate", "worker"}
    assert by_the_image or bool(check.get("disable")) == no_door
    assert by_the_image or no_door or check["test"][0] == "CMD"


def test_work_begins_on_a_migrated_database() -> None:
    waits = {name: SERVICES[name]["depends_on"]["migrate"] for name in SERVING}
    assert all(wait["condition"] == "service_completed_successfully" for wait in waits.values())
    assert SERVICES["migrate"]["depends_on"]["database"]["condition"] == "service_healthy"


def test_commands_named_by_container_files_exist() -> None:
    words = re.findall(r'"([^"]+)"', instructions("CMD")[-1])
    commands = [SERVICES[name]["command"] for name in OURS if "command" in SERVICES[name]]
    assert [command for command in [words, *commands] if not exists(command)] == []


def test_every_secret_that_is_used_is_declared() -> None:
    used = {secret for service in SERVICES.values() for secret in service.get("secrets", [])}
    assert used == set(COMPOSE["secrets"])


def test_the_database_and_the_service_are_reached_only_through_the_proxy() -> None:
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["proxy"]
    assert set(SERVICES["proxy"]["networks"]).isdisjoint(SERVICES["database"]["networks"])


def test_the_proxy_passes_on_addresses_as_they_were_asked_for() -> None:
    passed = re.findall(r"proxy_pass (\S+);", NGINX)
    assert set(passed) == {"http://web", "http://voice"}
    assert "rewrite" not in NGINX
    assert "proxy_request_buffering off" not in NGINX


def test_the_proxy_lets_in_what_the_service_lets_in() -> None:
    assert re.findall(r"client_max_body_size (\w+);", NGINX) == ["64k"]
