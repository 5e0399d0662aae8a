# Generators that pass objects with destructors on to each other: registers of a consumer that is a generator itself.
log = []


class Thing:
    def __init__(self, n):
        self.n = n

    def __del__(self):
        log.append(self.n)


def make(n):
    for i in range(n):
        yield Thing(i)


def some(gen):
    for t in gen:
        if t.n % 3:
            yield t


def all_of(gen):
    for t in some(gen):
        yield t


def through(gen):
    yield from all_of(gen)


def work(n):
    total = 0
    for t in all_of(make(n)):
        total += t.n
        if t.n % 50 == 0:
            log.append("at")
    for t in through(make(n)):
        total += t.n
    return total


for k in range(6):
    log.clear()
    print(work(300 + k), len(log), log[:8], log[-5:])
print(sum(t.n for t in through(make(1000))))
