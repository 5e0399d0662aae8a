# Attributes of classes that are stored to again and again: who reads them sees each store, through whatever cache.
import gc


class Node:
    count = 0
    last = None

    def __init__(self, v):
        Node.count += 1
        self.number = Node.count
        Node.last = v


class Sub(Node):
    pass


def make(n, cls=Node):
    for i in range(n):
        cls(i)
    return Node.count, Sub.count, Node.last, Sub.last


print(make(2000), make(2000, Sub))


class Reader:
    total = 0

    def add(self, n):
        for i in range(n):
            Reader.total += i
            if self.total != Reader.total:
                return "stale"
        return self.total

    @classmethod
    def bump(cls, n):
        for _ in range(n):
            cls.total += 1
        return cls.total, Reader.total


class Reader2(Reader):
    pass


r = Reader()
print(r.add(2000), Reader2().add(10), Reader.bump(1000), Reader2.bump(1000), Reader.total, r.total)
r.total = "own"
print(r.add(1), Reader.total)


class Changing:
    x = 0

    def read(self):
        return self.x


def reads(objects, n):
    out = []
    for i in range(n):
        Changing.x = i if i % 3 else float(i)
        for o in objects:
            out.append(o.read())
    return out


objects = [Changing(), Changing()]
out = reads(objects, 1500)
print(len(out), out[-4:], sum(out))
# From data to a descriptor, to a function, to nothing and back.
for value in (5, property(lambda self: "property"), 6, lambda self: "method", 7, 1 << 80, "text", None, True, 2.5, [1], 8):
    Changing.x = value
    got = objects[0].read()
    print(type(value).__name__, got() if callable(got) else got, type(Changing.x).__name__)
del Changing.x
try:
    objects[0].read()
except AttributeError as e:
    print(e)
Changing.x = 1
Changing.x = 2
print(objects[0].read(), out == reads(objects, 1500))


class Base:
    level = 1
    level2 = 10


class Derived(Base):
    pass


def climb(n):
    total = 0
    for i in range(n):
        Base.level = i
        total += Derived.level
        if i == n // 2:
            Derived.level = 1000
        if i == n // 2 + 10:
            del Derived.level
    return total


print(climb(2000), climb(2000))
Derived.__bases__ = (type("Other", (), {"level": 77}),)
print(Derived.level, climb(100))


class Meta(type):
    made = 0
    limit = 3

    def __call__(cls, *args):
        Meta.made += 1
        cls.made += 1
        return super().__call__(*args)

    @property
    def guarded(cls):
        return "from the metaclass"

    @guarded.setter
    def guarded(cls, value):
        Meta.limit = value


class Product(metaclass=Meta):
    guarded = 1


def produce(n):
    for i in range(n):
        Product()
        Product.guarded = i
    return Meta.made, Product.made, Product.guarded, Meta.limit, Product.__dict__["guarded"], Product.__dict__["made"]


print(produce(1500))


class Truth:
    __len__ = None
    state = False
    seen = []

    def flip(self):
        Truth.state = not Truth.state
        return self.state


t = Truth()
print(sum(t.flip() for _ in range(1501)), Truth.state)


class Slotted:
    __slots__ = ("a",)
    n = 0

    def __init__(self):
        Slotted.n += 1
        self.a = self.n


print([Slotted().a for _ in range(1200)][-2:], Slotted.n)


class Sizes:
    __hash__ = None
    size = 3

    def __len__(self):
        return self.size


def sizes(n):
    s, total = Sizes(), 0
    for i in range(n):
        Sizes.size = i & 7
        total += len(s) + (10 if s else 0)
    return total


print(sizes(1600))
try:
    hash(Sizes())
except TypeError as e:
    print(e)
Sizes.__hash__ = lambda self: 5
print(hash(Sizes()))
Sizes.__hash__ = None
try:
    hash(Sizes())
except TypeError as e:
    print(e)


class Noisy:
    def __del__(self):
        deaths.append(Holder.value)


class Holder:
    value = 0


def hold(n):
    for i in range(n):
        Holder.value = i
        if i % 100 == 0:
            Holder.value = Noisy()
            Holder.value = -i
    return Holder.value


deaths = []
print(hold(1000), deaths)


class Dying:
    n = 0


def classes(k):
    out = 0
    for i in range(k):
        class Local:
            n = 0
        for j in range(20):
            Local.n += j
        out += Local.n
    return out


print(classes(60))
gc.collect()


def get(cls, name):
    return getattr(cls, name)


def dynamic(n):
    s = 0
    for i in range(n):
        setattr(Dying, "n", i)
        s += get(Dying, "n") + Dying.__dict__["n"] + vars(Dying)["n"]
    return s


print(dynamic(1000), sorted(k for k in vars(Dying) if not k.startswith("__")))
