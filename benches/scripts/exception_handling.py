"""Raising and catching inside a hot loop, through one call."""
class Odd(Exception):
    pass


def check(i):
    if i & 3 == 3:
        raise Odd(i)
    return i


def main(scale):
    r = 0
    for _ in range(max(1, int(9200 * scale))):
        r = 0
        for i in range(1000):
            try:
                r += check(i)
            except Odd as e:
                r -= e.args[0]
            finally:
                r += 1
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
