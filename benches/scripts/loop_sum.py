"""A counted loop with arithmetic."""
def main(scale):
    n = max(1, int(2800 * scale))
    total = 0
    for _ in range(n):
        s = 0
        for i in range(15000):
            s += i * 3 & 7
        total = s
    return total


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
