#!/usr/bin/env python3
"""Compares random programs on CPython 3.11 and on pyrs in several modes; shrinks what differs.

    tests/fuzz/run.py --minutes 5 [--seed 1] [--pyrs target/release/pyrs] [--keep DIR]

A failing program is shrunk by deleting statements (whole subtrees of the syntax tree, then single ones) while it keeps
failing, and is written with its seed to DIR.
"""
import argparse
import ast
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from programs import program

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
MODES = [
    ["--no-jit"],
    ["--jit"],
    ["--jit-threshold", "2", "--jit-sync"],
    ["--jit-threshold", "2", "--jit-sync", "--jit-stress=exits"],
]


# Of the processor; a busy machine may take much longer.
SECONDS = 20


def limit():
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))


def execute(command, path):
    try:
        p = subprocess.run(command + [path], capture_output=True, timeout=50 * SECONDS, preexec_fn=limit, env=dict(os.environ, PYTHONHASHSEED="0"))
    except subprocess.TimeoutExpired:
        return "timeout", b""
    if p.returncode == -signal.SIGKILL:
        return "timeout", b""
    return p.returncode, re.sub(rb"\b0x[0-9a-f]{8,}", b"0x", p.stdout)


def failing_mode(python, pyrs, path, modes):
    expected = execute([python], path)
    if expected[0] == "timeout":
        return None
    for mode in modes:
        if execute([pyrs] + mode, path) != expected:
            return mode
    return None


def candidates(tree):
    """Each copy of the tree with one run of statements removed, larger pieces first."""
    places = []
    for node in ast.walk(tree):
        for field in ("body", "orelse", "finalbody", "handlers"):
            block = getattr(node, field, None)
            if isinstance(block, list) and block:
                places.append((node, field))
    for size in (8, 4, 2, 1):
        for node, field in places:
            block = getattr(node, field)
            for start in range(0, len(block), size):
                if len(block) < size:
                    continue
                shorter = block[:start] + block[start + size :]
                if field == "body" and not shorter:
                    if isinstance(block[0], ast.Pass):
                        continue
                    shorter = [ast.Pass()]
                if field == "handlers" and not shorter:
                    continue
                setattr(node, field, shorter)
                yield
                setattr(node, field, block)


def shrink(source, still_fails, seconds):
    end = time.monotonic() + seconds
    changed = True
    while changed and time.monotonic() < end:
        changed = False
        tree = ast.parse(source)
        for _ in candidates(tree):
            if time.monotonic() > end:
                break
            try:
                text = ast.unparse(ast.fix_missing_locations(tree)) + "\n"
                compile(text, "shrunk", "exec")
            except (SyntaxError, ValueError):
                continue
            if len(text) < len(source) and still_fails(text):
                source, changed = text, True
                break
    return source


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--pyrs", default=os.path.join(ROOT, "target", "release", "pyrs"))
    parser.add_argument("--python", default="/usr/bin/python3.11" if os.path.exists("/usr/bin/python3.11") else shutil.which("python3.11"))
    parser.add_argument("--keep", default=os.path.join(ROOT, "target", "fuzz"))
    parser.add_argument("--shrink-seconds", type=float, default=60)
    options = parser.parse_args()
    if not os.access(options.pyrs, os.X_OK):
        sys.exit(f"tests/fuzz/run.py: no {options.pyrs}; build it or give --pyrs")
    if not options.python:
        sys.exit("tests/fuzz/run.py: no python3.11 to compare with")
    seed = options.seed if options.seed is not None else int(time.time())
    end = time.monotonic() + options.minutes * 60
    ran = failures = 0
    with tempfile.TemporaryDirectory(prefix="pyrs-fuzz-") as folder:
        path = os.path.join(folder, "program.py")

        def write(text):
            with open(path, "w", encoding="utf-8") as f:
                f.write(text)

        while time.monotonic() < end:
            source = program(seed)
            write(source)
            mode = failing_mode(options.python, options.pyrs, path, MODES)
            if mode is not None:
                failures += 1

                def still_fails(text):
                    write(text)
                    return failing_mode(options.python, options.pyrs, path, [mode]) is not None

                # What does not fail again depends on when code was ready: it is kept whole.
                small = shrink(source, still_fails, options.shrink_seconds)
                os.makedirs(options.keep, exist_ok=True)
                kept = os.path.join(options.keep, f"seed-{seed}.py")
                with open(kept, "w", encoding="utf-8") as f:
                    f.write(f"# seed {seed}, mode {' '.join(mode)}\n{small}")
                print(f"seed {seed} differs under {' '.join(mode)}: {kept}", flush=True)
            ran += 1
            seed += 1
    print(f"{ran} programs, {failures} differ")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
