"""One call site, several classes."""
class Shape:
    def __init__(self, size):
        self.size = size

    def area(self):
        raise NotImplementedError


class Square(Shape):
    def area(self):
        return self.size * self.size


class Strip(Shape):
    def area(self):
        return self.size * 2


class Unit(Shape):
    def area(self):
        return 1


def main(scale):
    shapes = [(Square, Strip, Unit)[i % 3](i) for i in range(900)]
    r = 0
    for _ in range(max(1, int(25500 * scale))):
        r = 0
        for s in shapes:
            r += s.area()
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
