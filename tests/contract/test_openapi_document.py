"""The document describes the service: its operations, who may use them, how it refuses."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from api_stage import PUBLIC, settings
from callweave.app import create_app
from callweave.web.api import PREFIX
from json_schema import misfits, resolve

PROBLEM = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}


@pytest.fixture(scope="module")
def app() -> Flask:
    """On a database that nobody asks."""
    return create_app(settings("sqlite:////nowhere/calls.sqlite3"))


@pytest.fixture(scope="module")
def document(app: Flask) -> Any:
    answer = app.test_client().get("/api/v1/openapi.json")
    assert (answer.status_code, answer.content_type) == (200, "application/json")
    return answer.get_json()


def operations(document: Any) -> Iterator[tuple[str, str, Any]]:
    for path, item in document["paths"].items():
        for method in item.keys() - {"parameters"}:
            yield path, method, item[method]


def nodes(found: Any) -> Iterator[Any]:
    yield found
    for inner in found.values() if isinstance(found, dict) else found:
        if isinstance(inner, dict | list):
            yield from nodes(inner)


def test_it_is_openapi_of_this_service(document: Any) -> None:
    assert document["openapi"].startswith("3.1.")
    assert document["servers"] == [{"url": PUBLIC}]
    assert document["info"].keys() >= {"title", "version", "description"}


def test_every_reference_leads_somewhere_and_nothing_is_unused(document: Any) -> None:
    used = {node["$ref"] for node in nodes(document) if isinstance(node, dict) and "$ref" in node}
    kinds = ("schemas", "responses")
    there = {
        f"#/components/{kind}/{name}" for kind in kinds for name in document["components"][kind]
    }
    assert used == there


def test_every_route_of_the_api_is_documented_and_the_other_way_round(
    app: Flask, document: Any
) -> None:
    routes = {
        (rule.rule.replace("<", "{").replace(">", "}"), method.lower())
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.rule.startswith(PREFIX) and rule.rule != f"{PREFIX}/openapi.json"
    }
    assert routes == {(path, method) for path, method, _ in operations(document)}


def test_every_operation_takes_a_bearer_key(document: Any) -> None:
    assert document["security"] == [{"key": []}]
    scheme = document["components"]["securitySchemes"]["key"]
    assert (scheme["type"], scheme["scheme"]) == ("http", "bearer")
    assert not any("security" in operation for _, _, operation in operations(document))


def test_operations_have_names_of_their_own_and_a_summary(document: Any) -> None:
    found = [operation for _, _, operation in operations(document)]
    assert len({operation["operationId"] for operation in found}) == len(found)
    assert all(operation["summary"].endswith(".") for operation in found)


def test_every_refusal_is_documented_as_a_problem(document: Any) -> None:
    for _, method, operation in operations(document):
        refusals = {key: each for key, each in operation["responses"].items() if key != "200"}
        assert refusals.keys() >= {"401", "404", "503", "default"}
        assert method == "get" or refusals.keys() >= {"400", "413", "415", "422"}
        assert all(resolve(each, document)["content"] == PROBLEM for each in refusals.values())


def test_the_headers_of_refusals_are_documented(document: Any) -> None:
    for _, _, operation in operations(document):
        for status, header in (("401", "WWW-Authenticate"), ("503", "Retry-After")):
            assert header in resolve(operation["responses"][status], document)["headers"]


def test_the_parameters_of_a_path_are_those_in_its_template(document: Any) -> None:
    for path, item in document["paths"].items():
        named = {part[1:-1] for part in path.split("/") if part.startswith("{")}
        assert {each["name"] for each in item["parameters"]} == named
        assert all(each["required"] and each["in"] == "path" for each in item["parameters"])


def test_examples_are_of_their_own_schema(document: Any) -> None:
    for _, method, operation in operations(document):
        if method == "put":
            body = operation["requestBody"]["content"]["application/json"]
            assert misfits(body["example"], body["schema"], document) == []
