#!/bin/sh
# Compares each program here under CPython, without the JIT and under its stress modes.
# usage: run.sh COMMAND-without-jit -- uses PYRS_JIT for the example runner.
dir=$(dirname "$0")
bin=${1:-$dir/../../target/debug/examples/bare}
bad=0
for f in "$dir"/*.py; do
    want=$(python3.11 "$f" 2>&1)
    for mode in none threshold=2 threshold=7 threshold=50 threshold=2,stress=exits threshold=3,stress=every threshold=2,stress=random:1 threshold=5,stress=random:77; do
        if [ $mode = none ]; then got=$(timeout 60 "$bin" "$f" 2>&1); else got=$(PYRS_JIT=$mode timeout 60 "$bin" "$f" 2>&1); fi
        if [ "$want" != "$got" ]; then
            bad=1
            echo "DIFFERS: $f $mode"
            echo "$got" > /tmp/trace_got.txt; echo "$want" > /tmp/trace_want.txt
            diff /tmp/trace_want.txt /tmp/trace_got.txt | head -6
        fi
    done
done
exit $bad
