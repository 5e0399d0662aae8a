#!/usr/bin/env python3
"""Feeds pyrs's parser and compiler with mutated sources and arbitrary bytes, and compares the answers with CPython 3.11's.

    tests/fuzz/parse.py --minutes 60 [--seed 1] [--pyrs target/release/pyrs] [--keep DIR]

Inputs are files of CPython's library with tokens, lines and bytes changed, pieces of two files joined, random bytes, and
random runs of tokens. One process of each runtime answers all of them; one that dies or does not answer in time is a
failure, is started again, and its input is kept in DIR. Where the answers differ the input is kept, too, once for each
pair of messages; that CPython gives up on deep nesting is no difference.
"""
import argparse
import glob
import os
import random
import select
import shutil
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))

# What both runtimes run: answers each input with one line.
WORKER = r'''
import ast, sys, warnings
warnings.simplefilter("ignore")
stdin, stdout = sys.stdin.buffer, sys.stdout.buffer
while True:
    head = stdin.readline().split()
    if not head:
        break
    size, mode, tree = int(head[0]), head[1].decode(), head[2] == b"1"
    source = stdin.read(size)
    try:
        if tree:
            answer = "tree " + ast.dump(ast.parse(source, "f", mode), include_attributes=True)
        else:
            compile(source, "f", mode, dont_inherit=True)
            answer = "ok"
    except SyntaxError as e:
        answer = f"{type(e).__name__} {e.msg} {e.lineno} {e.offset} {e.end_lineno} {e.end_offset} {e.text!r}"
    except BaseException as e:
        answer = f"{type(e).__name__} {e}"
    stdout.write(ascii(answer).encode() + b"\n")
    stdout.flush()
'''

TOKENS = (
    "False None True and as assert async await break class continue def del elif else except finally for from global if "
    "import in is lambda nonlocal not or pass raise return try while with yield match case _ type print x y self "
    "( ) [ ] { } , : . ; @ = -> += -= *= /= //= %= @= &= |= ^= >>= <<= **= + - * ** / // % << >> & | ^ ~ := < > <= >= == != <> ... ! $ ? ` \\ "
    "0 1 0x1F 0b11 0o17 1_000 1e10 1.5j 0777 1__0 0x 1e 'a' \"b\" '''c''' b'd' rb'\\x' f'{x}' f'{x!r:>{y}}' f'{{' f'{x=}' f'{' u'e' '\\N{DIGIT ONE}' '\\x4' '\\U00110000' "
    "'unterminated \"\"\" ''' # \\\n \u00e9 \u2028 \ufeff \u00b2 \u0661 \U0001d4d0 \t \f \r \r\n \0"
).split(" ") + [" ", "  ", "    ", "\n", "\n    ", "\n\t", "\n        ", "\n"]

COOKIES = [b"# -*- coding: latin-1 -*-\n", b"# coding: utf-8\n", b"# coding: nonsense\n", b"\xef\xbb\xbf", b"# coding: utf-16\n", b"\n# coding: cp1252\n", b"# coding=ascii\n"]


class Inputs:
    def __init__(self, seed):
        self.r = random.Random(seed)
        files = sorted(glob.glob("/usr/lib/python3.11/*.py") + glob.glob("/usr/lib/python3.11/test/test_*.py"))
        files += sorted(glob.glob(os.path.join(ROOT, "tests", "diff", "*.py")))
        # Grammar is densest in these.
        dense = [f for f in files if os.path.basename(f)[:-3] in {
            "test_syntax", "test_grammar", "test_fstring", "test_patma", "test_exceptions", "test_generators", "test_coroutines",
            "test_named_expressions", "test_unpack_ex", "test_positional_only_arg", "test_decorators", "test_string_literals", "test_except_star"}]
        self.files = files + dense * 20
        self.cache = {}

    def text(self):
        path = self.r.choice(self.files)
        if path not in self.cache:
            with open(path, "rb") as f:
                self.cache[path] = f.read()
        return self.cache[path]

    def piece(self):
        """Some lines of a file, moved to the left so that they begin at the margin."""
        r = self.r
        lines = self.text().split(b"\n")
        start = r.randrange(len(lines))
        lines = lines[start:start + r.choice([1, 2, 4, 8, 20, 60])]
        margin = len(lines[0]) - len(lines[0].lstrip())
        return b"\n".join(line[margin:] if line[:margin].strip() == b"" else line for line in lines) + b"\n"

    def token(self):
        return self.r.choice(TOKENS).encode()

    def mutate(self, data):
        r = self.r
        data = bytearray(data)
        for _ in range(r.choice([1, 1, 1, 2, 3, 6])):
            at = r.randrange(len(data) + 1)
            k = r.randrange(12)
            if k == 0:
                data[at:at + r.choice([1, 1, 2, 5, 20])] = b""
            elif k <= 3:
                data[at:at] = self.token()
            elif k == 4:
                data[at:at + 1] = bytes([r.randrange(256)])
            elif k == 5:
                data[at:at + r.randrange(4)] = b" " + self.token() + b" "
            elif k == 6:
                end = min(len(data), at + r.randrange(1, 40))
                data[at:at] = data[at:end] * r.choice([1, 1, 2, 30])
            elif k == 7:
                del data[at:]
            elif k == 8:
                lines = data.split(b"\n")
                n = r.randrange(len(lines))
                lines[n] = b" " * r.randrange(9) + lines[n].lstrip()
                data = bytearray(b"\n".join(lines))
            elif k == 9:
                lines = data.split(b"\n")
                a, b = r.randrange(len(lines)), r.randrange(len(lines))
                lines[a], lines[b] = lines[b], lines[a]
                data = bytearray(b"\n".join(lines))
            elif k == 10:
                # A token becomes another one of its length or not.
                words = bytes(data).split(b" ")
                words[r.randrange(len(words))] = self.token()
                data = bytearray(b" ".join(words))
            else:
                data = bytearray(data.replace(b"\n", r.choice([b"\r\n", b"\r", b"\\\n", b";", b"\n\n", b"\f\n"]), r.choice([1, 1000])))
        return bytes(data)

    def next(self):
        r = self.r
        k = r.random()
        if k < 0.60:
            data = self.mutate(self.piece())
        elif k < 0.65:
            data = self.mutate(self.text()[:20000])
        elif k < 0.75:
            data = self.mutate(self.piece() + self.piece())
        elif k < 0.85:
            data = b" ".join(self.token() for _ in range(r.choice([1, 2, 4, 8, 16, 40])))
        elif k < 0.90:
            data = r.randbytes(r.choice([1, 3, 10, 100, 1000]))
        elif k < 0.94:
            data = bytes(r.choice(b"()[]{}:,.'\"\\ \n\t#fbru01aex=*@!-+%") for _ in range(r.choice([3, 8, 20, 60])))
        elif k < 0.96:
            unit = r.choice([b"(", b"[", b"{", b"-", b"not ", b"lambda:", b"f(", b"a.", b"a+", b"a,", b"x=", b"if x:\n ", b"f'{", b"*", b"a[", b"a if b else ", b"a<", b"await ", b"{1:", b"~", b"a**", b"(yield "])
            data = unit * r.choice([5, 50, 99, 150, 500, 3000])
            if r.random() < 0.5:
                close = {b"(": b")", b"[": b"]", b"{": b"}", b"f(": b")", b"a[": b"]", b"{1:": b"}", b"(yield ": b")"}.get(unit, b"")
                data += b"x" + close * (len(data) // len(unit))
        else:
            data = r.choice(COOKIES) + self.mutate(self.piece())
        if r.random() < 0.3:
            data = data.rstrip(b"\n")
        mode = r.choice(["exec"] * 8 + ["single", "eval"])
        return data, mode, r.random() < 0.3


class Died(Exception):
    pass


class Server:
    def __init__(self, command, stderr):
        self.command, self.stderr, self.process = command, stderr, None

    def start(self):
        self.process = subprocess.Popen(self.command + ["-c", WORKER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.stderr, bufsize=0)
        self.pending = b""

    def send(self, data, mode, tree):
        if self.process is None:
            self.start()
        try:
            # The worker reads all of it before it answers.
            self.process.stdin.write(b"%d %s %d\n" % (len(data), mode.encode(), tree) + data)
        except BrokenPipeError:
            pass

    def answer(self, limit):
        end = time.monotonic() + limit
        while b"\n" not in self.pending:
            ready, _, _ = select.select([self.process.stdout], [], [], max(0, end - time.monotonic()))
            if not ready:
                return self.lost("no answer in time")
            got = os.read(self.process.stdout.fileno(), 1 << 20)
            if not got:
                return self.lost("died")
            self.pending += got
        line, self.pending = self.pending.split(b"\n", 1)
        return line.decode()

    def lost(self, why):
        self.process.kill()
        code = self.process.wait()
        self.process = None
        raise Died(why if why != "died" else f"died: {code}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--pyrs", default=os.path.join(ROOT, "target", "release", "pyrs"))
    parser.add_argument("--python", default="/usr/bin/python3.11" if os.path.exists("/usr/bin/python3.11") else shutil.which("python3.11"))
    parser.add_argument("--keep", default=os.path.join(ROOT, "target", "fuzz-parse"))
    parser.add_argument("--limit", type=float, default=60, help="seconds until an answer is missed")
    options = parser.parse_args()
    seed = options.seed if options.seed is not None else int(time.time())
    os.makedirs(options.keep, exist_ok=True)
    inputs = Inputs(seed)
    log = open(os.path.join(options.keep, "stderr.txt"), "ab")
    ours = Server([options.pyrs, "--no-jit", "-S"], log)
    theirs = Server([options.python, "-S"], subprocess.DEVNULL)
    seen = {}
    count = accepted = crashes = differ = 0
    began = said = time.monotonic()
    print(f"seed {seed}", flush=True)

    def keep(kind, data, text):
        name = os.path.join(options.keep, f"{kind}-{seed}-{count}")
        with open(name + ".py", "wb") as f:
            f.write(data)
        with open(name + ".txt", "w") as f:
            f.write(text + "\n")
        print(f"{kind}: {name}.py: {text[:600]}", flush=True)

    while time.monotonic() - began < options.minutes * 60:
        data, mode, tree = inputs.next()
        count += 1
        ours.send(data, mode, tree)
        theirs.send(data, mode, tree)
        got = expected = None
        try:
            expected = theirs.answer(options.limit)
        except Died:
            pass
        try:
            got = ours.answer(options.limit)
        except Died as e:
            crashes += 1
            keep("CRASH", data, f"{mode}: {e}")
        accepted += bool(expected) and expected[1:3] in ("ok", "tr")
        if got is not None and expected is not None and got != expected:
            # CPython's own limits.
            if not any(s in expected for s in ("MemoryError", "RecursionError", "too many nested parentheses", "too many statically nested", "parser stack overflow")):
                differ += 1
                key = (got[:40], expected[:40])
                seen[key] = seen.get(key, 0) + 1
                if seen[key] <= 2 and len(seen) < 400:
                    keep("differs", data, f"{mode}:\n  pyrs    {got[:2000]}\n  cpython {expected[:2000]}")
        if time.monotonic() - said > 300:
            said = time.monotonic()
            print(f"{(said - began) / 60:.0f} min: {count} inputs, {accepted} accepted, {crashes} crashes, {differ} differ", flush=True)
    print(f"{(time.monotonic() - began) / 60:.1f} min: {count} inputs, {accepted} accepted by CPython, {crashes} crashes or hangs, {differ} answers differ")
    sys.exit(1 if crashes else 0)


if __name__ == "__main__":
    main()
