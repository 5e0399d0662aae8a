#!/bin/sh
# Runs rustc ("$@") with code generator options for some crates, which cargo's profiles cannot give.
# - The executable has a fixed address (see build.rs), so its code need not be movable: addresses of types become
#   immediates and jump tables hold addresses, which shortens each dispatch.
# - The interpreter's crate gets its dispatch copied to the end of each instruction. LLVM does that by itself only for
#   computed gotos, which Rust lacks. One shared indirect jump is predicted badly: calls and list operations take up
#   to a third longer with it.
case " $* " in
*" --crate-name build_script_build "*) exec "$@" ;;
*" --crate-name "*)
    if [ "$(uname -sm)" = "Linux x86_64" ]; then
        set -- "$@" -C relocation-model=static
    fi
    ;;
esac
case " $* " in
*" --crate-name pyrs_vm "*" -C opt-level=3 "* | *" --crate-name pyrs_vm "*" opt-level=3 "*)
    exec "$@" -C llvm-args=-tail-dup-pred-size=100000 -C llvm-args=-tail-dup-succ-size=100000
    ;;
esac
exec "$@"
