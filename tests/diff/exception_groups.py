eg = ExceptionGroup("many", [ValueError(1), TypeError("t"), ExceptionGroup("inner", [ValueError(2), KeyError("k")])])
print(eg, repr(eg), len(eg.exceptions), eg.message, eg.subgroup(ValueError), eg.split(KeyError), eg.subgroup(lambda e: isinstance(e, TypeError)), eg.derive([OSError()]))
def handle(exc):
    try:
        raise exc
    except* ValueError as g: print("V", g.exceptions)
    except* (TypeError, KeyError) as g: print("TK", [repr(e) for e in g.exceptions])
    else: print("else")
    finally: print("fin")
handle(eg); handle(ValueError("plain"))
try: handle(ExceptionGroup("x", [OSError("o"), ValueError("v")]))
except ExceptionGroup as g: print("left", g, g.exceptions)
try:
    try: raise ExceptionGroup("a", [ValueError(1), TypeError(2)])
    except* ValueError: raise KeyError("new")
except ExceptionGroup as g: print(repr(g))
try:
    try: raise ExceptionGroup("a", [ValueError(1), TypeError(2)])
    except* ValueError as g: raise
    except* TypeError: print("t")
except ExceptionGroup as g: print(repr(g))
try:
    try: pass
    except* ValueError: print("never")
    else: print("ran else")
finally: print("f")
for bad in (lambda: ExceptionGroup("m", []), lambda: ExceptionGroup("m", [5]), lambda: ExceptionGroup("m", [KeyboardInterrupt()]), lambda: ExceptionGroup(5, [ValueError()]), lambda: ExceptionGroup("m", 5), lambda: ExceptionGroup("m")):
    try: print(bad())
    except (ValueError, TypeError) as e: print(type(e).__name__, e)
print(type(BaseExceptionGroup("b", [ValueError()])).__name__, type(BaseExceptionGroup("b", [KeyboardInterrupt()])).__name__)
try:
    try: raise ValueError(1)
    except* ExceptionGroup: pass
except TypeError as e: print(e)
import traceback
try: raise ExceptionGroup("tb", [ValueError("a"), ExceptionGroup("n", [TypeError("b")])])
except ExceptionGroup as g: print("".join(traceback.format_exception(g)).replace(__file__, "FILE"))
# What a bare raise and a new exception in except* clauses become.
def reraised():
    try:
        raise ExceptionGroup("eg", [TypeError(1), ValueError(2), TypeError(3)])
    except* TypeError:
        raise
    except* ValueError:
        raise
def replaced():
    try:
        raise ExceptionGroup("eg", [TypeError(1), ValueError(2)])
    except* (TypeError, ValueError):
        raise SyntaxError(3)
for f in reraised, replaced:
    try: f()
    except ExceptionGroup as e: print(repr(e), len(e.exceptions), repr(e.__context__))
