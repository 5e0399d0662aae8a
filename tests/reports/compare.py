"""Compares what pyrs and CPython 3.11 write to stderr for unhandled exceptions, byte for byte, and the events of trace.py.

Usage: python3.11 tests/reports/compare.py target/debug/pyrs [number ...]
Programs are separated by lines of the form `#### name`.
"""
import os, re, subprocess, sys, tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
PYRS = os.path.abspath(sys.argv[1])
WANTED = sys.argv[2:]


def programs():
    name, lines = None, []
    with open(os.path.join(HERE, "programs.txt"), encoding="utf-8") as f:
        for line in f:
            if line.startswith("#### "):
                if name:
                    yield name, "".join(lines)
                name, lines = line[5:].strip(), []
            else:
                lines.append(line)
    yield name, "".join(lines)


def run(exe, path):
    env = dict(os.environ, PYTHONHASHSEED="0")
    p = subprocess.run([exe, path], capture_output=True, env=env, timeout=60, stdin=subprocess.DEVNULL)
    return p.returncode, re.sub(rb"0x[0-9a-f]+", b"0x", p.stderr)


bad = total = 0
with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "program.py")
    for name, text in programs():
        if WANTED and name not in WANTED:
            continue
        total += 1
        encoding = "latin-1" if "coding: latin-1" in text else "utf-8"
        with open(path, "w", encoding=encoding) as f:
            f.write(text)
        want, got = run("/usr/bin/python3.11", path), run(PYRS, path)
        if want != got:
            bad += 1
            print(f"--- {name}: CPython {want[0]}\n{want[1].decode(errors='replace')}--- pyrs {got[0]}\n{got[1].decode(errors='replace')}")
trace = os.path.join(HERE, "trace.py")
if not WANTED:
    total += 1
    outputs = [subprocess.run([exe, trace], capture_output=True, timeout=60).stdout for exe in ("/usr/bin/python3.11", PYRS)]
    if outputs[0] != outputs[1]:
        bad += 1
        print("--- trace.py: events differ")
print(f"{total - bad} of {total} equal")
sys.exit(bad != 0)
