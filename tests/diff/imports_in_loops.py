"""`import` statements in hot functions, and what may change under them."""
import builtins
import sys
import types

package = types.ModuleType("loop_package")
package.__path__ = []
package.one = 1
sys.modules["loop_package"] = package
plain = types.ModuleType("loop_plain")
plain.value = 10
sys.modules["loop_plain"] = plain


def one():
    from loop_package import one

    return one


def value():
    import loop_plain

    return loop_plain.value


def several(k):
    import math
    import os.path as p
    from collections import OrderedDict, deque

    return math.floor(k + 0.5) + len(deque([k])) + len(OrderedDict(a=1)) + len(p.join("a", "b"))


def run(turns, change):
    out = {}
    for k in range(turns):
        if k == turns // 2:
            change()
        try:
            found = one(), value()
        except (ImportError, AttributeError) as e:
            found = type(e).__name__, str(e)
        out[found] = out.get(found, 0) + 1
    return out


def nothing():
    pass


def other_value():
    package.one = 2
    plain.value = 20


def other_module():
    new = types.ModuleType("loop_plain")
    new.value = 30
    sys.modules["loop_plain"] = new


def gone():
    del package.one


def back():
    package.one = 3


def hooked():
    original = builtins.__import__

    def hook(name, *rest):
        module = original(name, *rest)
        if name == "loop_plain":
            return types.SimpleNamespace(value="hook")
        return module

    builtins.__import__ = hook


def unhooked():
    builtins.__import__ = __import__.__defaults__[0] if __import__.__defaults__ else real_import


def none_there():
    sys.modules["loop_plain"] = None


real_import = builtins.__import__
for change in (nothing, other_value, other_module, gone, back, hooked, unhooked, none_there):
    print(change.__name__, run(2000, change))
sys.modules["loop_plain"] = plain
print(sum(several(k) for k in range(3000)))


def first_import(k):
    # Loaded the first time round only.
    import this_is_not_there_yet as m

    return m.k


class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == "this_is_not_there_yet":
            from importlib.machinery import ModuleSpec

            return ModuleSpec(name, self)

    def create_module(self, spec):
        return None

    def exec_module(self, module):
        module.k = len(loads)
        loads.append(1)


loads = []
sys.meta_path.insert(0, Finder())
seen = {}
for k in range(3000):
    if k % 1000 == 999:
        del sys.modules["this_is_not_there_yet"]
    n = first_import(k)
    seen[n] = seen.get(n, 0) + 1
print(seen, len(loads))
