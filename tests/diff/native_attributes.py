"""In hot loops: attributes that native descriptors give, attributes of instances whose dict was asked for, instances that
native code makes; each of them changed while the loop runs."""
import array
import collections
import fractions


class Numbers(array.array):
    pass


def typecodes(items, turns):
    out = []
    for k in range(turns):
        for a in items:
            out.append(a.typecode)
        if k == turns // 2:
            Numbers.typecode = property(lambda self: "p")
        if k == turns * 3 // 4:
            del Numbers.typecode
    return "".join(out)


codes = typecodes([array.array("i"), Numbers("d"), array.array("b")], 2000)
print(len(codes), {c: codes.count(c) for c in sorted(set(codes))})


class Failing(Exception):
    def __getattr__(self, name):
        return "hook " + name


def causes(turns):
    out = collections.Counter()
    e = Failing(1)
    for k in range(turns):
        if k % 500 == 499:
            e.__cause__ = ValueError(k) if k % 1000 == 499 else None
        out[str(e.__cause__)] += 1
        out[e.missing] += 1
        out[str(e.args)] += 1
    return sorted(out.items())


print(causes(3000))


class Open:
    kind = "class"
    limit = 3

    def __init__(self, n):
        self.n = n

    def double(self):
        return self.n * 2

    @classmethod
    def make(cls, n):
        return cls(n)

    @staticmethod
    def half(n):
        return n // 2


def with_dicts(turns):
    objects = [Open(k) for k in range(4)]
    for o in objects:
        o.__dict__
        vars(o)["extra"] = o.n
    total = 0
    seen = []
    for k in range(turns):
        o = objects[k % 4]
        bound = o.double
        total += o.double() + o.limit + bound() + o.half(o.n) + o.extra + len(o.kind)
        total += o.make(k % 3).double()
        if k == turns // 3:
            objects[1].limit = 100
            objects[2].__dict__["double"] = lambda: 1000
        if k == turns // 2:
            Open.limit = 5
            Open.kind = "longer"
        if k == turns * 2 // 3:
            del objects[1].limit
            del objects[2].double
            Open.double = lambda self: self.n * 3
        if k % (turns // 10) == 0:
            seen.append(total)
    return seen


print(with_dicts(4000))


class Bag(dict):
    pass


class Queue(collections.deque):
    pass


class Wrong(ValueError):
    pass


def instances(turns):
    out = collections.Counter()
    for k in range(turns):
        b = Bag(a=k, b=2)
        q = Queue([k, k + 1], maxlen=5)
        w = Wrong(k, "text")
        f = collections.OrderedDict(x=k)
        out[type(b).__name__, len(b), sorted(b)[0]] += b["a"]
        out[type(q).__name__, q.maxlen] += q[0]
        out[type(w).__name__, w.args[1]] += w.args[0]
        out[type(f).__name__] += f["x"]
        if k == turns // 2:
            Bag.__init__ = lambda self, *a, **more: self.update(*a, c=1, **more)
            Wrong.__new__ = lambda cls, *args: ValueError.__new__(cls, 0, "new")
        if k % 700 == 0:
            try:
                Queue(k, k, k, wrong=1)
            except TypeError as e:
                out[str(e)] += 1
    return sorted(out.items(), key=str)


for row in instances(3000):
    print(row)


class Meta(type):
    def __call__(cls, *args):
        return "meta", args


class Made(dict, metaclass=Meta):
    pass


def swap(turns):
    out = collections.Counter()
    for k in range(turns):
        cls = (Bag, Made, fractions.Fraction, Queue)[k % 4]
        out[str(type(cls(()) if cls is not fractions.Fraction else cls(k)))] += 1
    return sorted(out.items())


print(swap(3000))
