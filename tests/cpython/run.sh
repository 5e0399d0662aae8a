#!/bin/bash
# Runs CPython's own test files (Debian: libpython3.11-testsuite) on pyrs. Arguments are passed on, for example
#   tests/cpython/run.sh --only test_int,test_dict
# The runner is not part of this repository: PYRS_CONFORMANCE names its folder (default ../shared/conformance).
# tests/cpython/tags has one line for each test file that passes in whole; it only grows.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
folder=${PYRS_CONFORMANCE:-$root/../shared/conformance}
runner=$folder/run_cpython_tests.py
if [ ! -f "$runner" ]; then
    echo "tests/cpython/run.sh: no runner at $runner; set PYRS_CONFORMANCE" >&2
    exit 2
fi
interp=${PYRS:-$root/target/release/pyrs}
[ -x "$interp" ] || { echo "tests/cpython/run.sh: no $interp; cargo build --release first" >&2; exit 2; }
if [ "${1:-}" = --tags ]; then
    shift
    only=$(grep -v '^#' "$root/tests/cpython/tags" | cut -f1 | paste -sd,)
    [ -n "$only" ] || { echo "tests/cpython/tags lists nothing yet"; exit 0; }
    set -- --only "$only" "$@"
fi
exec "${PYTHON:-python3.11}" "$runner" --interp "$interp" "$@"
