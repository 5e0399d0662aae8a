#!/usr/bin/env python3
"""Makes a copy of the executable whose allocator is libc's, so that valgrind sees every block.

    libc_malloc.py target/debug/pyrs /tmp/pyrs-libc
    valgrind --undef-value-errors=no --num-callers=24 /tmp/pyrs-libc --no-jit program.py

mimalloc's entry points become jumps to malloc and free; alignments above 16 are lost, which nothing relies on. x86-64 only.
"""
import pathlib
import re
import struct
import subprocess
import sys


def lines(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()


def main(source, target):
    image = bytearray(pathlib.Path(source).read_bytes())
    symbols = {f[2]: int(f[0], 16) for f in map(str.split, lines("nm", source)) if len(f) == 3 and f[2].startswith("mi_")}
    slots = {}
    for line in lines("readelf", "-rW", source):
        m = re.match(r"(\w+)\s+\w+ R_X86_64_GLOB_DAT\s+\w+ (malloc|free|realloc)@", line)
        if m:
            slots[m[2]] = int(m[1], 16)
    for line in lines("readelf", "-lW", source):
        m = re.match(r"\s+LOAD\s+(\w+) (\w+) \w+ \w+ \w+ R E", line)
        if m:
            offset, address = int(m[1], 16), int(m[2], 16)

    def put(name, code):
        at = symbols[name]
        code = code(at)
        start = at - address + offset
        image[start:start + len(code)] = code

    def jump(function):
        return lambda at: b"\xff\x25" + struct.pack("<i", slots[function] - (at + 6))

    def cleared(at):  # push rdi; call *malloc; pop rcx; push rax; mov rdi, rax; xor eax, eax; rep stosb; pop rax; ret
        return b"\x57\xff\x15" + struct.pack("<i", slots["malloc"] - (at + 7)) + b"\x59\x50\x48\x89\xc7\x31\xc0\xf3\xaa\x58\xc3"

    for name in ("mi_malloc", "mi_malloc_aligned"):
        put(name, jump("malloc"))
    for name in ("mi_realloc", "mi_realloc_aligned"):
        put(name, jump("realloc"))
    for name in ("mi_zalloc", "mi_zalloc_aligned"):
        put(name, cleared)
    put("mi_free", jump("free"))
    put("mi_usable_size", lambda at: b"\x31\xc0\xc3")  # 0: always ask realloc
    pathlib.Path(target).write_bytes(image)
    pathlib.Path(target).chmod(0o755)


main(*sys.argv[1:3])
