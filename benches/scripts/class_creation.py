"""Classes made at run time, and short-lived instances."""
class Point:
    def __init__(self, x, y):
        self.x = x
        self.y = y


def main(scale):
    r = 0
    for n in range(max(1, int(14000 * scale))):
        class Local(Point):
            kind = "local"

            def norm(self):
                return self.x * self.x + self.y * self.y

        r = 0
        for i in range(500):
            r += Local(i, 1).norm()
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
