# Searches in texts where nearly every place could begin a match: all patterns find what CPython's matcher finds.
import random
import re

rng = random.Random(7)


def atom(depth):
    kind = rng.randrange(14)
    if kind < 4:
        return rng.choice("acgt")
    if kind < 6:
        return "".join(rng.choice("acgt") for _ in range(rng.randrange(1, 5)))
    if kind == 6:
        return "[" + rng.choice(["", "^"]) + "".join(rng.sample("acgtnN", rng.randrange(1, 4))) + "]"
    if kind == 7:
        return rng.choice([".", r"\w", r"\D", r"\b", "^", "$", "(?=[ac])", "(?!g)", "(?<=t)"])
    if kind == 8 and depth:
        return "(" + alternatives(depth - 1) + ")"
    if kind == 9 and depth:
        return "(?:" + alternatives(depth - 1) + ")" + rng.choice(["", "?", "{2}", "{1,2}", "??"])
    if kind == 10 and depth:
        return rng.choice(["(?>", "(?i:", "(?=", "(?!"]) + alternatives(depth - 1) + ")"
    return rng.choice("acgt") + rng.choice(["?", "?", "{2}", "{3}", "{1,3}", "{2}?", "++", "?+", "{1,2}+"])


def sequence(depth):
    return "".join(atom(depth) for _ in range(rng.randrange(1, 5)))


def alternatives(depth):
    return "|".join(sequence(depth) for _ in range(rng.choice([1, 1, 1, 2, 2, 3])))


plain = "".join(rng.choice("acgt") for _ in range(500))
texts = [
    plain,
    plain[:200] + "\n" + plain[200:300].upper() + "nN\n" + plain[300:],
    plain[:200] + "\u0101" + plain[200:400] + "\u0161a",
    plain[:300] + "\U0001f600" + plain[300:600] + "c",
    "a" * 60,
    "ac" * 30 + "g" * 60 + "acgt" * 20,
    "",
]
total = 0
for i in range(60):
    source = alternatives(2)
    flags = rng.choice([0, 0, 0, re.I, re.M, re.S, re.A])
    try:
        p = re.compile(source, flags)
    except re.error:
        continue
    sums = []
    for text in texts:
        found = [(m.span(), m.groups()) for m in p.finditer(text)]
        total += len(found)
        m = p.search(text, 100, 250)
        sums.append((len(found), found[:1], found[-1:], sum(a * 31 + b for (a, b), _ in found) % 9973, m and m.span()))
    data = texts[1].encode()
    b = re.compile(source.encode(), flags)
    sums.append((len(b.findall(data)), len(b.sub(b"-", data)), len(b.split(data))))
    print(i, source, flags, sums)
print(total)
for source in ("agggtaaa|tttaccct", "[cgt]gggtaaa|tttaccc[acg]", "a[act]ggtaaa|tttacc[agt]t", "tHa[Nt]", "aND|caN|Ha[DS]|WaS", r"\d{4}-\d\d-\d\d", "[ab]{8}c", "(a|c)(g|t){3}\\1", "..a", "[^x][^y]z|[^z]{3}q"):
    text = plain * 3 + "1999-01-2x 0123-45-67 xyz agggtaaa" + plain + "abababbac tttaccct 2001-12-31"
    print(source, [(m.start(), m.group()) for m in re.finditer(source, text)][-4:], len(re.findall(source, text)))
