"""Dict displays in hot code: constant keys, computed keys, duplicates, keys of classes, nested and merged ones."""


class Key:
    made = 0

    def __init__(self, n):
        self.n = n

    def __hash__(self):
        Key.made += 1
        return hash(self.n % 3)

    def __eq__(self, other):
        return self.n % 3 == other.n % 3


def constant(i):
    return {"a": i, "b": i * 2, "c": [i], 4: "x", 2.5: None}


def computed(i, name):
    return {name: i, i: name, name + "z": i, i + 0.0: "float"}


def duplicate(i):
    return {"a": i, "b": 1, "a": i + 1}


def classes(i):
    return {Key(i): i, Key(i + 1): 2, Key(i + 3): 3}


def nested(i):
    return {"x": {"y": {"z": i}}, "l": [{"q": i}], **{"more": i}}


def keywords(**kw):
    return {**kw, "own": len(kw)}


def bad(i):
    try:
        return {"a": i, (i, []): 2}
    except TypeError as e:
        return str(e)


def big(i):
    return {"k1": i, "k2": i, "k3": i, "k4": i, "k5": i, "k6": i, "k7": i, "k8": i, "k9": i, "k10": 1, "k11": 2, "k12": 3}


def run(n):
    total = 0
    last = None
    for i in range(n):
        if i == n - 200:
            last = "mixed"
        d = constant(i if last is None else str(i))
        total += len(d) + len(computed(i, "n%d" % (i % 7)))
        total += duplicate(i)["a"] + len(classes(i)) + nested(i)["x"]["y"]["z"]
        total += keywords(p=i, q=2)["own"] + len(big(i)) + len(bad(i))
        total += sum({"s": i, "t": 1}.values())
    return total, d, list(computed(5, "five").items()), list(duplicate(7)), nested(3), keywords(z=1)


print(run(1500))
print(Key.made)
print([list({k: i, "b": 2}) for i, k in enumerate(["b", "a", 1, 2.0])])


class Says:
    def __init__(self, n, log):
        self.n, self.log = n, log

    def __del__(self):
        self.log.append(self.n)


def dies(n):
    log = []
    for i in range(n):
        d = {"a": Says(i, log), "a2": i, "a": Says(-i, log)}
        d = None
    return log[:6], len(log), sum(log)


print(dies(900))
