"""Append, index, slice, sort, reverse, membership."""
def work(n):
    items = []
    for i in range(n):
        items.append(i * 7919 % 1000)
    ordered = sorted(items)
    ordered.reverse()
    for i in range(0, n - 1, 2):
        items[i], items[i + 1] = items[i + 1], items[i]
    middle = items[n // 4 : n // 2]
    middle.extend(ordered[:10])
    hits = sum(1 for x in range(50) if x in middle)
    while len(middle) > 20:
        middle.pop()
    return sum(items) + hits + sum(middle)


def main(scale):
    r = 0
    for _ in range(max(1, int(9200 * scale))):
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
