#!/bin/sh
# Makes .cargo/pyrs.profdata, by which rustc.sh lets release builds be optimised: builds with counters, runs the
# programs of tests/diff with and without the JIT and those test files of CPython that its own profile is made from.
# Needs `rustup component add llvm-tools` and CPython's `test` package; where PYRS_PROFILE_WHEELS names a folder that pip has
# installed NumPy and pandas in (`--target`), programs that use them count, too.
# Usage: .cargo/profile.sh [DIRECTORY FOR THE BUILD]
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
work=${1:-$(mktemp -d)}
raw=$work/counts
rm -rf "$raw"
cd "$root"
PYRS_PROFILE_INTO=$raw CARGO_TARGET_DIR=$work/target cargo build --release -p pyrs
pyrs=$work/target/release/pyrs
export pyrs LLVM_PROFILE_FILE="$raw/%8m.profraw"
# Runs each line of its input as arguments of pyrs, as many at once as there are processors; counts go into one pool.
each() {
    xargs -P "$(nproc)" -L 1 sh -c 'timeout "$0" "$pyrs" "$@" >/dev/null 2>&1 || echo "$*: exit $?"' "$1"
}
for program in tests/diff/*.py; do
    for mode in --no-jit --jit; do
        echo "$mode $program"
    done
done | each 60
if [ -n "${PYRS_PROFILE_WHEELS:-}" ]; then
    for mode in --no-jit --jit; do
        echo "$mode .cargo/profile_wheels.py"
    done | PYTHONPATH=$PYRS_PROFILE_WHEELS each 300
fi
cd "$work"
# Some of them fail under a time limit this short or beside others; what they have counted is of use all the same.
for name in array base64 binascii bisect bytes collections complex copy dataclasses datetime decimal deque dict difflib \
    enum float fstring functools generators hashlib heapq int itertools json list logging math operator ordered_dict \
    patma pickle pprint re set statistics string struct time tokenize tuple typing unpack xml_etree; do
    echo "--no-jit -m unittest -q test.test_$name"
done | each 30
tools=$(rustc --print target-libdir)/../bin
"$tools/llvm-profdata" merge --sparse -o "$root/.cargo/pyrs.profdata" "$raw"/*.profraw
# cargo does not know of the file: the next build must compile everything that it is used for.
find "$root/runtime" "$root/cpyext" "$root/src" \( -name lib.rs -o -name main.rs \) -path '*/src/*' -exec touch {} +
