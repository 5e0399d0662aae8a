#!/usr/bin/python3.11
"""Compares examples/dump with this CPython 3.11: every code point, every property, many strings.

    cargo build -p pyrs-ucd --example dump && tools/compare.py target/debug/examples/dump
"""

import random
import struct
import subprocess
import sys
import unicodedata as ud
import _sre

old = ud.ucd_3_2_0
dump = sys.argv[1]
hexes = lambda s: " ".join("%x" % ord(c) for c in s)
number = lambda v: "None" if v is None else struct.pack(">d", v).hex()
bad = 0


def expect(what, got, wanted):
    global bad
    if got != wanted:
        bad += 1
        if bad < 20:
            print("DIFFERENT", what, "got", got, "wanted", wanted)


def flags(c, ch):
    cased = (ch + "a").title()[-1] == "a"
    ignorable = (("A\u03a3" + ch).lower()[1] if cased else ("A" + ch + "\u03a3").lower()[-1]) == "\u03c2"
    tests = (ch.isalpha(), ch.isdecimal(), ch.isdigit(), ch.isnumeric(), ch.isalnum(), ch.isspace(), ch.isprintable(),
             ch.isupper() and not ud.category(ch) == "Lt", ch.islower(), ud.category(ch) == "Lt", cased, ignorable,
             ch.isidentifier() and ch != "_", ("a" + ch).isidentifier(), len(("a" + ch + "b").splitlines()) == 2)
    return "".join("01"[bool(t)] for t in tests)


def properties(db, ch):
    return [str(db.decimal(ch, None)), str(db.digit(ch, None)), number(db.numeric(ch, None)), db.category(ch),
            db.bidirectional(ch), str(db.combining(ch)), str(db.mirrored(ch)), db.east_asian_width(ch),
            db.decomposition(ch), db.name(ch, "")]


with subprocess.Popen([dump, "chars"], stdout=subprocess.PIPE, text=True) as process:
    for c, line in enumerate(process.stdout):
        ch = chr(c)
        wanted = [flags(c, ch), "%x" % _sre.unicode_tolower(c),
                  hexes(ch.lower()), hexes(ch.upper()), hexes(ch.title()), hexes(ch.casefold()), hexes(ch.swapcase()),
                  *properties(ud, ch), *properties(old, ch)]
        expect(hex(c), line.rstrip("\n").split("|"), wanted)
    assert c == 0x10ffff

random.seed(1)
interesting = [c for c in range(0x110000) if ud.decomposition(chr(c)) or ud.combining(chr(c))
               or chr(c).lower() != chr(c) or chr(c).upper() != chr(c)]
jamo = list(range(0x1100, 0x1200)) + list(range(0xac00, 0xac40))
pools = (interesting, jamo, [0x3a3, 0x41, 0x61, 0x27, 0xad, 0x20, 0x2e, 0x1c5, 0x345],
         interesting + [0x41, 0x61] * 2000, list(range(0x300, 0x345)) + [0x61, 0x65, 0x1ea5] * 9)
lines, wanted = [], []
for i in range(0x110000 + 400000):
    if i < 0x110000:
        s = "a" + chr(i) + "\u0301"
    else:
        s = "".join(map(chr, random.choices(random.choice(pools), k=random.randrange(1, 12))))
    lines.append(hexes(s))
    w = [hexes(f(s)) for f in (str.lower, str.upper, str.title, str.capitalize, str.casefold, str.swapcase)]
    w.append(str(int(s.isidentifier())))
    for form in ("NFC", "NFD", "NFKC", "NFKD"):
        w += [hexes(ud.normalize(form, s)), hexes(old.normalize(form, s)),
              str(int(ud.is_normalized(form, s))), str(int(old.is_normalized(form, s)))]
    wanted.append("|".join(w))
for c in range(0x110000):
    name = ud.name(chr(c), None)
    if name is None:
        name = "X" + hex(c)
    for n in {name, name.lower()}:
        lines.append("?" + n)
        try:
            wanted.append(hexes(ud.lookup(n)))
        except KeyError:
            wanted.append("")
got = subprocess.run([dump, "text"], input="\n".join(lines), capture_output=True, text=True).stdout.split("\n")
for line, a, b in zip(lines, got, wanted):
    expect(line, a, b)
print("compared", len(lines), "texts;", bad, "differences")
sys.exit(bad != 0)
