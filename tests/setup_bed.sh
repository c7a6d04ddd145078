#!/usr/bin/env bash
# Puts what the end-to-end tests need into .venv in the project's root, and nothing anywhere else.
# Does nothing when .venv already holds what requirements.txt asks for.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

wanted=tests/requirements.txt
installed=.venv/installed-requirements.txt # written last: its presence says that all went well

if cmp --silent "$wanted" "$installed" && .venv/bin/python -c '' 2>/dev/null; then
  exit 0
fi

if ! python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
  echo "the end-to-end tests need Python 3.11 or newer, as python3" >&2
  exit 1
fi

echo "installing the test bed into .venv"
python3 -m venv --clear .venv
.venv/bin/python -m pip install --quiet --disable-pip-version-check --requirement "$wanted"
cp "$wanted" "$installed"
