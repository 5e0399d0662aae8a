"""List, dict and set comprehensions with conditions and nesting."""
def work(n):
    squares = [i * i for i in range(n)]
    even = [x for x in squares if x % 2 == 0]
    table = {i: x for i, x in enumerate(even)}
    residues = {x % 17 for x in squares}
    pairs = [a + b for a in range(20) for b in range(20) if a != b]
    return sum(even) + len(table) + len(residues) + sum(pairs)


def main(scale):
    r = 0
    for _ in range(max(1, int(14500 * scale))):
        r = work(1000)
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
