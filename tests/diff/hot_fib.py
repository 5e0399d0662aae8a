def fib(n):
    a, b, i = 0, 1, 0
    while i < n:
        a, b = b, a + b
        i += 1
    return a


print({fib(60) for _ in range(3000)})
