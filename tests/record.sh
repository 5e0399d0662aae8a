#!/bin/bash
# Records what CPython 3.11 prints for each tests/diff/*.py (or the ones named): *.out, and *.exit if it is not 0.
set -euo pipefail
cd "$(dirname "$0")/diff"
python=${PYTHON:-}
for p in /usr/bin/python3.11 python3.11; do
    [ -n "$python" ] || { command -v "$p" >/dev/null && python=$p; } || true
done
[ -n "$python" ] || { echo "tests/record.sh: no python3.11 found" >&2; exit 1; }
export PYTHONHASHSEED=0 LC_ALL=C.UTF-8 PYTHONDONTWRITEBYTECODE=1
[ $# -gt 0 ] || set -- *.py
for f in "$@"; do
    name=$(basename "$f" .py)
    code=0
    timeout 60 "$python" "$name.py" >"$name.out" 2>"/tmp/record.$$" </dev/null || code=$?
    if [ "$code" != 0 ]; then
        echo "$code" >"$name.exit"
        case "$name" in exit_*) ;; *) echo "$name: exit code $code"; tail -3 "/tmp/record.$$" ;; esac
    else
        rm -f "$name.exit"
    fi
done
rm -f "/tmp/record.$$"
