# The context of what is thrown into a generator: what the generator handles, not what its caller does.
import contextlib


def chain(e):
    r = []
    while e is not None and len(r) < 8:
        r.append(repr(e))
        e = e.__context__
    return r


def ends(exc):
    try:
        yield
    finally:
        raise exc


def handles(seen):
    try:
        raise KeyError("own")
    except KeyError:
        try:
            yield
        except Exception as e:
            seen.append(chain(e))
            yield 5


def delegates(exc):
    try:
        raise KeyError("outer")
    except KeyError:
        yield from ends(exc)


def thrown(make, *args, given=None):
    e1, e2 = ValueError(1), ValueError(2)
    e2.__context__ = given
    it = make(*args)
    next(it)
    try:
        raise e1
    except ValueError:
        try:
            print("gave", it.throw(e2))
        except Exception as e:
            print(chain(e), chain(e2), chain(e1))


for _ in range(6):
    thrown(ends, IndexError(3))
    thrown(ends, IndexError(3), given=OSError(4))
    thrown(delegates, IndexError(3))
    seen = []
    thrown(handles, seen)
    print(seen)


def fresh():
    yield 1


it = fresh()
try:
    raise ValueError(1)
except ValueError:
    try:
        it.throw(KeyError(2))
    except KeyError as e:
        print(chain(e))
    try:
        it.throw(KeyError(3))
    except KeyError as e:
        print("ended", chain(e))


def closing(seen):
    try:
        yield
    except GeneratorExit as e:
        seen.append(chain(e))
        raise


seen = []
it = closing(seen)
next(it)
try:
    raise ValueError("while closing")
except ValueError:
    it.close()
print(seen)

managed = contextlib.contextmanager(ends)


def stack():
    e = [Exception(i) for i in range(5)]
    try:
        with contextlib.ExitStack() as s:
            for i in (4, 3, 2):
                s.enter_context(managed(e[i]))
            raise e[1]
    except Exception as exc:
        return chain(exc)


for _ in range(4):
    print(stack())


async def awaits(exc):
    try:
        await Pause()
    finally:
        raise exc


class Pause:
    def __await__(self):
        yield "paused"


c = awaits(IndexError(3))
print(c.send(None))
try:
    raise ValueError(1)
except ValueError:
    try:
        c.throw(KeyError(2))
    except Exception as e:
        print(chain(e))
