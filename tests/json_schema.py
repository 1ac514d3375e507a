"""As much of JSON Schema 2020-12 as our OpenAPI document uses; loud about anything else."""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

Document = Mapping[str, Any]

_IS: dict[str, Callable[[Any], bool]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "integer": lambda value: _is_number(value) and value % 1 == 0,
    "null": lambda value: value is None,
}
_FORMATS: dict[str, Callable[[str], bool]] = {
    "date-time": lambda text: bool(datetime.fromisoformat(text).tzinfo),
    "uri": lambda text: bool(re.match("[a-z]+:", text)),
}
_NOTES = {"description", "default", "examples", "format"}
_NUMBERS: dict[str, Callable[[Any, Any], bool]] = {
    "minimum": lambda value, least: value >= least,
    "maximum": lambda value, most: value <= most,
}
_TEXTS: dict[str, Callable[[Any, Any], bool]] = {
    "minLength": lambda value, least: len(value) >= least,
    "maxLength": lambda value, most: len(value) <= most,
    "pattern": lambda value, pattern: re.search(pattern, value) is not None,
}


def resolve(node: Document, document: Document) -> Document:
    """What the node stands for, following its reference."""
    if "$ref" not in node:
        return node
    found: Any = document
    for name in str(node["$ref"]).removeprefix("#/").split("/"):
        found = found[name]
    return resolve(found, document)


def misfits(value: Any, node: Document, document: Document) -> list[str]:
    """Where the value is not of the schema; empty when it is."""
    return list(_misfits(value, resolve(node, document), document, "$"))


def _misfits(value: Any, schema: Document, document: Document, at: str) -> Iterator[str]:
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    if not any(_IS[kind](value) for kind in kinds):
        yield f"{at} is no {' or '.join(kinds)}"
        return
    if "enum" in schema and value not in schema["enum"]:
        yield f"{at} is none of {schema['enum']}"
    yield from _bounds(value, schema, at)
    if isinstance(value, dict):
        yield from _members(value, schema, document, at)
    for place, item in enumerate(value if isinstance(value, list) else ()):
        yield from _misfits(item, resolve(schema["items"], document), document, f"{at}[{place}]")


def _bounds(value: Any, schema: Document, at: str) -> Iterator[str]:
    structure = {"type", "enum", "properties", "required", "additionalProperties", "items"}
    for word in schema.keys() - structure - _NOTES:
        holds = _NUMBERS.get(word) or _TEXTS[word]
        applies = _is_number(value) if word in _NUMBERS else isinstance(value, str)
        if applies and not holds(value, schema[word]):
            yield f"{at} breaks {word} {schema[word]}"
    if isinstance(value, str) and "format" in schema and not _FORMATS[schema["format"]](value):
        yield f"{at} is no {schema['format']}"


def _members(value: Any, schema: Document, document: Document, at: str) -> Iterator[str]:
    known = schema.get("properties", {})
    others = schema.get("additionalProperties", True)
    yield from (
        f"{at}.{name} is missing" for name in schema.get("required", ()) if name not in value
    )
    for name, member in value.items():
        node = known.get(name, others)
        if node is False:
            yield f"{at}.{name} is not known"
        elif node is not True:
            yield from _misfits(member, resolve(node, document), document, f"{at}.{name}")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
