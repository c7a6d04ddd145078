"""Checks a SAM template as CloudFormation will take it, without AWS: first as it is written, then expanded.

cfn-lint sees neither wrong properties of a SAM resource nor names of the resources that SAM makes of it. Both show once
SAM's own translator has expanded the template.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from samtranslator.model.exceptions import InvalidDocumentException
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

# `sam package` replaces each function's folder by the object that it uploaded; any will do here.
PACKAGE = "s3://packages/function.zip"


def main(template: Path) -> int:
    """Lints the template and what becomes of it. Returns the exit code: 0 if nothing is wrong."""
    os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")  # the translator asks for one, and calls nobody
    try:
        expanded = expand(template.read_text())
    except InvalidDocumentException as error:
        for cause in error.causes:
            print(f"{template}: {cause.message}", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, "expanded.json")
        copy.write_text(json.dumps(expanded, indent=2, default=str))
        return subprocess.run(["cfn-lint", template, copy], check=False).returncode


def expand(text: str) -> dict[str, Any]:
    """The template with SAM's resources replaced by those that CloudFormation knows."""
    template = yaml_parse(text)
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["CodeUri"] = PACKAGE
    expanded: dict[str, Any] = Translator({}, Parser()).translate(template, {})
    return expanded


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
