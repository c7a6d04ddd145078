"""Programs that stand in for `aws`, `sam` and the like: they write down how they were called, and answer what a test says."""

import json
import sys
from pathlib import Path
from typing import Any

PROGRAM = """#!{python}
import json, sys
from pathlib import Path

folder = Path(__file__).parent
name = Path(__file__).name
with open(folder / "calls.jsonl", "a") as calls:
    print(json.dumps([name, *sys.argv[1:]]), file=calls)
line = " ".join(sys.argv[1:])
for beginning, answer in json.loads((folder / f"{{name}}.json").read_text()):
    if line.startswith(beginning) or f" {{beginning}}" in line:
        if "fails" in answer:
            sys.exit(answer["fails"])
        print(answer["says"] if isinstance(answer["says"], str) else json.dumps(answer["says"]))
        break
else:
    sys.exit(f"the test has no answer to: {{name}} {{line}}")
"""


class Programs:
    """A folder to put first on the PATH. What a program answers is what the first entry says whose words the call begins
    with, or has in it after a space."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True)

    def put(self, name: str, answers: list[tuple[str, dict[str, Any]]]) -> None:
        """A program, or what it answers from now on."""
        (self.folder / f"{name}.json").write_text(json.dumps(answers))
        program = self.folder / name
        program.write_text(PROGRAM.format(python=sys.executable))
        program.chmod(0o755)

    def remove(self, name: str) -> None:
        """As if it were not installed."""
        (self.folder / name).unlink()

    def calls(self, name: str) -> list[list[str]]:
        """How it was called so far, each time with its name."""
        written = self.folder / "calls.jsonl"
        lines = written.read_text().splitlines() if written.exists() else []
        return [call for call in map(json.loads, lines) if call[0] == name]

    def environment(self, **variables: str) -> dict[str, str]:
        """With nothing else on the PATH, and nobody's settings."""
        return {"PATH": str(self.folder), "HOME": str(self.folder), "LANG": "C.UTF-8", **variables}


def says(what: Any) -> dict[str, Any]:
    """The program prints that."""
    return {"says": what}


def fails(why: str) -> dict[str, Any]:
    """The program says that on stderr, and ends with 1."""
    return {"fails": why}
