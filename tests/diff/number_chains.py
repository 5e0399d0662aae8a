# Ints that leave the immediate range and come back, in chains of operators; the same instructions with floats and with
# operands that raise.
M = (1 << 64) - 1
P = (1 << 61) - 1
EDGES = [0, 1, -1, 2, 7, -7, (1 << 30) - 1, 1 << 30, -(1 << 30), (1 << 48) - 1, 1 << 48, -(1 << 48), -(1 << 48) - 1, (1 << 60) - 1,
         1 << 60, (1 << 62), (1 << 63) - 1, 1 << 63, -(1 << 63), -(1 << 63) - 1, M, M + 1, -M, 1 << 90, (1 << 120) - 1, 1 << 120,
         -(1 << 120), (1 << 127) - 1, 1 << 127, -(1 << 127), (1 << 128) - 1, 1 << 128, -(1 << 128), (1 << 150) + 12345, -(1 << 200)]


def attempt(f, *args):
    try:
        return f(*args)
    except (ArithmeticError, ValueError, TypeError) as e:
        return type(e).__name__ + ": " + str(e)


def add(a, b): return a + b
def sub(a, b): return a - b
def mul(a, b): return a * b
def floordiv(a, b): return a // b
def mod(a, b): return a % b
def and_(a, b): return a & b
def or_(a, b): return a | b
def xor(a, b): return a ^ b
def lshift(a, b): return a << b
def rshift(a, b): return a >> b
def less(a, b): return (a < b, a <= b, a == b, a != b, a > b, a >= b)
def jumps(a, b):
    if a < b:
        return 1
    if a == b:
        return 2
    return 3
def unary(a, b): return (-a, ~a, +a, -a if a < b else ~b)
def chain_mask(a, b): return (a * b) & M
def chain_mod(a, b): return (a * b + 12345) % P
def chain_three(a, b): return ((a ^ (a >> 31)) * b) & M
def chain_flipped(a, b): return 1000003 - (b + a * 3)
def chain_divide(a, b): return (a + b) // (b - 1)
def chain_local(a, b):
    t = a * b
    u = t & M
    return t, u
def in_place(a, b):
    a *= b
    a += 1
    a &= M
    return a
def conditional(a, b): return (a * b if a > 0 else a - b) & M


def exhaustive():
    total = 0
    for f in (add, sub, mul, floordiv, mod, and_, or_, xor, less, jumps, unary, chain_mask, chain_mod, chain_three, chain_flipped,
              chain_divide, chain_local, in_place, conditional):
        out = []
        for a in EDGES:
            for b in EDGES:
                out.append(attempt(f, a, b))
        print(f.__name__, sum(map(check, out)) % 1000000007, out[-3:])
    for f in (lshift, rshift):
        out = [attempt(f, a, n) for a in EDGES for n in (0, 1, 29, 30, 47, 48, 60, 63, 64, 65, 100, 127, 128, 129, 200, -1)]
        print(f.__name__, sum(map(check, out)) % 1000000007, out[:3])


def check(v):
    if isinstance(v, tuple):
        return sum(check(x) * (n + 3) for n, x in enumerate(v))
    if isinstance(v, str):
        return sum(map(ord, v))
    return int(v) % 998244353


def hashes():
    h = 0xCBF29CE484222325
    for n in range(3000):
        h ^= n & 255
        h = (h * 0x100000001B3) & M
    x, s = 88172645463325252, 0
    for _ in range(3000):
        x ^= (x << 13) & M
        x ^= x >> 7
        x ^= (x << 17) & M
        s = (s + x) & M
    z, seed = 0, 42
    for _ in range(3000):
        seed = (seed + 0x9E3779B97F4A7C15) & M
        z = seed
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & M
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & M
        z = z ^ (z >> 31)
    return h, s, z


def fib(n, p):
    a, b = 0, 1
    for _ in range(n):
        a, b = b, (a + b) % p
    return a


def raising(divisors):
    # The second operator of a chain raises now and then; its position is that of the whole expression.
    seen = []
    for n, d in enumerate(divisors):
        try:
            seen.append(((1 << 70) + n) % d & 0xFFFF)
        except ZeroDivisionError as e:
            seen.append((str(e), e.__traceback__.tb_lineno - raising.__code__.co_firstlineno))
        try:
            seen.append((n * P) << (d - 3) & M)
        except ValueError as e:
            seen.append(str(e))
    return sum(check(s) for s in seen) % 1000007, seen[:4]


class Odd(int):
    def __and__(self, other): return "and"
    def __rmul__(self, other): return Odd(7)
    def __mod__(self, other): return "mod"


def kinds(values):
    out = []
    for v in values:
        r = attempt(lambda: (v * P + 1) % 1000003)
        out.append(r)
        out.append(attempt(lambda: (v + (1 << 65)) & 0xFF))
        out.append(attempt(lambda: -v))
        out.append(attempt(lambda: v < (1 << 64)))
    return out


def flat(values):
    # The same without closures.
    out = 0
    for v in values:
        try:
            r = (v * P + 1) % 1000003
            if r == "mod" or r == "and":
                out += 17
            elif v < (1 << 64):
                out += int(r)
            out = -(-out)
        except TypeError:
            out += 1
    return out


class Generator:
    def __init__(self, seed): self.state = seed
    def next(self):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) % 2**64
        return self.state >> 33


def popcount(x):
    c = 0
    while x:
        x &= x - 1
        c += 1
    return c


exhaustive()
print(hashes())
print(fib(5000, 10**18 + 9), fib(3000, 10**30 + 57), fib(300, 10**60))
print(raising([(n % 7) for n in range(3000)]))
mixed = [1, 2.5, 1 << 70, True, -3, float("inf"), 1 << 49, Odd(5), {}, 1.0e300, None, -(1 << 100)]
print(kinds(mixed))
print(flat([n for n in range(2000)]), flat([mixed[n % 7 if n % 7 != 5 else 0] for n in range(2000)]), flat([Odd(3)] * 10 + [{}] * 3 + [1 << 60] * 900))
g = Generator(1)
print(sum(g.next() & 7 for _ in range(3000)), g.state)
print(sum(popcount((1 << n) | n) for n in range(64)) , popcount(M), popcount((1 << 130) - 1))
