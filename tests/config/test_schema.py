"""The JSON Schema that editors get, held against the files the tests load."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from bgp2vpc.config.load import schema

DATA = Path(__file__).parent / "data"


@pytest.fixture(scope="module")
def validator() -> jsonschema.Draft202012Validator:
    described = schema()
    jsonschema.Draft202012Validator.check_schema(described)
    return jsonschema.Draft202012Validator(described)


def data(name: str) -> Any:
    return yaml.safe_load((DATA / f"{name}.yaml").read_text())


def test_the_schema_is_plain_json() -> None:
    assert json.loads(json.dumps(schema())) == schema()


def test_the_documented_example_fits_the_schema(validator: jsonschema.Draft202012Validator) -> None:
    assert list(validator.iter_errors(data("valid-documented"))) == []


def test_an_editor_takes_a_key_that_holds_anchors(validator: jsonschema.Draft202012Validator) -> None:
    example = data("valid-documented")
    assert validator.is_valid({**example, "x-defaults": {"anything": [1]}})
    assert not validator.is_valid({**example, "xdefaults": {}})


MISTAKES = [
    "misspelt-key", "misspelt-key-in-rule", "misspelt-key-in-find", "rule-without-accept", "accept-empty", "takeover",
    "find-unknown-type", "filters-empty", "table-id", "run-empty-list", "poll-time-negative", "backup-med", "on-exit",
]  # fmt: skip


@pytest.mark.parametrize("name", MISTAKES)
def test_an_editor_sees_the_mistake_too(validator: jsonschema.Draft202012Validator, name: str) -> None:
    assert not validator.is_valid(data(f"invalid-{name}"))


def test_every_key_is_described() -> None:
    described = schema()
    models = [described, *(model for model in described["$defs"].values() if "properties" in model)]
    bare = [
        f"{model['title']}.{key}"
        for model in models
        for key, field in model["properties"].items()
        # A reference shows the description of what it refers to.
        if not field.keys() & {"description", "const", "$ref"}
    ]
    assert bare == []
