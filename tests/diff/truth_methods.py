# Conditional jumps on objects with a Python `__bool__`: both ways, several classes, operands that die, errors, wrong answers.
import sys


class Flag:
    def __init__(self, v): self.v = v
    def __bool__(self): return self.v > 0


class Odd:
    def __init__(self, v): self.v = v
    def __bool__(self):
        if self.v % 5 == 4:
            raise ValueError(self.v)
        return self.v % 2 == 1


class Constant:
    def __bool__(self): return False


class Deep:
    def __init__(self, inner): self.inner = inner
    def __bool__(self):
        if self.inner:
            return True
        return not self.inner and self.inner is None


class Wrong:
    def __init__(self, v): self.v = v
    def __bool__(self): return self.v


class Sized:
    def __init__(self, n): self.n = n
    def __len__(self): return self.n


class Dying:
    alive = 0

    def __init__(self, v):
        self.v = v
        Dying.alive += 1

    def __bool__(self): return bool(self.v & 1)
    def __del__(self): Dying.alive -= 1


class Looks:
    def __bool__(self):
        return sys._getframe(1).f_lineno % 2 == 1


def simple(n):
    s = 0
    one, two = Flag(1), Flag(0)
    for i in range(n):
        if one:
            s += 1
        if not two:
            s += 10
        one.v = i % 3 - 1
        two.v = i % 7
        while two:
            two.v -= 1
            s += 100
        s += 1000 if one else 0
        x = one or two
        y = one and two
        s += (x is one) + 2 * (y is two)
    return s


def mixed(objects):
    s, errors = 0, 0
    for o in objects:
        try:
            if o:
                s += 1
            elif not o:
                s += 100
            else:
                s += 10000
        except ValueError as e:
            errors += e.args[0] + e.__traceback__.tb_lineno - mixed.__code__.co_firstlineno
        except TypeError as e:
            errors += len(str(e))
    return s, errors


def temporaries(n):
    s = 0
    for i in range(n):
        if Dying(i):
            s += Dying.alive
        else:
            s -= 2 * Dying.alive
        if not Flag(i & 1):
            s += 5
        assert Dying(1) or i
        s += len([k for k in (1, 2, 3) if Dying(k + i)])
    return s, Dying.alive


def count(l): return sum(1 for x in l if x), any(l), all(l), len(list(filter(None, l)))


def frames(n):
    l, s = Looks(), 0
    for i in range(n):
        if l:
            s += 1
        s += 2 if l else 3
        if i and l:
            s += 10
    return s


def swapped(n):
    f, s = Flag(1), 0
    for i in range(n):
        if i == n // 2:
            Flag.__bool__ = lambda self: self.v < 0
        if f:
            s += 1
    return s


print(simple(2000))
print(mixed([Flag(i % 3 - 1) for i in range(1500)]))
print(mixed([Odd(i) for i in range(1500)]))
print(mixed([Constant(), Deep(Flag(1)), Deep(None), Deep(Deep(Constant())), Sized(0), Sized(3), Flag(0), Odd(1), 0, "", [1], None] * 200))
print(mixed([Wrong([True, False, 1, None, "x"][0 if i < 700 else i % 5]) for i in range(1500)]))
print(temporaries(1500))
print(count([Flag(i % 4 - 1) for i in range(1500)]), count([Deep(Flag(i & 1)) for i in range(900)]))
print(frames(1200))
print(swapped(2000))
