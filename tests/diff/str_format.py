print("{} {} {}".format(1, "a", 2.5), "{0} {1} {0}".format("x", "y"), "{a} {b[1]} {c.real}".format(a=1, b=[2, 3], c=4), "{{}} {}".format(5))
print("{:>8}|{:<8}|{:^8}|{:*^9}|".format("a", "b", "c", "d"), "{:{w}.{p}f}".format(3.14159, w=10, p=3), "{!r:>6} {!s} {!a}".format("x", "y", "é"))
print("{:d} {:5d} {:05d} {:+d} {: d} {:x} {:X} {:#x} {:o} {:#o} {:b} {:#b} {:c} {:,} {:_}".format(5, 5, 5, 5, 5, 255, 255, 255, 8, 8, 5, 5, 65, 1234567, 1234567))
print("{:e} {:.2E} {:f} {:.0f} {:#.0f} {:g} {:G} {:%} {:.1%} {:n}".format(12345.678, 0.00012, 1.5, 2.5, 2.5, 1e10, 1e-10, 0.25, 0.1234, 5.5))
print("{:.3} {:10.3}| {:s}".format("abcdef", "abcdef", "x"), "{:=+8d} {:08.3f} {:<05d} {:x<+6}".format(42, -3.14159, 42, 7))
class P:
    def __init__(self, x):
        self.x = x
    def __format__(self, spec):
        return f"P<{spec}|{self.x}>"
    def __repr__(self):
        return "P()"
print("{:abc} {} {!r}".format(P(1), P(2), P(3)), f"{P(4):{'z' * 3}} {P(5)!s}", format(P(6), "q"), "{.x} {0.x}".format(P(7)) if False else "{0.x}".format(P(7)))
for spec, args in [("{", ()), ("}", ()), ("{}{}", (1,)), ("{a}", ()), ("{0}{}", (1, 2)), ("{:z}", (1,)), ("{:d}", ("a",)), ("{:s}", (1,)), ("{:.2d}", (1,)), ("{!x}", (1,)), ("{0.y}", (1,)), ("{0[k]}", ({},)), ("{:,s}", ("a",)), ("{:c}", (-1,)), ("{:10}", ([],)), ("{0!}", (1,)), ("{:=5}", ("a",))]:
    try:
        print("{}".format(spec), "->", spec.format(*args))
    except Exception as e:
        print(spec, type(e).__name__, e)
print("%s %r %a %d %i %5d|%-5d|%05d %+d %x %X %#x %o %c %c %e %.3f %g %%" % ("s", "r", "é", 1, 2, 3, 4, 5, 6, 255, 255, 255, 8, "c", 65, 1.5, 2.25, 1e-7))
print("%(a)s %(b)05.1f" % {"a": 1, "b": 2.25}, "%*d|%-*s|" % (5, 42, 6, "x"), "%.2s|%10.3s|" % ("abc", "defgh"), "%s" % (("t",),), "%s" % [1, 2])
for spec, args in [("%d", "a"), ("%d", ()), ("%s", (1, 2)), ("%z", 1), ("%(a)s", 1), ("%(a)s", {}), ("%", 1), ("%c", "ab"), ("%c", -1), ("%x", 1.5), ("%d", 1.9), ("%f", "x"), ("%i", 10 ** 20), ("%*d", ("a", 1))]:
    try:
        print(spec, "->", spec % args)
    except Exception as e:
        print(spec, type(e).__name__, e)
name, width, val = "pyrs", 10, 3.14159
print(f"{name!r:>{width}} {val:.{2}f} {val=} {name = !s} {1 + 1 = } {{}} {'nested ' + f'{name}'} {val:{width}.{3}}")
print(f"{'a' if val > 3 else 'b'} {[i for i in range(3)]} { {'k': 1}['k']} {(lambda x: x * 2)(4)} {name[1:3]} {name!a}")
print(f"{val:>10}" "implicit" f" {name}")
print("{:>{}}".format("a", 5), "{0:{1}{2}}".format("x", "*^", 7), "{a[b]} {a[0]}".format(a={"b": 1, 0: 2}))
print("{x} {y}".format_map({"x": 1, "y": 2}), str(b"ab"), str(b"ab", "ascii"), str(object)[:8])
