"""What a region leaves with when an operand is no number: its registers hold what they held, whatever kind it was entered with."""


def add(n, kinds):
    acc, log = 0, []
    for i in range(n):
        v = kinds[i // 7 % len(kinds)]
        try:
            acc = acc + v
        except TypeError:
            acc = v
        log.append(acc)
    return log[-8:], len(log)


def compare(n, kinds):
    acc, log = 0, []
    for i in range(n):
        v = kinds[i // 7 % len(kinds)]
        try:
            if acc < v:
                log.append(i)
        except TypeError:
            log.append((acc, v))
        acc = v
    return log[-6:], len(log)


def negate(n, kinds):
    acc, log = 0, []
    for i in range(n):
        try:
            acc = -acc
        except TypeError:
            log.append(acc)
        log.append(acc)
        acc = kinds[i // 7 % len(kinds)]
    return log[-6:], len(log)


def chain(n, kinds):
    acc, log = 1, []
    for i in range(n):
        v = kinds[i // 7 % len(kinds)]
        try:
            acc = (acc - v * 3 + 2**50) & 0xFFFFFFFFFFFFFF
        except TypeError:
            acc = v
        log.append(acc)
    return log[-6:], len(log)


mixes = [
    [0, 1, "a"],
    [1, 2.5, "a"],
    [2.5, -1, [1]],
    [2**70, 1, "b"],
    [0, 2**64, 1.5, None, ()],
    ["a", 1],
    [True, 3, "c", 2.5],
]
for kinds in mixes:
    for f in (add, compare, negate, chain):
        print(f.__name__, kinds, f(90, kinds), f(200, kinds))
