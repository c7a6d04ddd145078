"""What `sam build` and `sam package` make of a template: code by the object that it was uploaded as, the rest untouched."""

from pathlib import Path
from typing import Any

from samtranslator.yaml_helper import yaml_parse

INFRA = Path(__file__).parents[2] / "infra"


def plain(name: str) -> dict[str, Any]:
    """A template of `infra/` as it is."""
    template: dict[str, Any] = yaml_parse((INFRA / name).read_text())
    return template


def packaged(bucket: str) -> dict[str, Any]:
    """The template, with each function's folder replaced by the package of that name in the bucket."""
    template = plain("template.yaml")
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            folder = Path(resource["Properties"]["CodeUri"])
            resource["Properties"]["CodeUri"] = f"s3://{bucket}/{folder.name}.zip"
    return template
