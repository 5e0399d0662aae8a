"""datetime: arithmetic, text forms, zones, folds, pickles, errors."""
import os, pickle
from time import tzset
from datetime import *
os.environ["TZ"] = "America/New_York"
tzset()
DT, TIME = datetime, time
def show(f):
    try:
        print(repr(f()))
    except Exception as e:
        print(type(e).__name__, e)
d = timedelta(1, 2, 3)
print(d, repr(d), -d, d * 2, d * 1.5, d / 2, d // 2, d / d, d % timedelta(hours=7), divmod(d, timedelta(hours=1)), abs(-d), bool(timedelta()))
print(timedelta(weeks=1.5, hours=-1, microseconds=0.5), timedelta(microseconds=1.5), timedelta(microseconds=2.5), timedelta(0.1), timedelta(-1, 3), str(timedelta(-1)))
print(timedelta.min, timedelta.max, timedelta.resolution, hash(d) == hash(timedelta(1, 2, 3)), d.total_seconds(), sorted([d, -d, timedelta()]))
for f in [lambda: timedelta(10**10), lambda: timedelta("x"), lambda: timedelta(1, x=2), lambda: d + 1, lambda: d / 0, lambda: d < 1, lambda: timedelta(float("nan")),
          lambda: d * float("inf"), lambda: timedelta.max + d, lambda: d // "x", lambda: timedelta(seconds=10**30)]:
    show(f)
a = date(2024, 2, 29)
print(a, repr(a), a + timedelta(366), a - date(2023, 1, 1), a.isocalendar(), a.isocalendar().week, a.weekday(), a.isoweekday(), a.toordinal(), a.ctime(), a.timetuple(), a.replace(year=2020))
print(date.fromordinal(1), date.fromisoformat("20240229"), date.fromisoformat("2024-W09-4"), date.fromisocalendar(2020, 53, 7), date.min, date.max, date.fromtimestamp(0), f"{a:%Y/%m/%d %j %%}", a.strftime("%A"))
for f in [lambda: date(2023, 2, 29), lambda: date(0, 1, 1), lambda: date(1, 13, 1), lambda: date(1, 1), lambda: date(1, 1, 1, 1), lambda: date("a", 1, 1), lambda: date(1.0, 1, 1), lambda: date.fromisoformat("2024-1-1"),
          lambda: date.fromisoformat(5), lambda: date.max + timedelta(1), lambda: date.fromordinal(0), lambda: date.fromisocalendar(2021, 53, 1), lambda: date.fromisocalendar(2021, 1, 8), lambda: a < 5,
          lambda: a + 1, lambda: format(a, 5), lambda: a.strftime(5), lambda: date.fromtimestamp(1e30), lambda: date.fromtimestamp(float("nan")), lambda: a < DT(2024, 1, 1), lambda: a == DT(2024, 2, 29)]:
    show(f)
t = DT(2024, 3, 10, 1, 30, 5, 6, timezone(timedelta(hours=5, minutes=30), "IST"))
print(t, repr(t), t.isoformat("_", "minutes"), t.isoformat(timespec="milliseconds"), t.utcoffset(), t.tzname(), t.dst(), t.astimezone(timezone.utc), t.astimezone(), t.timestamp(), t.date(), t.time(), t.timetz(), t.utctimetuple())
n = DT(2024, 11, 3, 1, 30)
print(n.timestamp(), n.replace(fold=1).timestamp(), repr(n.replace(fold=1)), n.astimezone(), n.replace(fold=1).astimezone(), DT(2024, 3, 10, 2, 30).timestamp(), DT(2024, 3, 10, 2, 30, fold=1).timestamp())
print(repr(DT.fromtimestamp(1730615400)), repr(DT.fromtimestamp(1730619000)), DT.fromtimestamp(1.5, timezone.utc), DT.utcfromtimestamp(-1.000001), DT.fromtimestamp(0.9999999, timezone.utc), DT.combine(a, t.timetz()))
for s in ["2024-02-29", "2024-02-29T01:02:03.5+05:30", "20240229T010203Z", "2024-W09-4 10", "2024W0941030", "2024-02-29T01:02:03.123456789-00:00:01.5", "2024-02-29\u20ac10:00", "2024-02-29T24:00", "2024-02-29T1", "", "2024-02-29T01:02:03.", "2024-02-30"]:
    show(lambda: DT.fromisoformat(s))
print(DT.strptime("2024-02-29 10:11:12.000013 +0530", "%Y-%m-%d %H:%M:%S.%f %z"), t.strftime("%z %Z %f %% %Y"), n.strftime("[%z|%Z]"), t - n.replace(tzinfo=timezone.utc), n - timedelta(days=1), n.timetuple())
for f in [lambda: DT(2024, 1, 1, 24), lambda: DT(2024, 1, 1, fold=2), lambda: DT(2024, 1, 1, tzinfo=5), lambda: t - n, lambda: t < n, lambda: t == n, lambda: n < a, lambda: n == a, lambda: DT.max + timedelta(microseconds=1), lambda: DT.now(5),
          lambda: n.isoformat("ab"), lambda: n.isoformat(timespec="x"), lambda: DT.fromtimestamp("x"), lambda: DT.combine(1, 2), lambda: DT(), lambda: DT.strptime("x", 5), lambda: n.astimezone(5)]:
    show(f)
x = TIME(1, 2, 3, 4)
print(x, repr(x), x.replace(hour=5, tzinfo=timezone.utc), x.isoformat("hours"), TIME.fromisoformat("T10:11:12,5"), TIME.fromisoformat("101112Z"), TIME.min, bool(TIME()), x.strftime("%H-%M-%S-%f"), x < TIME(2), hash(x) == hash(TIME(1, 2, 3, 4)))
for f in [lambda: TIME(25), lambda: TIME(1, tzinfo=1), lambda: x < 5, lambda: x < x.replace(tzinfo=timezone.utc), lambda: TIME.fromisoformat("1:2"), lambda: x.isoformat("a")]:
    show(f)
z = timezone(timedelta(hours=-5))
print(z, repr(z), timezone.utc, repr(timezone.utc), timezone.utc is timezone(timedelta(0)), z == timezone(timedelta(hours=-5), "x"), hash(z) == hash(timedelta(hours=-5)), timezone.min, timezone.max, z.utcoffset(None), z.tzname(None), z.dst(None), UTC)
for f in [lambda: timezone(timedelta(1)), lambda: timezone(5), lambda: timezone(timedelta(1), 5), lambda: z.utcoffset(5), lambda: z.fromutc(n), lambda: tzinfo().utcoffset(None), lambda: timezone(timedelta(0), name=3)]:
    show(f)
class Zone(tzinfo):
    def __init__(self, off, dst=0): self.off, self.d = timedelta(hours=off), timedelta(hours=dst)
    def utcoffset(self, dt): return self.off + self.d
    def dst(self, dt): return self.d
    def tzname(self, dt): return "Z%"
class Bad(tzinfo):
    def utcoffset(self, dt): return 5
    def tzname(self, dt): return 5
m = n.replace(tzinfo=Zone(2, 1))
print(m, m.astimezone(timezone.utc), timezone.utc.utcoffset(m), m.strftime("%Z"), m.timetuple().tm_isdst, Zone(3).fromutc(n.replace(tzinfo=None)) if 0 else "-", m == m.astimezone(timezone.utc), hash(m) == hash(m.astimezone(timezone.utc)))
for f in [lambda: n.replace(tzinfo=Bad()).utcoffset(), lambda: n.replace(tzinfo=Bad()).tzname(), lambda: n.replace(tzinfo=tzinfo()).dst()]:
    show(f)
class D(date): pass
class T(DT): pass
print(repr(D(2024, 1, 2) + timedelta(1)), repr(T(2024, 1, 2, fold=1).replace(day=3)), type(T.now()).__name__, type(D.today()).__name__, repr(T.fromisoformat("2024-01-02")), D.fromordinal(5).__class__.__name__)
for v in [a, n, n.replace(fold=1), t, x, x.replace(fold=1), d, z, timezone.utc, D(2024, 1, 2), T(2024, 1, 2), a.isocalendar()]:
    print([pickle.loads(pickle.dumps(v, p)) == v for p in range(6)], end=" ")
print(DT.__reduce_ex__(n.replace(fold=1), 4), x.__reduce__(), a.__reduce__())

print("arguments are converted before a missing one is reported")
for args in (("x",), (2020, "x"), ("x", 1, 1), (2020,), (), (b"abc",), (1.5,)):
    for kind in (date, datetime):
        try:
            print(kind(*args))
        except TypeError as e:
            print(kind.__name__, e)
