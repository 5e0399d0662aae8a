"""Closures that read and write cells."""
def counter():
    n = 0

    def step(k):
        nonlocal n
        n += k
        return n

    return step


def adder(a):
    return lambda b: a + b


def main(scale):
    r = 0
    for _ in range(max(1, int(18000 * scale))):
        step = counter()
        add = adder(3)
        for i in range(1000):
            r = add(step(i))
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
