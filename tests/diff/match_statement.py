class P:
    __match_args__ = ("x", "y")
    def __init__(self, x, y): self.x, self.y = x, y
class Color: RED = "red"
def m(v):
    match v:
        case 0: return "zero"
        case 1 | 2: return "one or two"
        case -3.5 | 1 + 2j: return "number"
        case "hi": return "hi"
        case b"by": return "bytes"
        case None | True: return "singleton"
        case Color.RED: return "red"
        case []: return "empty"
        case [x]: return f"one {x}"
        case [1, *rest, 9]: return f"1..9 {rest}"
        case (a, [b, c]): return f"nested {a} {b} {c}"
        case {"k": val, **rest} if val: return f"map {val} {rest}"
        case {"k": _}: return "falsy k"
        case P(0, y): return f"P0 {y}"
        case P(x=px) as whole if px > 5: return f"P>5 {whole.y}"
        case P(): return "P"
        case int(n) | float(n): return f"num {n}"
        case str() as s: return f"str {s}"
        case [a, b, *_]: return f"many {a} {b}"
        case _: return "other"
for v in (0, 1, 2, -3.5, 1 + 2j, "hi", b"by", None, True, "red", [], (5,), [1, 2, 3, 9], (1, [2, 3]), {"k": 1, "z": 2}, {"k": 0}, {}, P(0, 7), P(6, 8), P(3, 3), 77, 2.5, "str", [4, 5, 6], range(3), {1, 2}, object, bytearray(b"x")):
    print(m(v))
for src in ("case P(1, 2, 3): pass", "case int(1, 2): pass", "case P(1, x=2): pass", "case 5(): pass", "case x: pass\n case y: pass", "case a | b: pass", "case [*a, *b]: pass", "case {'a': 1, 'a': 2}: pass"):
    try: exec(f"match P(1, 2):\n {src}"); print("ok")
    except (TypeError, SyntaxError) as e: print(type(e).__name__, getattr(e, "msg", e))
total = 0
for i in range(400):
    match i % 5, i:
        case 0, _: total += 1
        case 1, n if n > 100: total += n
        case (2 | 3) as k, _: total += k
print(total)
# The nearest class of the MRO says whether something is a sequence or a mapping.
import collections, collections.abc
class C: pass
class M1(collections.UserDict, collections.abc.Sequence): pass
class M2(C, collections.UserDict, collections.abc.Sequence): pass
class S1(list, C, collections.abc.Mapping): pass
class S2(collections.UserList, dict, C): pass
for cls in M1, M2, S1, S2:
    match cls():
        case []: print(cls.__name__, "sequence")
        case {}: print(cls.__name__, "mapping")
