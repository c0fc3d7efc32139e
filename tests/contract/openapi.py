"""Checks requests and answers against the contract file, and by the models of the SDK.

The file stands beside the project. It is OpenAPI 3.0 and open: unknown names pass its
schemas, so names are checked besides.
"""

import json
import os
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

CONTRACT = Path(__file__).resolve().parents[3] / "shared" / "schemas" / "graph-openapi-subset.json"
_ROOT = "urn:graph"


@cache
def contract() -> dict[str, Any]:
    """The contract as JSON Schema; where the file is missing the test is left out, but in CI."""
    if not CONTRACT.exists():
        reason = "the Graph contract ../shared/schemas/graph-openapi-subset.json is not there"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return _as_json_schema(json.loads(CONTRACT.read_text(encoding="utf-8")))


def _as_json_schema(node: Any) -> Any:
    if isinstance(node, list):
        return [_as_json_schema(item) for item in node]
    if not isinstance(node, dict):
        return node
    made = {key: _as_json_schema(value) for key, value in node.items() if key != "nullable"}
    if isinstance(made.get("$ref"), str) and made["$ref"].startswith("#"):
        made["$ref"] = _ROOT + made["$ref"]
    if node.get("nullable") is True and isinstance(node.get("type"), str):
        made["type"] = [node["type"], "null"]
    return made


@cache
def _registry() -> Registry:
    resource = Resource(contents=contract(), specification=DRAFT202012)
    return Registry().with_resource(_ROOT, resource)


def _resolve(node: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in node:
        target: Any = contract()
        for part in node["$ref"].removeprefix(f"{_ROOT}#/").split("/"):
            target = target[part.replace("~1", "/").replace("~0", "~")]
        node = target
    return node


def schema(name: str) -> dict[str, Any]:
    """A named schema, as `microsoft.graph.event`."""
    return contract()["components"]["schemas"][name]


def validate(body: Any, wanted: dict[str, Any]) -> None:
    """Types, enums, patterns, and that each name is a known one."""
    checker = Draft202012Validator(wanted, registry=_registry())
    faults = [f"{e.json_path}: {e.message[:300]}" for e in checker.iter_errors(body)]
    faults += list(_unknown_names(body, wanted, "$"))
    assert not faults, "\n".join(faults)


def _unknown_names(value: Any, wanted: dict[str, Any], place: str) -> list[str]:
    wanted = _resolve(wanted)
    if "anyOf" in wanted:
        return _unknown_names(value, wanted["anyOf"][0], place) if value is not None else []
    if isinstance(value, list):
        inner = wanted.get("items", {})
        return [
            f for i, item in enumerate(value) for f in _unknown_names(item, inner, f"{place}[{i}]")
        ]
    if not isinstance(value, dict):
        return []
    known = _properties(_narrowed(value, wanted))
    if not known:
        return []
    found: list[str] = []
    for name, inner_value in value.items():
        if "@" in name:
            continue
        if name not in known:
            found.append(f"{place}.{name}: not in the contract")
        else:
            found += _unknown_names(inner_value, known[name], f"{place}.{name}")
    return found


def _narrowed(value: dict[str, Any], wanted: dict[str, Any]) -> dict[str, Any]:
    """The derived type that @odata.type names, as fileAttachment for attachment."""
    name = str(value.get("@odata.type", "")).lstrip("#")
    return contract()["components"]["schemas"].get(name, wanted)


def _properties(wanted: dict[str, Any]) -> dict[str, Any]:
    wanted = _resolve(wanted)
    found: dict[str, Any] = {}
    for part in wanted.get("allOf", []):
        found |= _properties(part)
    return found | wanted.get("properties", {})


def operation(method: str, template: str) -> dict[str, Any]:
    """What the contract says of one method of one path."""
    return contract()["paths"][template][method.lower()]


def validate_response(method: str, template: str, status: int, body: Any) -> None:
    """The answer is one that the contract has for this operation and status."""
    if status >= 400:
        validate(body, schema("microsoft.graph.ODataErrors.ODataError"))
        return
    responses = operation(method, template)["responses"]
    assert str(status) in responses, f"{method} {template}: {status} is not documented"
    content = _resolve(responses[str(status)]).get("content")
    if content is None:
        assert body is None, f"{method} {template}: the answer must be empty"
        return
    validate(body, next(iter(content.values()))["schema"])


def validate_request(method: str, template: str, body: Any) -> None:
    """The body is one that the contract takes; names of action parameters go in any case."""
    wanted = operation(method, template).get("requestBody")
    if wanted is None:
        assert body is None, f"{method} {template} takes no body"
        return
    inner = _resolve(next(iter(_resolve(wanted)["content"].values()))["schema"])
    if "title" not in inner and "allOf" not in inner:
        cased = {name.lower(): name for name in inner.get("properties", {})}
        body = {cased.get(name.lower(), name): value for name, value in body.items()}
    validate(body, inner)


def parse_with_sdk(body: dict[str, Any], model: Any) -> Any:
    """Parse as msgraph-sdk does; nothing may be unknown to it, nothing may get lost."""
    from kiota_serialization_json.json_parse_node_factory import JsonParseNodeFactory

    node = JsonParseNodeFactory().get_root_parse_node(
        "application/json", json.dumps(body).encode()
    )
    parsed = node.get_object_value(model)
    faults = _lost(parsed, body, "$")
    assert not faults, "\n".join(faults)
    return parsed


def _lost(parsed: Any, body: Any, place: str) -> list[str]:
    if isinstance(body, list):
        pairs = zip(parsed, body, strict=True)
        return [f for i, (p, b) in enumerate(pairs) for f in _lost(p, b, f"{place}[{i}]")]
    if not isinstance(body, dict):
        return []
    found = [f"{place}.{k}: unknown" for k in parsed.additional_data if "@" not in k]
    for name, value in body.items():
        if "@" in name or value is None or name in parsed.additional_data:
            continue
        held = getattr(parsed, _attribute(name), None)
        if held is None:
            found.append(f"{place}.{name}: {value!r} became None")
        else:
            found += _lost(held, value, f"{place}.{name}")
    return found


def _attribute(name: str) -> str:
    snake = re.sub("([A-Z])", lambda match: f"_{match[1].lower()}", name)
    return f"{snake}_" if snake == "from" else snake
