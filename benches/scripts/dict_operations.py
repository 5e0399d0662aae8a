"""String and integer keys: store, load, update, iterate."""
def work(keys):
    counts = {}
    for k in keys:
        counts[k] = counts.get(k, 0) + 1
    squares = {i: i * i for i in range(500)}
    total = 0
    for k, v in squares.items():
        if k % 3 == 0:
            total += v
    for i in range(0, 500, 5):
        del squares[i]
    squares.update(counts)
    return total + len(squares) + sum(counts.values())


def main(scale):
    keys = ["key%d" % (i % 100) for i in range(1000)]
    r = 0
    for _ in range(max(1, int(16000 * scale))):
        r = work(keys)
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
