# Numbers of objects fit where programs keep them, and tell apart what `is` tells apart.
import array
import struct

things = [0, 1, -1, 256, -(2**40), 2**48 - 1, 2**70, 0.0, 1.5, 1e300, 5e-324, float("inf"), "a", None, [], print, int]
ids = [id(x) for x in things]
print(all(0 <= i < 2**63 for i in ids), len(set(ids)) == len(things))
print(array.array("q", ids).tolist() == ids, struct.unpack("<q", struct.pack("<q", id(7)))[0] == id(7))


def hot(values):
    seen = {}
    for x in values:
        seen[id(x)] = x
    return seen


many = [*range(-3000, 3000), *(x / 4 for x in range(1, 3000))]
for _ in range(3):
    seen = hot(many)
print(len(seen) == len(many), all(seen[id(x)] is x for x in many), all(i < 2**63 for i in seen))
for x in things:
    print(type(x).__name__, id(x) == id(x), hash(id(x)) == hash(id(x)), len("%d" % id(x)) < 20)
