# What an AttributeError of user code knows of the access.


def show(f, *args):
    try:
        f(*args)
    except AttributeError as e:
        print(f.__name__, e.args, e.name, type(e.obj).__name__)


class Hooked:
    def __getattr__(self, name):
        raise AttributeError


class Text:
    def __getattr__(self, name):
        self = None
        raise AttributeError("no " + name)


class Property:
    @property
    def blech(self):
        raise AttributeError("inside")

    @property
    def through(self):
        return self.missing


class Whole:
    def __getattribute__(self, name):
        raise AttributeError(name)


class Both:
    def __getattribute__(self, name):
        raise AttributeError("first")

    def __getattr__(self, name):
        raise AttributeError("second")


class Said:
    def __getattr__(self, name):
        raise AttributeError("said", name="other")


class Descriptor:
    def __get__(self, obj, owner):
        raise AttributeError("get")


class HasDescriptor:
    d = Descriptor()


class Sub(AttributeError):
    pass


class RaisesSub:
    def __getattr__(self, name):
        raise Sub(1)


class HookedProperty:
    @property
    def blech(self):
        raise AttributeError("inside")

    def __getattr__(self, name):
        raise AttributeError("hook " + name)


CLASSES = [Hooked, Text, Property, Whole, Both, Said, HasDescriptor, RaisesSub, HookedProperty]


def attribute(v):
    return v.blech


def temporary(v):
    return type(v)().blech


def method(v):
    return v.blech()


def temporary_method(v):
    return type(v)().blech()


def builtin(v):
    return getattr(v, "blech")


def descriptor(v):
    return v.d


def nested(v):
    return v.through


for c in CLASSES:
    for f in (attribute, temporary, builtin, descriptor, nested):
        for _ in range(8):
            show(f, c())
for c in (Hooked, Text, Whole, Both, Said, RaisesSub, HookedProperty):
    for f in (method, temporary_method):
        for _ in range(8):
            show(f, c())


def plain(v):
    # A plain lookup for a call does not tell.
    return v.blech()


for _ in range(8):
    show(plain, Property())


def loop(v, n):
    found = 0
    for i in range(n):
        try:
            v.blech
        except AttributeError as e:
            found += e.obj is v and e.name == "blech"
    return found


for c in CLASSES:
    print(c.__name__, loop(c(), 50))


class Sometimes:
    def __init__(self):
        self.n = 0

    @property
    def value(self):
        self.n += 1
        if self.n % 7 == 0:
            raise AttributeError(self.n)
        return self.n


def sums(v, n):
    total = 0
    names = []
    for i in range(n):
        try:
            total += v.value
        except AttributeError as e:
            names.append((e.name, e.obj is v, e.args))
    return total, names


print(sums(Sometimes(), 60))


class Dies:
    def __init__(self, log):
        self.log = log

    def __del__(self):
        self.log.append("del")

    @property
    def value(self):
        return len(self.log)

    def __getattr__(self, name):
        return len(self.log)


def lifetimes():
    log = []
    seen = []
    for i in range(20):
        seen.append(Dies(log).value)
        seen.append(Dies(log).other)
        seen.append(len(log))
    return seen


print(lifetimes())


class Module:
    pass


import types

m = types.ModuleType("m")
m.__dict__["__getattr__"] = lambda name: (_ for _ in ()).throw(AttributeError("module"))
show(attribute, m)
print(hasattr(Hooked(), "x"), getattr(Text(), "x", 5))
