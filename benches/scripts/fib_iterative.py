"""A while loop over integers that stay small."""
def fib(n):
    a, b, i = 0, 1, 0
    while i < n:
        a, b = b, a + b
        i += 1
    return a


def main(scale):
    r = 0
    for _ in range(max(1, int(820000 * scale))):
        r = fib(60)
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
