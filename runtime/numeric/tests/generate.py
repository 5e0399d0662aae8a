"""Writes cases computed by the running CPython 3.11, one per line: operation, arguments and result, tab-separated.

Usage: python3.11 generate.py SEED COUNT, where COUNT is the number of rounds of every operation.
Integers are hexadecimal, floats their 64 bits in hexadecimal, texts are percent-encoded, an exception is "!Class"
(and "!Class: message" where the message is this crate's business).
"""
import cmath
import math
import os
import random
import struct
import subprocess
import sys

sys.set_int_max_str_digits(0)
rng = random.Random(int(sys.argv[1]))
rounds = int(sys.argv[2])


def text(s):
    out = []
    for b in s.encode("utf-8", "surrogatepass"):
        c = chr(b)
        out.append(c if 32 < b < 127 and c != "%" else "%%%02x" % b)
    return "".join(out)


def flt(x):
    if x != x:
        return "nan"
    return struct.pack(">d", x).hex()


def show(v):
    if isinstance(v, bool):
        return str(int(v))
    if isinstance(v, int):
        return "%x" % v
    if isinstance(v, float):
        return flt(v)
    if isinstance(v, complex):
        return flt(v.real) + "," + flt(v.imag)
    if isinstance(v, bytes):
        return "b" + v.hex()
    if isinstance(v, str):
        return text(v)
    if isinstance(v, (tuple, list)):
        return ",".join(map(show, v))
    raise TypeError(v)


def emit(op, args, function, messages=False):
    try:
        result = show(function())
    except (ArithmeticError, ValueError) as e:
        result = "!" + type(e).__name__ + (": " + text(str(e)) if messages else "")
    print(op, *map(show, args), result, sep="\t")


def size():
    return rng.choice([1, 8, 29, 30, 31, 59, 60, 61, 64, 90, 120, 150, 300, 600, 1000, 3000,
                       rng.randrange(1, 20), rng.randrange(1, 400), rng.randrange(1, 6000)])


def integer(limit=None):
    bits = size()
    if limit:
        bits = min(bits, rng.randrange(1, limit))
    kind = rng.randrange(6)
    if kind == 0:
        n = 0
        while n.bit_length() < bits:   # runs of equal bits
            run = rng.randrange(1, 100)
            n = n << run | (rng.choice([0, 1]) * ((1 << run) - 1)) | (1 if n == 0 else 0)
    elif kind == 1:
        n = (1 << bits) + rng.randrange(-2, 3)
    else:
        n = rng.getrandbits(bits)
    if rng.randrange(20) == 0:
        n = rng.randrange(4)
    return -n if rng.randrange(3) == 0 else n


SPECIAL = [0.0, -0.0, 1.0, -1.0, 0.5, 1.5, 2.5, -2.5, 2.0, 3.0, math.inf, -math.inf, math.nan, 5e-324, 2.2250738585072014e-308,
           2.225073858507201e-308, 1.7976931348623157e308, 1e16, 1e15, 9999999999999998.0, 1e17, 1e-4, 1e-5, 0.1, 1e22, 1e23,
           123456789.0, 0.3, 1e100, 1e-100, 2.0**53, 2.0**63, 2.0**64, 0.125, 0.375, 1e-7]


def number():
    kind = rng.randrange(8)
    if kind == 0:
        return rng.choice(SPECIAL)
    if kind == 1:
        return struct.unpack("d", struct.pack("Q", rng.getrandbits(64)))[0]
    if kind == 2:
        return rng.uniform(-10, 10)
    if kind == 3:
        return float(rng.randrange(-1000, 1000)) / rng.choice([1, 2, 4, 8, 10, 100])
    if kind == 4:
        return float(rng.randrange(-40, 40))
    if kind == 5:
        return round(rng.uniform(-1000, 1000), rng.randrange(0, 6))
    if kind == 6:
        return rng.uniform(-1, 1) * 10.0 ** rng.randrange(-20, 25)
    return math.ldexp(rng.uniform(-1, 1), rng.randrange(-1074, 1024))


def spec():
    parts = [rng.choice(["", "", "", "<", ">", "^", "=", "*<", "0>", "_^", "0=", "\u20ac=", "\U0001f600^"]),
             rng.choice(["", "", "", "+", "-", " "]), rng.choice(["", "", "", "", "", "z"]),
             rng.choice(["", "", "", "#"]), rng.choice(["", "", "0"]),
             rng.choice(["", "", str(rng.randrange(1, 40))]), rng.choice(["", "", ",", "_"]),
             rng.choice(["", "", "." + str(rng.randrange(0, 25))]),
             rng.choice(["", "d", "b", "o", "x", "X", "n", "c", "e", "E", "f", "F", "g", "G", "%", "s"])]
    if rng.randrange(30) == 0:
        parts.insert(rng.randrange(9), rng.choice(["?", ",", ".", "\u1234", "_", " ", "99999999999999999999"]))
    return "".join(parts)


def number_text():
    kind = rng.randrange(5)
    if kind == 0:
        return rng.choice(["", "inf", "-Infinity", "nan", "+nan", "in", "infinit", "1e", "e5", ".", "1.", ".5", "-.5e3",
                           "1_0", "1__0", "_1", "1_", "1_.5", "1._5", "1e_5", "1e1_0", " 1.5\n", "1 5", "0x1p3", "1e400", "1e-400",
                           "1e99999999999999999999", "1e-99999999999999999999", "0e99999999999999999999", "--1", "+-1",
                           "9007199254740993", "179769313486231580793728971405301e276", "2.4703282292062328e-324",
                           "2.4703282292062327e-324", "0." + "0" * 400 + "1e401", "9" * 900, "\t+0_1.5_0E+0_2"])
    if kind == 1:
        return "".join(rng.choice("0123456789.e+-_ jJ()infa") for _ in range(rng.randrange(1, 8)))
    if kind == 2:
        return "%s%d.%de%d" % (rng.choice(["", "-", "+"]), rng.getrandbits(rng.randrange(1, 80)), rng.getrandbits(60), rng.randrange(-340, 320))
    if kind == 3:
        return "%.*e" % (rng.randrange(0, 40), number())
    return repr(number())


def complex_text():
    a, b = number_text().strip(), number_text().strip()
    return rng.choice([a, a + "j", a + "+" + b + "j", a + b + "J", "(" + a + "+" + b + "j)", " ( " + a + "j ) ", "j", "+j", "-j", a + "+j",
                       a + "-j", "1+", "1+2", "()", "(", "(1", "1)", "1 + 2j", "infj", "nan-infj"])


def int_text():
    kind = rng.randrange(4)
    if kind == 0:
        return rng.choice(["", "0", "00", "0_0", "012", "0x", "0x_f", "0x__f", "0xf_", "_1", "1_", "1__0", " 1 ", "- 1", "+1", "--1", "0b1", "0b2",
                           "0o17", "0O8", "zz", "Zz", "0b1_0", "0_7", "1\x00", "0x1F", "1.0", "\n-0_1\t", "0B", "0_x1"])
    if kind == 1:
        return "".join(rng.choice("01234567_abxoz+- ") for _ in range(rng.randrange(1, 8)))
    n = integer()
    return rng.choice([str, hex, oct, bin, lambda n: f"{n:_}", lambda n: f"{n:#_x}"])(n)


def hex_text():
    kind = rng.randrange(4)
    if kind == 0:
        return rng.choice(["", "0x", "inf", "-NaN", "infinity", "infx", ".", "0x.8", "0x1.", "1p", "1p+", "1p5", "0x1p1024", "0x1.fffffffffffff8p1023",
                           "0x1.fffffffffffff7p1023", "0x1p-1075", "0x1.8p-1075", "0x0p99999999999999999999", "0x1p-99999999999999999999", "0x1p99999999999999999999",
                           "0x" + "0" * 50 + "1." + "0" * 50 + "1p-3", " 0X1.8P2 ", "1.2.3", "0x1_0", "0x0.00000000000000000000000000001p+200"])
    if kind == 1:
        return number().hex()
    return "%s0x%x.%xp%d" % (rng.choice(["", "-"]), rng.getrandbits(rng.randrange(1, 90)), rng.getrandbits(70), rng.randrange(-1160, 1030))


def to_base(n, base):
    if n == 0:
        return "0"
    digits = []
    m = abs(n)
    while m:
        m, d = divmod(m, base)
        digits.append("0123456789abcdefghijklmnopqrstuvwxyz"[d])
    return ("-" if n < 0 else "") + "".join(reversed(digits))


def small_hash():
    return rng.choice([hash(integer()), rng.randrange(-20, -1), rng.randrange(20), hash(number())])


def fold(values):
    class H:
        def __init__(self, v): self.v = v
        def __hash__(self): return self.v
    return [H(v) for v in values]


UNARY = "acos acosh asin asinh atan atanh cbrt cos cosh erf erfc exp exp2 expm1 sin sinh tan tanh sqrt log1p gamma lgamma log log2 log10 ulp".split()

for seed in [0, 1, 42, 4294967295, rng.randrange(1 << 32)]:
    words = ["abc", "a", "abcdefgh", "abcdefghi", "x" * 100, "hello world"] + ["".join(rng.choice("abcdef") for _ in range(n)) for n in range(1, 20)]
    program = "import sys\nfor w in sys.argv[1:]: print(hash(w))"
    done = subprocess.run([sys.executable, "-c", program, *words], env={**os.environ, "PYTHONHASHSEED": str(seed)}, capture_output=True, text=True)
    for word, line in zip(words, done.stdout.split()):
        print("hash_str", "%x" % seed, text(word), show(int(line)), sep="\t")

for turn in range(rounds):
    a, b, c = integer(), integer(), integer()
    s, t = integer(60), abs(integer(60))
    emit("add", [a, b], lambda: a + b)
    emit("sub", [a, b], lambda: a - b)
    emit("mul", [a, b], lambda: a * b)
    emit("mul", [a, a], lambda: a * a)
    emit("divmod", [a, b], lambda: divmod(a, b))
    ab = a * b + rng.randrange(-1, 2)
    emit("divmod", [ab, b], lambda: divmod(ab, b))
    emit("divmod", [a, s], lambda: divmod(a, s))
    emit("modulo", [a, s], lambda: a % s)
    emit("and", [a, b], lambda: a & b)
    emit("or", [a, b], lambda: a | b)
    emit("xor", [a, b], lambda: a ^ b)
    emit("invert", [a], lambda: ~a)
    emit("compare", [a, b], lambda: (a > b) - (a < b))
    shift = rng.randrange(0, 400)
    emit("shl", [a, shift], lambda: a << shift)
    emit("shr", [a, shift], lambda: a >> shift)
    emit("bits", [a], lambda: (a.bit_length(), a.bit_count()))
    emit("gcd", [a, b], lambda: math.gcd(a, b))
    emit("gcd", [a * c, b * c], lambda: math.gcd(a * c, b * c))
    emit("lcm", [a, b], lambda: math.lcm(a, b))
    emit("isqrt", [abs(a)], lambda: math.isqrt(abs(a)))
    emit("isqrt", [a * a], lambda: math.isqrt(a * a))
    e = rng.randrange(0, 40)
    emit("pow", [s, e], lambda: s ** e)
    if a.bit_length() < 700 and b.bit_length() < 300:
        emit("mod_pow", [a, b, c], lambda: pow(a, b, c))
    emit("mod_pow", [a, -1, c], lambda: pow(a, -1, c))
    emit("mod_pow", [a, s, t], lambda: pow(a, s, t))
    emit("int_float", [a], lambda: float(a))
    big = rng.getrandbits(54) << rng.randrange(0, 980) | rng.randrange(2)
    emit("int_float", [big], lambda: float(big))
    emit("true_divide", [a, b], lambda: a / b)
    emit("true_divide", [s, t], lambda: s / t)
    wide = 1 << rng.randrange(0, 1200)
    emit("true_divide", [big, wide], lambda: big / wide)
    emit("true_divide", [big * c, c], lambda: big * c / c)
    emit("hash_int", [a], lambda: hash(a))
    length, order, signed = rng.randrange(0, 12), rng.choice(["little", "big"]), rng.random() < 0.5
    v = rng.choice([integer(90), (1 << max(8 * length - 1, 0)) + rng.randrange(-1, 2), -(1 << max(8 * length - 1, 0)) + rng.randrange(-1, 2)])
    emit("to_bytes", [v, length, order == "little", signed], lambda: v.to_bytes(length, order, signed=signed), True)
    raw = rng.randbytes(rng.randrange(0, 40)) if rng.random() < 0.8 else rng.choice([b"\xff", b"\x80"]) + bytes(rng.randrange(12))
    emit("from_bytes", [raw, order == "little", signed], lambda: int.from_bytes(raw, order, signed=signed))
    emit("str", [a, 10], lambda: str(a))
    base = rng.randrange(2, 37)
    emit("str", [c, base], lambda: to_base(c, base))
    word = to_base(c, base)
    emit("parse_int", [word, base], lambda: int(word, base))
    w, wb = int_text(), rng.choice([0, 0, 10, 16, 8, 2, 36, rng.randrange(2, 37)])
    emit("parse_int", [w, wb], lambda: int(w, wb))
    places = rng.choice([rng.randrange(0, 30), rng.randrange(0, 600)])
    emit("round_int", [a, places], lambda: round(a, -places))
    tie = (2 * rng.randrange(-50, 50) + 1) * 5 * 10 ** places
    emit("round_int", [tie, places + 1], lambda: round(tie, -places - 1))
    f = rng.choice([number(), float(s), float(a) if abs(a) < 2 ** 1000 else 0.5, float(s) + 0.5])
    for n in (a, s, int(f) if math.isfinite(f) else 5):
        emit("compare_float", [n, f], lambda: 2 if f != f else (n > f) - (n < f))
    emit("log_int", [abs(a)], lambda: (math.log(abs(a)), math.log2(abs(a)), math.log10(abs(a))))
    n, k = rng.randrange(0, 300), rng.randrange(0, 300)
    emit("factorial", [n], lambda: math.factorial(n))
    emit("comb", [n, k], lambda: math.comb(n, k))
    emit("perm", [n, k], lambda: math.perm(n, k))
    kk = rng.randrange(0, 12)
    emit("comb", [abs(a), kk], lambda: math.comb(abs(a), kk))
    emit("perm", [abs(a), kk], lambda: math.perm(abs(a), kk))

    x, y = number(), number()
    for x in (x, y, number(), number()):
        emit("repr", [x], lambda: repr(x))
        emit("hex", [x], lambda: x.hex())
        if x == x:
            emit("hash_float", [x], lambda: hash(x))
        emit("ratio", [x], lambda: x.as_integer_ratio())
        emit("trunc", [x], lambda: int(x))
        nd = rng.choice([rng.randrange(-20, 20), rng.randrange(-330, 340), 0, 1, 2, 3])
        emit("round", [x, nd], lambda: round(x, nd))
        near = 10 ** rng.randrange(1, 18) * rng.choice([1.5, 2.5, 0.5, 5.0])
        emit("round", [near, nd], lambda: round(near, nd))
        sp = spec()
        emit("format_float", [x, sp], lambda: format(x, sp) if sp else repr(x), True)
        p = rng.choice([rng.randrange(0, 30), rng.randrange(0, 400), 1200])
        code = rng.choice("eEfFgG%")
        emit("format_float", [x, f".{p}{code}"], lambda: format(x, f".{p}{code}"), True)
        for name in UNARY:
            emit("math1", [name, x], lambda: getattr(math, name)(x))
        emit("frexp", [x], lambda: math.frexp(x))
        for h in (x, rng.uniform(-1, 1) * 2.0 ** rng.randrange(-27, 18), rng.randrange(4096) * 2.0 ** -26, rng.choice([65504.0, 65519.99, 65520.0, 6.1035e-05])):
            emit("pack_half", [h], lambda: struct.unpack("<H", struct.pack("<e", h))[0])
        word = rng.randrange(65536)
        emit("unpack_half", [word], lambda: struct.unpack("<e", struct.pack("<H", word))[0])
        emit("modf", [x], lambda: math.modf(x))
        e = rng.choice([rng.randrange(-1100, 1100), rng.randrange(-3000, 3000)])
        emit("ldexp", [x, e], lambda: math.ldexp(x, e))
    for x, y in ((x, y), (number(), number()), (number(), float(rng.randrange(-5, 6))), (rng.choice(SPECIAL), rng.choice(SPECIAL))):
        emit("float_divmod", [x, y], lambda: divmod(x, y))
        emit("float_mod", [x, y], lambda: x % y)

        def power():
            if x < 0 and math.isfinite(x) and math.isfinite(y) and y != math.floor(y):
                raise ValueError("complex")
            return x ** y
        emit("float_pow", [x, y], power)
        emit("math2", ["pow", x, y], lambda: math.pow(x, y))
        emit("math2", ["fmod", x, y], lambda: math.fmod(x, y))
        emit("math2", ["remainder", x, y], lambda: math.remainder(x, y))
        emit("math2", ["atan2", x, y], lambda: math.atan2(x, y))
        emit("math2", ["nextafter", x, y], lambda: math.nextafter(x, y))
        z, u = complex(x, y), complex(number(), number())
        emit("complex_repr", [z], lambda: repr(z))
        emit("complex_mul", [z, u], lambda: z * u)
        emit("complex_div", [z, u], lambda: z / u)
        emit("complex_pow", [z, u], lambda: z ** u)
        v = complex(rng.randrange(-12, 12) / rng.choice([1, 2]), 0)
        emit("complex_pow", [z, v], lambda: z ** v)
        emit("complex_abs", [z], lambda: abs(z))
        emit("complex_phase", [z], lambda: cmath.phase(z))
        if x == x and y == y:
            emit("complex_hash", [z], lambda: hash(z))
        sp = spec()
        emit("format_complex", [z, sp], lambda: format(z, sp) if sp else repr(z), True)
    ft = number_text()
    emit("parse_float", [ft], lambda: float(ft))
    ct = complex_text()
    emit("parse_complex", [ct], lambda: complex(ct))
    ht = hex_text()
    emit("from_hex", [ht], lambda: float.fromhex(ht))
    for _ in range(4):
        sp = spec()
        n = rng.choice([integer(), rng.randrange(-2000, 2000), integer(80)])
        if not ("c" in sp and 0xD800 <= n < 0xE000):
            emit("format_int", [n, sp], lambda: format(n, sp), True)
        sp = spec()
        word = "".join(rng.choice("ab\u00e9\u20ac") for _ in range(rng.randrange(0, 12)))
        emit("format_str", [word, sp], lambda: format(word, sp), True)
    scale = rng.choice([1, 1e100, 1e-160, 5e-324, 1e300, 1])
    vec = [number() if rng.random() < 0.02 else rng.uniform(-1, 1) * scale * rng.choice([1, 1, 1e-8]) for _ in range(rng.randrange(0, 8))]
    emit("hypot", vec, lambda: math.hypot(*vec))
    half = len(vec) // 2
    emit("dist", vec[:2 * half], lambda: math.dist(vec[:half], vec[half:2 * half]))
    terms = [number() if rng.random() < 0.05 else rng.uniform(-1, 1) * 2.0 ** rng.randrange(-60, 60) for _ in range(rng.randrange(0, 20))]
    if rng.random() < 0.5:
        terms += [-t for t in terms[1:]]
        rng.shuffle(terms)
    emit("fsum", terms, lambda: math.fsum(terms), True)
    hs = [small_hash() for _ in range(rng.randrange(0, 9))]
    emit("hash_tuple", hs, lambda: hash(tuple(fold(hs))))
    emit("hash_frozenset", hs, lambda: hash(frozenset(fold(hs))))
    if turn % 10 == 0:
        o = object()
        emit("hash_pointer", [id(o)], lambda: object.__hash__(o))
        seed = integer()
        other = random.Random(seed)
        k = rng.randrange(1, 200)
        emit("random", [seed, k], lambda: (other.random(), other.getrandbits(k), other.getrandbits(32), [other.random() for _ in range(700)][-1]))

for turn in range(rounds // 10 + 1):
    def large():
        bits = rng.choice([4000, 9000, 20000, 45000, 90000, 150000]) + rng.randrange(-200, 200)
        n = rng.getrandbits(bits)
        if rng.random() < 0.3:
            n = (1 << bits) - rng.randrange(3) if rng.random() < 0.5 else n >> (bits // 2) << (bits // 2)
        return -n if rng.random() < 0.3 else n
    a, b = large(), large()
    emit("mul", [a, b], lambda: a * b)
    emit("mul", [a, a], lambda: a * a)
    emit("divmod", [a, b], lambda: divmod(a, b))
    product = a * b + rng.randrange(-1, 2)
    emit("divmod", [product, b], lambda: divmod(product, b))
    emit("str", [a, 10], lambda: str(a))
    if a.bit_length() < 30000:
        emit("parse_int", [str(a), 10], lambda: a)
        seven = to_base(a, 7)
        emit("str", [a, 7], lambda: seven)
        emit("parse_int", [seven, 7], lambda: a)
    emit("isqrt", [abs(a)], lambda: math.isqrt(abs(a)))
    emit("gcd", [a, b], lambda: math.gcd(a, b))
    n, k = rng.randrange(300, 5000), rng.randrange(300, 5000)
    emit("factorial", [n], lambda: math.factorial(n))
    emit("comb", [n, k], lambda: math.comb(n, k))
    x, m = rng.getrandbits(600), rng.getrandbits(rng.randrange(60, 700)) | 1
    e = rng.getrandbits(200)
    emit("mod_pow", [x, e, m], lambda: pow(x, e, m))
    emit("mod_pow", [x, e, m + 1], lambda: pow(x, e, m + 1))
    emit("mod_pow", [x, -e, m], lambda: pow(x, -e, m))
    emit("true_divide", [a, b], lambda: a / b)
    emit("pow", [rng.randrange(2, 50), 0], lambda: 1)
    small, exponent = rng.randrange(2, 1000), rng.randrange(100, 2000)
    emit("pow", [small, exponent], lambda: small ** exponent)
