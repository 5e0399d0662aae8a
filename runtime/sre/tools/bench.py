#!/usr/bin/python3.11
"""Compares the matcher with CPython's on 10 MB: tools/bench.py target/release/examples/bench"""

import random
import re
import re._compiler as compiler
import re._parser as parser
import subprocess
import sys
import tempfile
import time

random.seed(3)
WORDS = ["".join(random.choices("abcdefghijklmnopqrstuvwxyz", k=random.randrange(2, 10))) for _ in range(3000)]
out, size = [], 0
while size < 10_000_000:
    w = random.choice(WORDS)
    w = random.choice((w, w, w, w, w.title(), str(random.randrange(10000)), f"{w}@{w}.com", f"{w}={w};", '"%s"' % w, "\n"))
    out.append(w)
    size += len(w) + 1
TEXT = " ".join(out)
PATTERNS = [r"\w+", r"zebra", r"[a-z]+@[a-z]+\.com", r"(\w+)=(\w+);", r"\b\d{3}\b", r'"[^"]*"', r"(?m)^.*$", r"foo|bar|baz|qux",
            r"(?i)hello", r"(?:[a-z]+ )+\d+", r".*?@", r"\s+$", r"(?P<n>\d+)|(?P<s>\"[^\"]*\")|(?P<w>[A-Za-z_]\w*)|(?P<o>.)", r"x*", r"(a|b|c)+d"]

with tempfile.NamedTemporaryFile("w") as text, tempfile.NamedTemporaryFile("w") as cases:
    text.write(TEXT)
    text.flush()
    for p in PATTERNS:
        code = compiler._code(parser.parse(p), 0)
        cases.write(" ".join("%d" % w for w in code) + f";{re.compile(p).groups}\n")
    cases.flush()
    ours = subprocess.run([sys.argv[1], text.name, cases.name], capture_output=True, text=True).stdout.splitlines()
    print(f"{'cpython':>9} {'latin1':>9} {'ucs2':>9}  matches")
    for p, line in zip(PATTERNS, ours):
        latin, wide, count = line.split()
        scan = re.compile(p).scanner(TEXT).search
        start = time.perf_counter()
        n = 0
        while scan():
            n += 1
        elapsed = (time.perf_counter() - start) * 1e3
        print(f"{elapsed:9.1f} {latin:>9} {wide:>9}  {n} {'' if n == int(count) else 'DIFFERENT ' + count} {p}", flush=True)
