# Which strings are one object: names of code, and results that are what they were made of.
import sys


def attributes(x):
    return x.some_attribute_name, x.zz_1


names = attributes.__code__.co_names
print(sys.intern("some_" + "attribute_name") is names[0], sys.intern("zz_" + "1") is names[1])
many = [sys.intern(f"name_{i}") for i in range(5000)]
print(all(sys.intern("name_" + str(i)) is many[i] for i in range(5000)))
del many[::2]
print(all(sys.intern("name_" + str(2 * i + 1)) is many[i] for i in range(2500)))
letter, nothing = "a", ""
print(sys.intern("".join("a")) is letter, sys.intern("".join([])) is nothing)
wide = [sys.intern(chr(0xE4) + str(i)) for i in range(100)]
print(all(sys.intern(chr(0xE4) + str(i)) is wide[i] for i in range(100)))


class Text(str):
    pass


for text in ["", "no tabs", "\u00e4 none", "a\tb", "\n\tx"]:
    print(repr(text.expandtabs()), "\t" in text or text.expandtabs() is text, type(Text(text).expandtabs()) is str)
odd = type("Odd", (), {"__len__": lambda self: 3, "plain": 1, "__plain": 2})
odd = type("Odder", (odd,), dict([("__bool__", lambda self: False), ("_x", 0)]))
print(len(odd()), bool(odd()))
