# Ints that outgrow an immediate in loops, and loops that are interrupted at any time.
import sys
import threading


def fib(n):
    a, b, i = 0, 1, 0
    while i < n:
        a, b = b, a + b
        i += 1
    return a


def pairs(n):
    a, b = 1, 2
    out = []
    for i in range(n):
        a, b = b, a + b
        if i % 16 == 15:
            out.append(a)
            out.append(b)
    return out


def swapped(n):
    x, y, z = 1, 2, 3
    for i in range(n):
        x, y, z = y, z, x + y * 2
        if z > 2**70:
            x, y, z = 1, 2, i
    return x, y, z


def products(n):
    p = 1.0
    q = 1
    for i in range(1, n):
        p, q = p * i, q * i
        if i % 30 == 0:
            p, q = 1.0, 1
    return p, q


def interrupted():
    # Another thread asks for its turn all the time: compiled loops are left at every place where they look.
    old = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    stop = False

    def spin():
        x = 0
        while not stop:
            x += 1

    other = threading.Thread(target=spin)
    other.start()
    wrong = 0
    try:
        for _ in range(3000):
            wrong += fib(60) != 1548008755920
            wrong += swapped(30) != want
    finally:
        stop = True
        other.join()
        sys.setswitchinterval(old)
    return wrong


want = swapped(30)
for _ in range(40):
    big = fib(150)
print(big, [fib(n) for n in (5, 60, 69, 70, 71, 72, 90, 93, 94)])
print(pairs(120))
print(swapped(3000), want)
print(products(400))
print(interrupted())
