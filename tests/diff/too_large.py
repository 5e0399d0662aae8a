"""Sizes that no machine has memory for."""


def attempt(text, names):
    try:
        eval(text, names)
    except (MemoryError, OverflowError) as e:
        print(text, type(e).__name__)
    else:
        print(text, "fits")


names = {"one": (1,), "listed": [1], "s": "x", "b": b"x", "n": 2**40}
for text in (
    "one * n", "listed * n", "n * one", "s * n", "b * n", "bytearray(n)", "bytes(n)", "s * (n // 2) * 2", "s.ljust(n)", "s.center(n)",
    "b.rjust(n)", "s.zfill(n)", "'%*d' % (n, 1)", "f'{1:{n}}'", "one * 2**62", "listed * 2**62", "s * 2**63", "b * 2**62", "bytes(2**63)",
):
    attempt(text, names)
