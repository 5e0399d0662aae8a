print([x * y for x in range(4) for y in range(x) if x != y], {x: y for x, y in zip("ab", [1, 2])}, {len(w) for w in ["a", "bb", "cc"]}, list(x for x in range(3)))
print([[i * j for j in range(3)] for i in range(3)], [x for row in [[1, 2], [3]] for x in row], [(lambda: i)() for i in range(3)], [f() for f in [lambda: i for i in range(3)]])
x = "outer"
print([x for x in range(3)], x, [y := 5, y ** 2], y)
def f(n):
    k = 10
    return [k + i for i in range(n) if (lambda v: v % 2)(i)], sum(k * i for i in range(n)), {i: [k] * i for i in range(n)}
print(f(4))
class C:
    a = 3
    b = [a for _ in range(2)] if False else [i for i in range(a)]
    try:
        c = [a for _ in range(2)]
    except NameError as e:
        c = str(e)
print(C.b, C.c)
g = (print("step", i) or i for i in range(3))
print("made"); print(next(g)); print(list(g), list(g))
try:
    (i for i in 5)
except TypeError as e:
    print(e)
def raises():
    return [1 // (2 - i) for i in range(4)]
try:
    raises()
except ZeroDivisionError as e:
    print(e)
print([last := i for i in range(5)], last, any((hit := n) > 3 for n in range(10)), hit)
print(list(map(lambda p: p[0] + p[1], [(a, b) for a in "ab" for b in "xy"])), [*(i for i in "ab"), *[1]], {**{str(i): i for i in range(2)}})
print(sum(i * j for i in range(100) for j in range(50) if (i + j) % 3 == 0), [a if a > 1 else -a for a in range(4)], [(a, b) for a, (b, *_) in [(1, "xyz"), (2, "q")]])
