#!/bin/sh
# Runs rustc ("$@"); the interpreter's crate gets its dispatch copied to the end of each instruction.
# LLVM does that by itself only for computed gotos, which Rust lacks. One shared indirect jump is predicted badly:
# calls and list operations take up to a third longer with it.
case " $* " in
*" --crate-name pyrs_vm "*" -C opt-level=3 "* | *" --crate-name pyrs_vm "*" opt-level=3 "*)
    exec "$@" -C llvm-args=-tail-dup-pred-size=100000 -C llvm-args=-tail-dup-succ-size=100000
    ;;
esac
exec "$@"
