def f(n):
    x = 1.5
    i = 0
    while i < n:
        x = x * 1.0001 + i / 3 - i // 2 * 0.001
        if x > 1e6:
            x -= 1e6
        i += 1
    return x
print(f(3000))
def mixed(n):
    t = 0
    for i in range(n):
        if i % 3 == 0:
            t = t + 0.5
        elif i % 3 == 1:
            t = t + 1
        else:
            t = t - 1
    return t
print(mixed(3000))
def modf(n):
    a = 0.0
    for i in range(1, n):
        a += (i * 1.5) % 0.7
        a += (-i * 1.5) // 0.7
        a -= i ** 2
        a += -i % 7 + i // -3
    return a
print(modf(2000))
def inf(n):
    x = 1.0
    c = 0
    for i in range(n):
        x = x * 10.0
        y = x - x
        if y != y:
            c += 1
    return x, c
print(inf(500))
def change(n):
    x = 0
    for i in range(n):
        if i == n // 2:
            x = float(x)
        x += 1
    return x
print(change(400), change(401))
def switch(n):
    x = 0
    out = 0
    for i in range(n):
        if i % 100 < 50:
            x = i
        else:
            x = i * 1.0
        out += x
    return out
print(switch(2000))
