# One iterator that several loops, one inside the other, take from.
def pairs(n):
    it = iter(range(n))
    out = []
    for a in it:
        s = a
        for b in it:
            s += b
            if b % 5 == 0:
                break
        out.append(s)
    return out


def three(n):
    it = iter(range(n))
    total = 0
    for a in it:
        for b in it:
            for c in it:
                total = (total * 3 + a * b - c) % 1000003
                if c % 7 == 3:
                    break
            if b % 3 == 1:
                break
    return total


def rows(values):
    numbers = iter(range(10**6))
    found = []
    for v in values:
        for n in numbers:
            if n * n >= v:
                found.append((v, n))
                break
            if n > 400:
                return found
    return found


class Counter:
    def __init__(self):
        self.n = 0
        self.items = []

    def fill(self, n):
        for i in range(n):
            for j in range(i % 4):
                self.n += 1
                self.items.append(j)
                if j == 2:
                    self.items.pop()
        return self.n, len(self.items)


print(sum(pairs(5000)), pairs(5000)[-3:])
print(three(20000))
print(rows([v * 3 for v in range(3000)])[-3:])
print(Counter().fill(3000))
