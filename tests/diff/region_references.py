"""References that compiled code takes over from the interpreter's registers are given back: nothing stays alive."""
import gc


class Counted:
    alive = 0

    def __init__(self, value=0):
        Counted.alive += 1
        self.value = value

    def __del__(self):
        Counted.alive -= 1


def listed(n):
    return len([Counted(i) for i in range(n)])


def nested(n):
    return len([[Counted(j) for j in range(i)] for i in range(n)])


def in_dict(n):
    return len({i: Counted(i) for i in range(n)})


def in_set(n):
    return len({Counted(i) for i in range(n)})


def filtered(n):
    return len([c for c in [Counted(i) for i in range(n)] if c.value % 2])


def generated(n):
    return sum(c.value for c in (Counted(i) for i in range(n)))


def returned_from_loop(n):
    for c in [Counted(i) for i in range(n)]:
        if c.value == n - 2:
            return c
    return None


def returned_from_two(n):
    for a in [Counted(i) for i in range(n)]:
        for b in [Counted(i) for i in range(n)]:
            if a.value + b.value == n + 1:
                return [a, b]
    return None


def in_the_middle(n):
    return (Counted(1), [Counted(i) for i in range(n)], Counted(2), len([Counted(i) for i in range(n)]))


def within_call(n):
    return max(Counted(1).value, sum([Counted(i).value for i in range(n)]), *[Counted(i).value for i in range(n)])


def finally_left(n):
    for c in [Counted(i) for i in range(n)]:
        try:
            if c.value == n - 1:
                return Counted(5)
        finally:
            d = Counted(6)
    return d


def raised(n):
    try:
        for c in [Counted(i) for i in range(n)]:
            [Counted(i) for i in range(c.value)]
            if c.value == n - 1:
                raise ValueError(c)
    except ValueError as e:
        return len(e.args)


def generator(n):
    for c in [Counted(i) for i in range(n)]:
        yield c
        if c.value == n - 2:
            return [Counted(i) for i in range(3)]


def driven(n):
    for c in generator(n):
        if c.value == n - 1:
            return c
    return len([c for c in generator(n)])


def closure(n):
    held = Counted(n)
    return [(lambda: held.value + i)() for i in range(n)]


def unpacked(n):
    a, *b, c = [Counted(i) for i in range(n + 2)]
    return [*b, *[Counted(i) for i in range(n)], c]


def while_loop(n):
    stack = [Counted(n)]
    while stack:
        c = stack.pop()
        if c.value:
            stack.extend(Counted(c.value - 1) for _ in (1,))
        elif n % 2:
            return stack
        else:
            break
    return c


CASES = [
    listed, nested, in_dict, in_set, filtered, generated, returned_from_loop, returned_from_two, in_the_middle, within_call,
    finally_left, raised, driven, closure, unpacked, while_loop,
]

gc.disable()
for f in CASES:
    for _ in range(60):
        f(4)
    few = Counted.alive
    for _ in range(700):
        f(5)
    print(f.__name__, few, Counted.alive)
