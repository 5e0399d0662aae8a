def f(n):
    i = 0
    s = 0
    while i < n:
        s += i * 2
        i += 1
    return s
print(f(10))
print(f(100000))
def g(n):
    s = 0
    for i in range(n):
        s += i
    return s
print(g(100000))
def ov(n):
    s = 1
    for i in range(n):
        s = s * 3
    return s
print(ov(100))
def fl(n):
    x = 0.0
    for i in range(n):
        x += i * 0.5
        if x > 1000:
            x = x / 3
    return x
print(fl(10000))
