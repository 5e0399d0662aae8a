#!/bin/sh
# Runs rustc ("$@") with code generator options for some crates, which cargo's profiles cannot give.
# - The executable has a fixed address (see build.rs), so its code need not be movable: addresses of types become
#   immediates and jump tables hold addresses, which shortens each dispatch.
# - The interpreter's crate gets its dispatch copied to the end of each instruction. LLVM does that by itself only for
#   computed gotos, which Rust lacks. One shared indirect jump is predicted badly: calls and list operations take up
#   to a third longer with it.
# - Optimised code is laid out by what the profile beside this script says of each branch and call (see profile.sh).
#   Functions that have changed since are compiled as without it. The JIT has none: it changes too often for that.
#   What never ran lies apart from what did (5 % fewer misses of the instruction cache in a mix of pandas operations), and
#   what runs often is inlined up to a size of 400 instead of 3000: copies take room in that cache (3 % in the same mix).
#   The profile knows functions by their symbols. cargo makes those depend on where this script lies, so its
#   `metadata` is replaced by the crate's name.
# - The executable's functions lie in the order of the file beside this script (see order.sh), which only rustc's own
#   linker reads. LLVM numbers some symbols by the contents of their module: the file's number is one of a former build.
here=$(dirname "$0")
case " $* " in
*" --crate-name build_script_build "*) exec "$@" ;;
*" --crate-name "*) ;;
*) exec "$@" ;;
esac
rest=$#
name= before= kind= deps= out=
while [ "$rest" -gt 0 ]; do
    word=$1
    shift
    case $before in
    --crate-name) name=$word ;;
    --crate-type) kind=$word ;;
    --out-dir) out=$word ;;
    -L) case $word in dependency=*) deps=${word#dependency=} ;; esac ;;
    esac
    case $word in metadata=*) word=metadata=$name ;; esac
    before=$word
    set -- "$@" "$word"
    rest=$((rest - 1))
done
if [ "$(uname -sm)" = "Linux x86_64" ]; then
    set -- "$@" -C relocation-model=static
fi
# Makes the list for the linker.
order() {
    LC_ALL=C grep -aohE '_[RZ][A-Za-z0-9_.$]*\.llvm\.[0-9]+' "$deps"/*.rlib | LC_ALL=C sort -u |
        awk '{ path = $0; sub(/\.llvm\..*/, "", path) }
            FILENAME == "-" { numbered[path] = numbered[path] "\n" $0; next }
            { print $0 numbered[path] }' - "$here/order.txt" >"$out/order.txt"
}
optimised=
case " $* " in *" -C opt-level=3 "* | *" opt-level=3 "*) optimised=yes ;; esac
if [ "$name-$kind-$optimised" = pyrs-bin-yes ] && [ -f "$here/order.txt" ] && [ "$(uname -sm)" = "Linux x86_64" ] &&
    [ -x "$("$1" --print target-libdir)/../bin/gcc-ld/ld.lld" ] && order; then
    set -- "$@" -C "link-arg=-Wl,--symbol-ordering-file=$out/order.txt,--no-warn-symbol-ordering"
fi
case $name-$optimised in
pyrs_jit_* | *-) exec "$@" ;;
pyrs_vm-*) set -- "$@" -C llvm-args=-tail-dup-pred-size=100000 -C llvm-args=-tail-dup-succ-size=100000 ;;
esac
if [ -n "$PYRS_PROFILE_INTO" ]; then
    set -- "$@" -C "profile-generate=$PYRS_PROFILE_INTO"
elif [ -f "$here/pyrs.profdata" ]; then
    set -- "$@" -C "profile-use=$here/pyrs.profdata" -C llvm-args=-no-pgo-warn-mismatch \
        -C llvm-args=-enable-split-machine-functions -C llvm-args=-hot-callsite-threshold=400
fi
exec "$@"
