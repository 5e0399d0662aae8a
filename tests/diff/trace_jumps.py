# Setting f_lineno in a trace function.
import sys


def jump(f, source, target):
    first = f.__code__.co_firstlineno
    done = []

    def trace(frame, event, arg):
        if frame.f_code is not f.__code__:
            return None
        if event == "line" and frame.f_lineno == first + source and not done:
            done.append(1)
            frame.f_lineno = first + target
        return trace

    out = []
    sys.settrace(trace)
    try:
        f(out)
    except Exception as e:
        out.append(f"{type(e).__name__}: {str(e).replace(str(first + target), 'N')}")
    finally:
        sys.settrace(None)
    print(f.__name__, out)


class C:
    def __init__(self, out):
        self.out = out

    def __enter__(self):
        self.out.append("enter")

    def __exit__(self, *args):
        self.out.append("exit")


def forward(out):
    out.append(1)
    out.append(2)
    out.append(3)


def backward(out):
    for i in 1, 2:
        out.append(i)
        out.append("b")
    out.append("end")


def out_of_with(out):
    with C(out):
        out.append("in")
        out.append("more")
    out.append("end")


def out_of_except(out):
    try:
        1 / 0
    except ZeroDivisionError:
        out.append("handling")
        out.append(sys.exc_info()[0] is None)
    out.append(sys.exc_info()[0] is None)


def between_loops(out, j=None):
    for i in 1, 2:
        out.append(i)
    for j in 3, 4:
        out.append(j)
    out.append("end")




def into_finally(out):
    try:
        out.append("try")
    finally:
        out.append("finally")
    out.append("end")


jump(forward, 1, 3)
jump(backward, 3, 2)
jump(backward, 2, 4)
jump(backward, 4, 2)
jump(out_of_with, 3, 4)
jump(out_of_with, 2, 4)
jump(out_of_with, 4, 2)
jump(out_of_except, 4, 6)
jump(out_of_except, 6, 4)
jump(between_loops, 2, 4)
jump(between_loops, 5, 2)
jump(into_finally, 2, 4)
jump(into_finally, 5, 4)
jump(forward, 1, -1)
jump(forward, 1, 1000)


# A bare `except:` is a line of its own.
def lines_of(f):
    events = []

    def tracer(frame, event, arg):
        if frame.f_code is not f.__code__:
            return None
        events.append((event, frame.f_lineno - f.__code__.co_firstlineno))
        return tracer

    sys.settrace(tracer)
    try:
        f()
    finally:
        sys.settrace(None)
    print(f.__name__, events)


def bare():
    try:
        raise Exception
    except:
        x = 4


def bare_after_finally():
    try:
        try:
            raise Exception
        finally:
            x = 5
    except:
        x = 7
    finally:
        x = 9


def bare_behind():
    try:
        raise ValueError
    except KeyError:
        x = 4
    except:
        x = 6
    else:
        x = 8


lines_of(bare)
lines_of(bare_after_finally)
lines_of(bare_behind)


# A loop's end is an exception when there is one: a generator with a value, an iterator in Python.
def valued():
    yield 0
    return 123


def delegating():
    x = yield from valued()
    return x + 1


def plain():
    yield 1


class Counts:
    def __init__(self):
        self.n = 0

    def __iter__(self):
        return self

    def __next__(self):
        self.n += 1
        if self.n > 1:
            raise StopIteration(self.n)
        return self.n


def loop(it):
    for i in it:
        y = i
    else:
        y = None
    return y


def exceptions_of(make):
    events = []

    def tracer(frame, event, arg):
        if frame.f_code.co_filename != loop.__code__.co_filename:
            return None
        if event == "exception":
            line = frame.f_lineno - frame.f_code.co_firstlineno
            events.append((frame.f_code.co_name, line, repr(arg[1]), arg[2] is None))
        return tracer

    it = make()
    sys.settrace(tracer)
    try:
        loop(it)
    finally:
        sys.settrace(None)
    print(make.__name__, events)


for make in (valued, delegating, plain, Counts):
    exceptions_of(make)


def stopped_by_tracer():
    def tracer(frame, event, arg):
        if event == "exception" and frame.f_code is loop.__code__:
            raise ValueError("tracer")
        return tracer

    for make in (valued, Counts):
        it = make()
        sys.settrace(tracer)
        try:
            loop(it)
        except ValueError as e:
            print(make.__name__, e)
        finally:
            sys.settrace(None)


stopped_by_tracer()
