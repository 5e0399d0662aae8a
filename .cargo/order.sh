#!/bin/sh
# Makes .cargo/order.txt, the functions that each start executes and then those that the JIT does, by which rustc.sh lets the
# executable be laid out: the system maps files in pieces of 64 KB, and 3.5 MB of code that lie among the other 8 MB
# would make most of them resident. Functions without a line keep the order of the linker.
# Needs valgrind. Usage: .cargo/order.sh PYRS
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
pyrs=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# valgrind's programs do not know where they lie.
PYRS_HOME=$("$pyrs" -c 'import sys; print(sys.base_prefix)')
export PYRS_HOME
# What is cached between runs is there now.
"$pyrs" -c pass
run() {
    name=$1
    shift
    PYRS_BENCH_SCALE=0.05 valgrind --tool=callgrind --demangle=no --smc-check=all-non-file \
        --callgrind-out-file="$work/$name.counts" "$pyrs" "$@" >"$work/output" 2>&1 || echo "$name: exit $?"
    # `fn=(number) symbol` and `cfn=`: the first mention of each has the symbol, with a quote if it is recursive.
    sed -nE "s/^c?fn=\([0-9]+\) ([^' ]+).*/\1/p" "$work/$name.counts" | sort -u >"$work/$name.used"
}
run 0start -c pass
for program in "$root"/benches/scripts/*.py; do
    run "$(basename "$program" .py)" --jit "$program"
done
export LC_ALL=C
nm --defined-only "$pyrs" | awk '$2 ~ /[tTwW]/ { print $3 }' | sort -u >"$work/symbols"
cat "$work"/*.used | sort | uniq -c | sort -k1,1nr -k2 | awk '{ print $2 }' |
    awk 'FILENAME ~ /symbols$/ { ours[$1]; next }
        FILENAME ~ /used$/ { start[$1]; next }
        $1 in ours { if ($1 in start) print; else later[n++] = $1 }
        END { for (i = 0; i < n; i++) print later[i] }' "$work/symbols" "$work/0start.used" - >"$root/.cargo/order.txt"
# cargo does not know of the file: the next build must link.
touch "$root/src/main.rs"
