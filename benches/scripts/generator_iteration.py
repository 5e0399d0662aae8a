"""Generators, generator expressions and delegation."""
def numbers(n):
    i = 0
    while i < n:
        yield i
        i += 1


def chained(n):
    yield from numbers(n)
    yield from (x * 2 for x in numbers(n))


def main(scale):
    r = 0
    for _ in range(max(1, int(18400 * scale))):
        r = 0
        for x in chained(500):
            r += x
    return r


if __name__ == "__main__":
    import os
    import sys
    import time

    scale = float(os.environ.get("PYRS_BENCH_SCALE", "1"))
    rounds = int(os.environ.get("PYRS_BENCH_ROUNDS", "1"))
    for _ in range(rounds):
        start = time.perf_counter()
        result = main(scale)
        elapsed = time.perf_counter() - start
        if os.environ.get("PYRS_BENCH_REPORT"):
            print(f"{elapsed:.9f}", file=sys.stderr)
    print(result)
