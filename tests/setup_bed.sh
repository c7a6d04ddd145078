#!/usr/bin/env bash
# Puts what the end-to-end tests need into .venv in the project's root, what checks the templates into .venv-infra, and
# nothing anywhere else. Does nothing when the two already hold what the requirements ask for.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

set_up() {
  local folder=$1 wanted=$2
  local installed=$folder/installed-requirements.txt # written last: its presence says that all went well

  if cmp --silent "$wanted" "$installed" && "$folder/bin/python" -c '' 2>/dev/null; then
    return
  fi

  if ! python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    echo "the end-to-end tests need Python 3.11 or newer, as python3" >&2
    exit 1
  fi

  echo "installing $wanted into $folder: some minutes"
  python3 -m venv --clear "$folder"
  "$folder/bin/python" -m pip install --disable-pip-version-check --requirement "$wanted"
  cp "$wanted" "$installed"
}

set_up .venv tests/requirements.txt
set_up .venv-infra tests/requirements-infra.txt
