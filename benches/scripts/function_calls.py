"""Positional, keyword, default and variable arguments."""
def plain(a, b):
    return a + b


def default(a, b=2, c=3):
    return a + b + c


def keyword(*, x, y):
    return x - y


def variable(*args, **kwargs):
    return len(args) + len(kwargs)


def main(scale):
    r = 0
    for _ in range(max(1, int(4900 * scale))):
        r = 0
        for i in range(1000):
            r = plain(r, i)
            r = default(r)
            r = default(r, c=i)
            r += keyword(x=i, y=1)
            r += variable(i, r, k=i)
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
