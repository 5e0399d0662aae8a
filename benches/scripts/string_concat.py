"""Building strings piece by piece, by joins and by formatting."""
def build(n):
    s = ""
    for i in range(n):
        s += chr(97 + i % 26)
        if i % 50 == 0:
            s += f"<{i}>"
    parts = [str(i) + "," for i in range(n)]
    return len(s) + len("".join(parts))


def main(scale):
    r = 0
    for _ in range(max(1, int(4700 * scale))):
        r = build(2000)
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
