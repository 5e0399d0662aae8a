# `print` looks `write` up for each piece, before it makes the text.
import decimal
import io


class Changing:
    def __init__(self):
        self.log = []

    def __getattr__(self, name):
        if name != "write":
            raise AttributeError(name)
        self.log.append("look")
        n = len(self.log)
        return lambda text: self.log.append((n, text))

    def flush(self):
        self.log.append("flush")


class Shows:
    def __init__(self, file):
        self.file = file

    def __str__(self):
        self.file.log.append("str")
        return "shown"


f = Changing()
print(1, Shows(f), "x", sep="-", end="!", file=f, flush=True)
print(f.log)
f.log.clear()
print(file=f)
print(f.log)


class Replaces:
    def write(self, text):
        out.append(text)
        self.write = lambda text: out.append(("own", text))


out = []
print("a", "b", file=Replaces())
print(out)


class Fails:
    def write(self, text):
        raise ValueError(text)


class Bad:
    def __str__(self):
        return 5


for args, kw in (((1,), {"file": Fails()}), ((), {"file": Fails()}), ((1,), {"file": object()}), ((Bad(),), {"file": object()}), ((Bad(),), {"file": io.StringIO()}), ((), {"file": 5}), ((1,), {"sep": 2})):
    try:
        print(*args, **kw)
    except Exception as e:
        print(type(e).__name__, e)
s = io.StringIO()
for i in range(200):
    print(i, decimal.Decimal(i) / 7, None, file=s, end=";")
print(len(s.getvalue()), s.getvalue()[:60])


# Operators of extension types, whose operands are released meanwhile.
D = decimal.Decimal
numbers = [D(i) / 3 for i in range(1, 40)]
total = D(0)
for i, n in enumerate(numbers):
    total += n * i
    total = total - n / (i + 1) if i % 3 else i - total
    total = -total // 1 + n % 2 + total ** 2 % 1000
print(total, sum(numbers), sum(numbers, D(1)), max(numbers), D(5) // 2, 7 % D(4), divmod(D(7), 2), 2 ** D(3), D(2) ** 3)
for f in (lambda: D(1) + 1.5, lambda: D(1) + "x", lambda: "x" * D(2), lambda: [1] * D(2), lambda: D(1) / 0, lambda: D(1) << 2, lambda: None + D(1), lambda: D(1) @ D(2)):
    try:
        print(f())
    except Exception as e:
        print(type(e).__name__, e)


class Sub(D):
    def __radd__(self, other):
        return "radd"

    def __iadd__(self, other):
        return "iadd"


x = D(1)
x += Sub(2)
y = Sub(1)
y += D(2)
print(D(1) + Sub(2), Sub(1) + D(2), x, y, Sub(1) + 1, 1 + Sub(1))
