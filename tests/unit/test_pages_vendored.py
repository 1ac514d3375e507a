"""What ships from others is whole, unchanged and named, with its licence."""

import base64
import hashlib
import json
import re
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

VENDOR = Path(str(files("callweave.web").joinpath("static", "vendor")))
PACKAGES = json.loads((VENDOR / "manifest.json").read_text())["packages"]


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package["name"])
def test_each_file_is_the_one_that_the_manifest_describes(package: dict[str, Any]) -> None:
    for name, sha384 in package["files"].items():
        digest = hashlib.sha384((VENDOR / name).read_bytes()).digest()
        assert base64.b64encode(digest).decode() == sha384, name


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package["name"])
def test_each_package_has_a_version_a_licence_and_a_reason(package: dict[str, Any]) -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+", package["version"])
    assert len(base64.b64decode(package["npm_sha512"])) == 64
    assert package["why"]
    assert package["license"] in {"0BSD", "MIT", "OFL-1.1"}
    assert len((VENDOR / package["license_file"]).read_text()) > 400


def test_the_scripts_say_the_same_versions_themselves() -> None:
    versions = {package["name"]: package["version"] for package in PACKAGES}
    said = {
        "htmx.org": re.search(r'version="([\d.]+)"', (VENDOR / "htmx.min.js").read_text()),
        "uplot": re.search(r"\(v([\d.]+)\)", (VENDOR / "uPlot.iife.min.js").read_text()),
    }
    for name, found in said.items():
        assert found
        assert found[1] == versions[name]


def test_nothing_lies_beside_what_the_manifest_names() -> None:
    named = {name for package in PACKAGES for name in package["files"]}
    named |= {package["license_file"] for package in PACKAGES} | {"manifest.json"}
    there = {str(path.relative_to(VENDOR)) for path in VENDOR.rglob("*") if path.is_file()}
    assert there == named
