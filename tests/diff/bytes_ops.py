b = b"hello\x00\xff world"
print(b, len(b), b[0], b[-1], b[1:4], b[::-1], list(b[:3]), b.hex(), b.hex("-", 2), bytes.fromhex("68 65 6c"))
print(b.upper(), b.find(b"o"), b.count(b"l"), b.split(), b.split(b"l"), b.replace(b"l", b"LL"), b.startswith(b"he"), 104 in b, b"ell" in b)
print(b"a,b".partition(b","), b" x ".strip(), b"abc".center(7, b"*"), b"12".zfill(4), b",".join([b"a", bytearray(b"b")]), b"ab" * 3, b"a" + b"b", b"a" < b"b")
print(bytes(3), bytes([1, 2, 255]), bytes("é", "utf-8"), bytes(bytearray(b"x")), b"%s %d %x %r %a %b" % (b"s", 5, 255, "r", "é", b"b"), b"%(k)s" % {b"k": b"v"})
for bad in (lambda: bytes([256]), lambda: bytes(-1), lambda: bytes("a"), lambda: b"a" + "b", lambda: b[100], lambda: b"abc".index(b"z"), lambda: bytes.fromhex("6"), lambda: b"a" % 1, lambda: b"\xff".decode(), lambda: b"\xff".decode("ascii"), lambda: "a" in b"a", lambda: b"".join(["a"]), lambda: 300 in b"a"):
    try:
        print(bad())
    except (ValueError, TypeError, IndexError) as e:
        print(type(e).__name__, e)
print(b"\xe2\x82\xac\xff".decode("utf-8", "replace").encode("unicode_escape"), b"a\xff".decode("latin-1") == "aÿ", b"\xff".decode("ascii", "ignore"), b"a\xffb".decode("utf-8", "backslashreplace"), b"a\xff".decode("utf-8", "surrogateescape").encode("utf-8", "surrogateescape"))
a = bytearray(b"hello")
a[0] = 72; a.append(33); a.extend(b"ab"); a += b"cd"; a[1:3] = b"EEEE"; a.insert(0, 42); del a[-1]; a.reverse()
print(a, a.pop(), a.pop(0), a.find(b"l"), len(a), bytes(a), a == bytes(a), repr(a))
a[::2] = b"x" * len(a[::2]); print(a)
a.remove(120); print(a, a.isalpha(), a.copy() is a); a.clear(); print(a)
for bad in (lambda: a.pop(), lambda: a.append(256), lambda: bytearray(b"a").__setitem__(0, 300), lambda: a.remove(1), lambda: hash(a)):
    try:
        print(bad())
    except (ValueError, TypeError, IndexError) as e:
        print(type(e).__name__, e)
m = memoryview(bytearray(b"abcdef"))
m[1:3] = b"XY"
print(m.tobytes(), m[0], m[-1], len(m), m.format, m.itemsize, m.shape, m.readonly, m[::2].tolist(), m[1:4] == b"XYd", bytes(m[::-1]))
print(hash(b"abc") == hash(b"abc"), {b"a": 1}[b"a"], sorted([b"b", b"a", b"ab"]), b"a".isalpha(), b"A1".isalnum(), b"Ab".swapcase(), b"a\nb".splitlines(), b"abc".translate(bytes(range(256)), b"b"), bytes.maketrans(b"a", b"b")[97])
total = 0
for x in bytes(range(256)) * 4:
    total = (total * 31 + x) & 0xFFFFFFFF
print(total, sum(bytearray(range(100))), max(b"hello"), [*b"az"], b"a" b"b")
