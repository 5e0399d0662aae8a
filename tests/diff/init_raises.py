# An instance whose __init__ raises is given up, wherever the call was made.
import gc


class Picky:
    def __init__(self, *args, **kwargs):
        self.me = args
        if args:
            raise ValueError


def alive():
    return sum(type(x) is Picky for x in gc.get_objects())


def spread(n, args, kwargs):
    bad = 0
    for _ in range(n):
        try:
            Picky(*args, **kwargs)
        except ValueError:
            bad += 1
    return bad


def tuples(n, args):
    bad = 0
    for _ in range(n):
        try:
            Picky(*args)
        except ValueError:
            bad += 1
    return bad


def named(n):
    bad = 0
    for i in range(n):
        try:
            Picky(i, x=i, y=3, z=4, w=5, v=6)
        except ValueError:
            bad += 1
    return bad


def fine(n):
    for _ in range(n):
        Picky()
    return n


for _ in range(3):
    print(spread(2000, [1], {"x": 1}), alive())
    print(tuples(2000, [1]), alive())
    print(tuples(2000, (1,)), alive())
    print(named(2000), alive())
    print(fine(2000), alive())
