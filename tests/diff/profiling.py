"""cProfile through the installed `_lsprof`: counts of calls, callers and callees; and `syslog`."""
import cProfile
import io
import pstats


def leaf(n):
    return n + 1


def fact(n):
    return 1 if n <= 1 else n * fact(n - 1)


class Thing:
    def method(self, items):
        return sorted(items, key=lambda x: -x)


def gen(n):
    for i in range(n):
        yield leaf(i)


def work():
    total = 0
    for i in range(300):
        total += leaf(i)
    total += fact(10)
    total += sum(gen(5))
    Thing().method([3, 1, 2])
    "a,b".split(",")
    try:
        int("x")
    except ValueError:
        pass
    return total


def counts(profile):
    stats = pstats.Stats(profile, stream=io.StringIO())
    rows = []
    for (file, line, name), (cc, nc, tt, ct, callers) in stats.stats.items():
        assert tt >= 0 and ct >= 0
        called = sorted((f[2], c[:2]) for f, c in callers.items())
        if "disable" in name:
            continue
        rows.append((name, line, cc, nc, called))
    for row in sorted(rows):
        print(*row)


p = cProfile.Profile()
print(p.runcall(work))
counts(p)

p = cProfile.Profile(builtins=False, subcalls=False)
p.enable()
work()
p.disable()
counts(p)
for e in sorted(p.getstats(), key=lambda e: str(getattr(e.code, "co_name", e.code))):
    print(getattr(e.code, "co_name", e.code), e.callcount, e.reccallcount, e.calls)
p.clear()
print(p.getstats())

with cProfile.Profile(lambda: 0, 0.5) as p:
    leaf(1)
print([(e.callcount, e.totaltime) for e in p.getstats() if getattr(e.code, "co_name", "") == "leaf"])


import syslog
print(syslog.LOG_UPTO(syslog.LOG_WARNING), syslog.LOG_MASK(syslog.LOG_ERR), syslog.setlogmask(0))
for bad in ((), ("a", "b", "c"), (1,), ("a\0b",), ("x", "y")):
    try:
        syslog.syslog(*bad)
    except (TypeError, ValueError) as e:
        print(type(e).__name__, e)
print(syslog.openlog("t", syslog.LOG_PID, syslog.LOG_USER), syslog.closelog(), syslog.closelog())
