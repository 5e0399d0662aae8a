# Comparisons that Python methods decide, as values and as conditions: answers that are no bool, NotImplemented, subclasses on
# the right, operands that die, errors.
from functools import total_ordering


class Version:
    def __init__(self, *p): self.p = p
    def __eq__(self, o):
        if not isinstance(o, Version):
            return NotImplemented
        return self.p == o.p
    def __lt__(self, o): return self.p < o.p
    def __le__(self, o): return not o < self
    def __hash__(self): return hash(self.p)


class Late(Version):
    def __lt__(self, o): return "late"
    def __gt__(self, o): return []


@total_ordering
class Ordered:
    def __init__(self, v): self.v = v
    def __eq__(self, o): return self.v == o.v
    def __lt__(self, o): return self.v < o.v


class Any:
    def __init__(self, answer): self.answer = answer
    def __eq__(self, o):
        if self.answer == "raise":
            raise KeyError(o)
        return self.answer
    def __ne__(self, o): return self.answer
    def __gt__(self, o): return self.answer


class Number:
    def __init__(self, n): self.n = n
    def __lt__(self, o):
        if isinstance(o, int):
            return self.n < o
        return self.n < o.n
    def __gt__(self, o): return self.n > (o if isinstance(o, int) else o.n)
    def __eq__(self, o): return self.n == (o if isinstance(o, int) else o.n)


class Dying:
    alive = 0

    def __init__(self, n):
        self.n = n
        Dying.alive += 1

    def __del__(self): Dying.alive -= 1
    def __lt__(self, o): return self.n < o.n
    def __eq__(self, o): return self.n == o.n and Dying.alive > 1


def versions(n):
    s = 0
    for i in range(n):
        a, b = Version(1, i % 7), Version(1, i % 5)
        if a < b:
            s += 1
        if a == b:
            s += 10
        if a != b:
            s += 100
        if not a <= b:
            s += 1000
        if a > b:
            s += 10000
        s += (a < b) + 2 * (a == b) + 3 * (a != b) + 4 * (a == i) + 5 * (i == a)
        while a < b:
            a = Version(1, a.p[1] + 1)
            s += 7
    return s


def mixed(pairs):
    out = 0
    for a, b in pairs:
        try:
            if a < b:
                out += 1
            x = a < b
            out += len(str(x))
            if a == b:
                out += 100
            if a > b:
                out += 1000
            y = a > b
            out += len(str(y))
        except (TypeError, KeyError, AttributeError) as e:
            out += len(str(e))
    return out


def answers(values):
    out = []
    for v in values:
        a = Any(v)
        try:
            x = a == 1
            out.append(x is v)
            if a == 2:
                out.append("yes")
            else:
                out.append("no")
            out.append((a != 1, a > 3))
            if a != 5:
                out.append(5)
        except (KeyError, TypeError) as e:
            out.append(str(e))
    return out


def numbers(n):
    s = 0
    x = Number(3)
    for i in range(n):
        x.n = i % 10
        if x < 5:
            s += 1
        if x == i % 3:
            s += 10
        if x > Number(4):
            s += 100
        if 5 > x:
            s += 1000
        if 2 < x < 8:
            s += 10000
    return s


def dying(n):
    s = 0
    for i in range(n):
        if Dying(i % 4) < Dying(2):
            s += Dying.alive + 1
        if Dying(1) == Dying(i % 2):
            s += 10
        s += (Dying(3) < Dying(i % 8)) * 100
    return s, Dying.alive


def changed(n):
    a, s = Ordered(1), 0
    for i in range(n):
        if i == n // 2:
            Ordered.__lt__ = lambda self, o: self.v > o.v
        if a < Ordered(i % 3):
            s += 1
        s += (a >= Ordered(1)) + 2 * (a <= Ordered(0))
    return s


print(versions(1500))
old, late = Version(1, 2), Late(1, 3)
print(mixed([(old, late), (late, old), (old, old)] * 400))
print(mixed([(Ordered(1), Ordered(2)), (Ordered(2), Ordered(2)), (Ordered(3), Ordered(2))] * 400))
print(mixed([(Version(i % 2), Version(1)) if i % 3 else (Ordered(i % 4), Ordered(2)) for i in range(1200)]))
print(mixed([(old, 1), (1, old), (old, "x")] * 300))
kinds = [True, False, 1, 0, "", "x", None, [], NotImplemented, "raise"]
print(answers([True] * 600 + kinds)[-30:])
print(len(answers(kinds * 100)), answers(kinds * 100)[-9:])
print(numbers(2000))
print(dying(1500))
print(changed(1500))
print(sorted([Number(i * 7 % 31) for i in range(400)])[5].n, max(Ordered(i * 7 % 31) for i in range(400)).v, len({Version(i % 9) for i in range(900)}))
