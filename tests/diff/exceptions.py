import traceback, sys
def f(n):
    if n == 0: raise ValueError("deep", n)
    try:
        f(n - 1)
    finally:
        log.append(n)
log = []
try:
    f(3)
except ValueError as e:
    print(log, e, e.args, repr(e), traceback.format_exc().replace(__file__, "FILE"))
def order():
    out = []
    for i in range(4):
        try:
            out.append(f"try{i}")
            if i == 1: continue
            if i == 2: raise KeyError(i)
            if i == 3: break
        except KeyError as e:
            out.append(f"exc{e}")
        else:
            out.append(f"else{i}")
        finally:
            out.append(f"fin{i}")
    return out
print(order())
def ret():
    try: return "try"
    finally: print("finally runs")
def override():
    try: return 1 / 0
    except ZeroDivisionError: return "except"
    finally: return "finally"
print(ret(), override())
try:
    try: 1 / 0
    except ZeroDivisionError as e: raise KeyError("ctx") from e
except KeyError as e:
    print(repr(e.__cause__), repr(e.__context__), e.__suppress_context__)
try:
    try: {}["k"]
    except KeyError: undefined_name
except NameError as e:
    print(e, repr(e.__context__), e.name)
try:
    try: [][1]
    except IndexError: raise TypeError("x") from None
except TypeError as e:
    print(e.__cause__, repr(e.__context__), e.__suppress_context__)
class MyErr(Exception):
    def __init__(self, code): super().__init__(f"code {code}"); self.code = code
class Sub(MyErr): pass
for exc in (Sub(5), MyErr(6), OSError(2, "No such", "file"), KeyError("k"), KeyError(1, 2), StopIteration(3), SystemExit(4), UnicodeDecodeError("utf-8", b"ab\xff", 2, 3, "bad"), ImportError("m", name="n"), AssertionError(), Exception()):
    try: raise exc
    except (Sub, KeyError) as e: print("first", repr(e), str(e))
    except MyErr as e: print("second", e.code, e)
    except BaseException as e: print("base", repr(e), "|", str(e), "|", e.args)
try: e
except NameError as err: print(err)
for f in (lambda: exec("raise 5"), lambda: exec("raise"), lambda: exec("raise ValueError from 5"), lambda: exec("assert 0, 'msg'"), lambda: exec("try:\n 1/0\nexcept 5: pass"), lambda: ValueError(x=1), lambda: exec("raise int")):
    try: f()
    except BaseException as e: print(type(e).__name__, e)
e = ValueError("n"); e.add_note("note 1"); e.add_note("note 2"); print(e.__notes__, "".join(traceback.format_exception(e)), end="")
print(sys.exc_info(), ValueError("a").with_traceback(None), issubclass(FileNotFoundError, OSError), type(OSError(2, "x")).__name__, OSError(13, "d").errno, e.__traceback__)
def nested():
    try:
        try: raise ValueError(1)
        finally:
            try: raise TypeError(2)
            except TypeError: print("in", sys.exc_info()[0].__name__)
            print("still", sys.exc_info()[0].__name__)
    except ValueError: print("out", sys.exc_info()[1])
nested(); n = 0
for i in range(1000):
    try:
        if i % 3 == 0: raise ValueError(i)
        if i % 5 == 0: [][0]
        n += 1
    except ValueError as v: n += v.args[0]
    except IndexError: n -= 1
print(n)


# a caught exception takes the frames it came from along
import weakref


class Held:
    pass


def raises():
    held = Held()
    global watch
    watch = weakref.ref(held)
    raise ValueError(1)


def catches(f):
    try:
        f()
    except ValueError:
        pass


def generates():
    held = Held()
    global watch
    watch = weakref.ref(held)
    yield 1
    raise ValueError(held.__class__)


for f in [raises, lambda: list(generates())]:
    catches(f)
    print(watch() is None)
# A bare raise adds no traceback entry; a frame that was left stays at the line that raised.
import traceback
def lines(f):
    try: f()
    except Exception as e:
        tb, got = e.__traceback__.tb_next, []
        while tb:
            frame = tb.tb_frame
            got.append((tb.tb_lineno - frame.f_code.co_firstlineno, frame.f_lineno - frame.f_code.co_firstlineno))
            tb = tb.tb_next
        return type(e).__name__, got
def bare():
    try:
        1 / 0
    except ZeroDivisionError:
        raise
def no_match():
    try:
        1 / 0
    except TypeError as e:
        pass
def in_handler():
    try:
        1 / 0
    except ZeroDivisionError as e:
        [][1]
        pass
def in_finally():
    try:
        1 / 0
    finally:
        pass
class Manager:
    def __enter__(self): pass
    def __exit__(self, *a): pass
def in_with():
    with Manager():
        1 / 0
        pass
print(lines(bare)[0], [a for a, _ in lines(bare)[1]])
for f in no_match, in_handler, in_finally, in_with: print(f.__name__, lines(f))
# Syntax errors of the compiler have the line of the file, those of the parser that of the text.
for source in "def f():\n return x\nnonlocal x", "x = ) 1", "return", "[i for i in [j for j in (k := range(5))]]", "match x:\n case (_ as y) | [y]: pass", "match x:\n case f'': pass":
    try: compile(source, "nowhere", "exec")
    except SyntaxError as e: print(e.args)
class NoException(Exception):
    def __new__(cls, *args): return cls
try: raise NoException
except TypeError as e: print(str(e)[:60])
