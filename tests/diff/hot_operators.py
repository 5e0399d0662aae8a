# Operators of Python classes in hot loops: methods that answer NotImplemented, now and then or always.
class Left:
    def __init__(self, n):
        self.n = n

    def __add__(self, other):
        if isinstance(other, Left):
            return Left(self.n + other.n)
        return NotImplemented

    def __isub__(self, other):
        if other.n % 7:
            self.n -= 1
            return self
        return NotImplemented

    def __sub__(self, other):
        return Left(self.n - 100)


class Right:
    def __init__(self, n):
        self.n = n

    def __radd__(self, other):
        if self.n % 5 == 0:
            return NotImplemented
        return Left(other.n * 2 % 1000)

    @property
    def half(self):
        return self.n // 2


def work(values):
    total, errors = Left(0), 0
    for v in values:
        try:
            total = total + v
        except TypeError as e:
            errors += 1
            last = str(e)
    return total.n, errors, last


def in_place(n):
    a = first = Left(n)
    for i in range(n):
        a -= Right(i)
    return a.n, first.n, sum(Right(i).half for i in range(n))


print(work([Left(i) for i in range(900)] + [Right(1)] + [Right(5)]))
print(work([Right(i) for i in range(900)]))
print(work([(Left, Right)[i % 2](i) for i in range(1500)]))
print(in_place(1200))
