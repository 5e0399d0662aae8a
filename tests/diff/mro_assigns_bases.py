def attempt(label, f):
    try:
        print(label, f())
    except BaseException as e:
        print(label, type(e).__name__, e)

class A: pass
class B: pass
class Y: a = 1
# mro() that assigns __bases__ while it is computed
class M(type):
    depth = 0
    def mro(cls):
        M.depth += 1
        if M.depth == 2:
            cls.__bases__ = (B,)
        try:
            return type.mro(cls)
        finally:
            pass
class X(A, metaclass=M): pass
print(X.__bases__, X.__mro__)
def change(): X.__bases__ = (Y,)
attempt('assign', change)
print(X.__bases__, X.__mro__, M.depth)
attempt('attr', lambda: X.a)
print(A.__subclasses__(), B.__subclasses__(), Y.__subclasses__())

class M2(type):
    on = False
    def mro(cls):
        if M2.on:
            M2.on = False
            cls.__bases__ = (Y,)
            return (cls, B, object)
        return type.mro(cls)
class X2(A, metaclass=M2): pass
def change():
    M2.on = True
    X2.__bases__ = (B,)
attempt('2', change)
print(X2.__bases__, X2.__mro__)
print(A.__subclasses__(), B.__subclasses__(), Y.__subclasses__())

# in type.__new__
class M3(type):
    def mro(cls):
        if not hasattr(cls, 'seen'):
            cls.seen = 1
        return type.mro(cls)
attempt('3', lambda: M3('X3', (A,), {}).__mro__)
class M4(type):
    def mro(cls):
        cls.__bases__ = (B,)
        return type.mro(cls)
attempt('4', lambda: M4('X4', (A,), {}))
class M5(type):
    n = 0
    def mro(cls):
        M5.n += 1
        if M5.n < 3:
            try: cls.__bases__ = (B,)
            except Exception as e: print('in mro', type(e).__name__, e)
        return [cls, object]
attempt('5', lambda: M5('X5', (A,), {}).__mro__)
class M6(type):
    bad = None
    def mro(cls):
        if M6.bad is not None: return M6.bad(cls)
        return type.mro(cls)
class X6(A, metaclass=M6): pass
class S6(X6): pass
for bad in (lambda c: [], lambda c: [1], lambda c: [c, int], lambda c: 5, lambda c: (x for x in (c, object)), lambda c: 1/0, lambda c: [c, S6], lambda c: [object], lambda c:[c, c], lambda c:None):
    M6.bad = bad
    def change(): X6.__bases__ = (B,)
    attempt('6', change)
    print(X6.__bases__, X6.__mro__, S6.__mro__)
    M6.bad = None
    def change(): X6.__bases__ = (A,)
    attempt('6b', change)
    print(X6.__bases__, X6.__mro__, S6.__mro__)
# a subclass's mro changes the base
class M7(type):
    on = False
    def mro(cls):
        if M7.on and cls.__name__ == 'S7':
            M7.on = False
            X7.__bases__ = (Y,)
        return type.mro(cls)
class X7(A, metaclass=M7): pass
class S7(X7): pass
class R7(X7): pass
def change():
    M7.on = True
    X7.__bases__ = (B,)
attempt('7', change)
print(X7.__bases__, X7.__mro__, S7.__mro__, R7.__mro__)
print(hasattr(S7, 'a'), hasattr(R7, 'a'), hasattr(X7, 'a'))
# mro deletes the class from its bases / drops subclasses
import gc
class M8(type):
    on = False
    def mro(cls):
        if M8.on:
            global S8
            M8.on = False
            S8 = None
            gc.collect()
        return type.mro(cls)
class X8(A, metaclass=M8): pass
class S8(X8): pass
class R8(X8): pass
def change():
    M8.on = True
    X8.__bases__ = (B,)
attempt('8', change)
print(X8.__mro__, R8.__mro__, X8.__subclasses__())
# a cycle made inside
class M9(type):
    on = False
    def mro(cls):
        if M9.on:
            M9.on = False
            try: B9.__bases__ = (X9,)
            except Exception as e: print(type(e).__name__, e)
        return type.mro(cls)
class B9(A, metaclass=M9): pass
class C9(A, metaclass=M9): pass
class X9(C9, metaclass=M9): pass
def change():
    M9.on = True
    X9.__bases__ = (B9,)
attempt('9', change)
