#!/usr/bin/python3.11
"""Writes test cases for tests/cpython.rs: code words and what CPython 3.11 answers.

    tools/make_cases.py FILE SEED COUNT

Patterns come from CPython's own test.re_tests and from a random generator. A line is
`code;groups;width;subject;pos;endpos;match;fullmatch;search;finditer`, a result
`lastindex:start,end start,end ...`.
"""

import os
import random
import sys
import warnings
import re
import re._compiler as compiler
import re._parser as parser

warnings.simplefilter("ignore")
sys.path.insert(0, "/usr/lib/python3.11")
from test.re_tests import tests, SYNTAX_ERROR

FIXED = [
    (r"(?:(a)|b)*", "abab"), (r"((a)|b)+?c", "abc"), (r"(?=(a+))a*b\1", "baaabac"), (r"(?:a?)*?y", "z"), (r"(?<=(.))b(?<!x)", "ab"),
    (r"(a)?(?(1)b|c)", "ab c"), (r"(?i)\w+K", "aK\u212a"), (r"[\W\d]+?x", "\u0660 x"), (r"(?>a*)ab", "aab"), (r"(?>(a|ab))c", "abc"),
    (r"a*+b", "aaab"), (r"(?:ab?)++c", "abac"), (r"(?m)^.*$", "a\nb\n"), (r"(?s)a.*?b", "a\nb"),
    (r"(?a)\bx\b", "\xe9x x"), (r"(?!a(b))..", "abcd"), (r"(a|b)*\1", "abb"), (r"(?i)[\u0400-\u04ff]+", "\u0416\u0436Z"), (r"\Z|\A", "ab"),
    (r"(?:(?:a|b)*c)*d", "abcabcd"), (r"(?i)(ss|\u017f)\1", "\u017fss\u017f"), (r"(x*)*", "xx"), (r"(?:|a)*b", "aab"), (r"(?i)[\U00010400-\U00010427]", "\U00010428"),
    (r"|".join("w%dx" % i for i in range(70)), "w69x w7x"), (r"[^\u1234a]+", "b\u1234\U0001f600"), (r"(a{2,3}?)(a*)", "aaaa"), (r"(?:a{0}b)?c", "bc"),
]


def result(m, groups):
    if m is None:
        return "-"
    return f"{m.lastindex or 0}:" + " ".join("%d,%d" % m.span(g) for g in range(groups + 1))


def line(pattern, subject, pos, endpos):
    p = parser.parse(pattern, 0)
    code = compiler._code(p, 0)
    r = re.compile(pattern)
    if r.groups and "POSSESSIVE_REPEAT, " in str(p):
        # 3.11.2 does not restore captures there (gh-101955, fixed later).
        raise ValueError
    chars = list(subject) if isinstance(subject, bytes) else [ord(c) for c in subject]
    top = max(chars, default=0)
    fields = [" ".join("%d" % word for word in code), r.groups, 1 if top < 256 else 2 if top < 65536 else 4,
              " ".join(map(str, chars)), pos, endpos,
              *(result(f(subject, pos, endpos), r.groups) for f in (r.match, r.fullmatch, r.search)),
              "/".join(result(m, r.groups) for m in r.finditer(subject, pos, endpos))]
    return ";".join(map(str, fields)) + "\n"


def pattern(depth, state):
    roll = random.random
    out = []
    for _ in range(random.choice((0, 1, 1, 2, 2, 3))):
        kind = random.randrange(18)
        if depth == 0 or kind < 6:
            item = random.choice(("a", "b", "c", "ab", "abc", ".", "\\w", "\\d", "\\s", "\\W", "[ab]", "[^a]", "[a-c]", "[^\\w]", "\u0436",
                                  "[\u0400-\u0450a]", "\\n", "[k\u00e9]", "\\S", "s", "K"))
        elif kind < 8:
            state["groups"] += 1
            n = state["groups"]
            item = "(" + pattern(depth - 1, state) + ")"
            state["closed"].append(n)
        elif kind < 10:
            item = "(?:" + pattern(depth - 1, state) + "|" + pattern(depth - 1, state) + ("|" + pattern(depth - 1, state) if roll() < .4 else "") + ")"
        elif kind == 10:
            item = random.choice(("(?=", "(?!", "(?>")) + pattern(depth - 1, state) + ")"
        elif kind == 11:
            item = random.choice(("(?<=", "(?<!")) + random.choice(("a", "ab", "[bc]", "(?:a|b)", ".", "\\b")) + ")"
        elif kind == 12 and state["closed"]:
            item = "\\%d" % random.choice(state["closed"]) + "(?:)"
        elif kind == 13 and state["closed"]:
            item = "(?(%d)" % random.choice(state["closed"]) + pattern(depth - 1, state) + ("|" + pattern(depth - 1, state) if roll() < .5 else "") + ")"
        elif kind == 14:
            item = random.choice(("^", "$", "\\b", "\\B", "\\A", "\\Z"))
        elif kind == 15:
            item = "(?i:" + pattern(depth - 1, state) + ")"
        else:
            state["groups"] += 1
            n = state["groups"]
            item = "(" + pattern(depth - 1, state) + "|" + pattern(depth - 1, state) + ")"
            state["closed"].append(n)
        if roll() < .45 and item[0] not in "^$":
            if len(item) > 1 and item[0] not in "([\\":
                item = "(?:" + item + ")"
            item += random.choice(("*", "+", "?", "*?", "+?", "??", "{2}", "{1,2}", "{0,2}?", "{2,}", "*+", "++", "?+", "{1,2}+"))
        out.append(item)
    return "".join(out)


def batch(out, seed, count):
    random.seed(seed)
    written = 0
    while written < count:
        text = pattern(3, {"groups": 0, "closed": []})
        flags = "".join(f for f in "imsa" if random.random() < .15)
        text = (f"(?{flags})" if flags else "") + text
        alphabet = random.choice(("ab", "abc", "abcK1 \n", "abckKs\u00e9\u0436\u0416\u212a\u017f", "ab\U0001f600\u0416c ", "aab"))
        for _ in range(4):
            subject = "".join(random.choices(alphabet, k=random.randrange(0, 12)))
            pos, endpos = (0, len(subject)) if random.random() < .7 else (random.randrange(0, 4), random.randrange(0, 12))
            source = text
            if subject.isascii() and text.isascii() and random.random() < .25:
                source, subject = text.encode(), subject.encode()
                if random.random() < .2:
                    source = b"(?L)" + source
            try:
                out.write(line(source, subject, pos, endpos))
                written += 1
            except (re.error, SystemError, ValueError):
                break
    out.flush()


def main():
    path, seed, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    with open(path, "w") as out:
        for text, subject in FIXED:
            out.write(line(text, subject, 0, len(subject)))
            out.write(line(text, subject, 1, len(subject)))
        for entry in tests:
            if entry[2] == SYNTAX_ERROR:
                continue
            try:
                out.write(line(entry[0], entry[1], 0, len(entry[1])))
            except re.error:
                pass
        out.flush()
        # Some versions of 3.11 crash on captures in possessive repeats: a child may die.
        for i in range(0, count, 500):
            pid = os.fork()
            if pid == 0:
                import signal
                signal.alarm(20)
                batch(out, seed * 1000003 + i, min(500, count - i))
                os._exit(0)
            os.waitpid(pid, 0)


main()
