"""pickle through the native module: bytes equal to the pure Python pickler's, errors, hooks, buffers."""
import collections, copyreg, io, pickle, _pickle

class Plain:
    def __init__(self, x):
        self.x = x
    def __eq__(self, other):
        return self.__dict__ == other.__dict__
class Slots:
    __slots__ = ("a", "b")
    def __reduce__(self):
        return copyreg.__newobj__, (Slots,), (None, {"a": self.a})
    def __eq__(self, other):
        return self.a == other.a
class NewEx(int):
    def __new__(cls, x, *, tag):
        self = int.__new__(cls, x)
        self.tag = tag
        return self
    def __getnewargs_ex__(self):
        return (int(self),), {"tag": self.tag}
class Outer:
    class Inner:
        pass
class MyList(list):
    pass
class Setter:
    def __reduce__(self):
        return Setter, (), {"k": 1}, None, None, set_state
def set_state(obj, state):
    obj.__dict__.update(state, via=True)

slots = Slots()
slots.a = 7
cycle = []
cycle.append(cycle)
deep = ()
for i in range(50):
    deep = (deep, i)
objects = [
    None, True, False, 0, 1, -1, 255, 256, 65535, 65536, -2**31, 2**31, 2**63, -2**63, 2**100, -2**100, -128, 1.5, -0.0,
    float("inf"), "abc", "\xe9\u20ac\U0001f600", "\ud800", "a\nb\\c\r\0", b"x", b"y" * 300, bytearray(b"q"), [1, 2, 3],
    list(range(2500)), {}, {1: 2}, {i: str(i) for i in range(1500)}, {1}, frozenset([1]), (), (1,), (1, 2, 3), (1, 2, 3, 4),
    Plain(3), slots, NewEx(5, tag="t"), Outer.Inner, len, int, type(None), type(...), ..., NotImplemented, 1j, range(3),
    collections.OrderedDict(a=1), collections.deque([1], 4), collections.Counter("abca"), MyList([1, 2]), "x" * 70000,
    b"z" * 70000, [[]] * 3, deep, str.upper, [].append, Exception("a", 1), slice(1, 2), {"k": {"k": {}}},
]
for proto in range(6):
    same = equal = 0
    for o in objects:
        data = pickle.dumps(o, proto)
        same += data == pickle._dumps(o, proto)
        back = pickle.loads(data)
        equal += back == o or isinstance(o, (slice, Exception)) or repr(back)[:20] == repr(o)[:20]
        equal -= pickle._loads(data) != back and not isinstance(o, Exception)
    r = pickle.loads(pickle.dumps(cycle, proto))
    s = pickle.loads(pickle.dumps(Setter(), proto))
    print(proto, same, equal, len(objects), r is r[0], s.__dict__)

def show(f):
    try:
        print(f())
    except BaseException as e:
        print(type(e).__module__, type(e).__qualname__, e)

def local():
    def inner(): pass
    return inner
class Bad:
    def __init__(self, r): self.r = r
    def __repr__(self): return "Bad"
    def __reduce_ex__(self, p): return self.r
for r in [1, (), (1, 2), (len, 1), (len, (), None, 1), (len, (), None, None, 1), (len, (), None, None, None, 1), "nowhere", (len,) * 7]:
    show(lambda: pickle.dumps(Bad(r)))
show(lambda: pickle.dumps(local()))
show(lambda: pickle.dumps(x for x in ()))
show(lambda: pickle.dumps(lambda: 0))
show(lambda: pickle.dumps(1, 6))
show(lambda: pickle.dumps(1, "x"))
show(lambda: pickle.Pickler(5))
show(lambda: pickle.Unpickler(5))
show(lambda: pickle.dumps())
show(lambda: pickle.dumps(1, bad=2))
for data in [b"", b".", b"K", b"(", b"]a.", b"0", b"1.", b"\x80\x09.", b"cjson\nnothing\n.", b"cnosuchmodule\nx\n.", b"}K\x01s.", b"(K\x01d.",
             b"S'abc\n.", b"Ix\n.", b"Fx\n.", b"I01\n.", b"L5L\n.", b"h\x05.", b"\x8a\x02\xff\xff.", b"\xff", b"~", b"Pid\n.", b"Q.", b"\x82\x01.",
             b"K\x01)R.", b"K\x01)\x81.", b"\x8c\x01a\x93.", b"\x97.", b"X\xff\x00\x00\x00a", b"I010\n."]:
    show(lambda: pickle.loads(data))
show(lambda: pickle.loads("text"))
show(lambda: pickle.loads(b"S'\\xe9'\n.", encoding="latin1"))
show(lambda: pickle.loads(b"S'\\xe9'\n.", encoding="bytes"))
show(lambda: pickle.loads(b"S'\\xe9'\n."))

class P(pickle.Pickler):
    def persistent_id(self, o):
        return ("id", o.imag) if isinstance(o, complex) else None
    def reducer_override(self, o):
        return (str, ("over",)) if isinstance(o, Plain) else NotImplemented
class U(pickle.Unpickler):
    def persistent_load(self, pid):
        return pid
    def find_class(self, module, name):
        return super().find_class(module, name)
f = io.BytesIO()
p = P(f, 2)
p.dump([1j, Plain(1), "s", "s"])
p.dump("s")
f.seek(0)
u = U(f)
print(u.load(), u.load(), sorted(u.memo.copy()), len(p.memo.copy()))
show(lambda: u.load())
p.clear_memo()
print(p.memo.copy(), p.bin, p.fast, type(p.memo).__name__)
buffers = []
data = pickle.dumps([pickle.PickleBuffer(b"ro"), pickle.PickleBuffer(bytearray(b"rw"))], 5, buffer_callback=buffers.append)
print(data, [bytes(b) for b in buffers], [bytes(b) for b in pickle.loads(data, buffers=buffers)])
show(lambda: pickle.loads(data))
pb = pickle.PickleBuffer(memoryview(b"abcdef").cast("B", (2, 3)))
print(pb.raw().tolist(), pb.raw().format, memoryview(pb).shape)
pb.release()
show(lambda: pb.raw())
t = copyreg.dispatch_table.copy()
p = pickle.Pickler(io.BytesIO())
p.dispatch_table = {Plain: lambda o: (Plain, ("dispatched",))}
p.dump(Plain(0))
stream = io.BufferedReader(io.BytesIO(pickle.dumps(1) + b"rest"))
print(pickle.load(stream), stream.read())
import hashlib
for h in (hashlib.blake2b, hashlib.blake2s):
    print(h(b"abc").hexdigest(), h(b"x" * 1000, digest_size=20, key=b"k", salt=b"s", person=b"p", fanout=2, depth=3, leaf_size=4, node_offset=5, node_depth=1, inner_size=20, last_node=True).hexdigest())
    c = h()
    for i in range(300):
        c.update(b"y" * i)
    print(c.copy().hexdigest(), c.name, c.block_size, c.digest_size)
    for k in [dict(digest_size=0), dict(salt=b"x" * 17), dict(depth=0), dict(leaf_size=-1), dict(leaf_size=2**32), dict(node_offset=2**64), dict(inner_size=65)]:
        show(lambda: h(**k))

for v in (memoryview(b""), (x for x in ()), open):
    try:
        pickle.dumps(v)
    except Exception as e:
        print(type(e).__name__, e)
    else:
        print("pickled")
