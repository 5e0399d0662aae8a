# What the end of a program destroys, and when: names of modules, and cycles.
import gc
import sys
import types
import weakref

gc.disable()


class Loud:
    def __init__(self, name):
        self.name = name

    def __del__(self, say=print):
        say("end of", self.name)


def cycle(name):
    one, two = Loud(name), []
    two.append(one)
    one.two = two
    return one


# Garbage already.
cycle("garbage")

gone = types.ModuleType("gone")
gone.me = gone
gone.thing = cycle("in a module that goes")
sys.modules["gone"] = gone
del gone

here = Loud("in the main module")
watched = cycle("watched")
ref = weakref.ref(watched, lambda r: print("never"))
print("last line")
