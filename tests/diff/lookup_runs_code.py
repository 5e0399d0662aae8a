"""Keys whose comparison takes away what is being searched: classes, their order, an object's dict, a module's names."""
import gc
import types


class Key:
    """Equal to no name, but in its place; `act` runs at every comparison."""

    def __init__(self, name, act):
        self.hash = hash(name)
        self.act = act

    def __hash__(self):
        return self.hash

    def __eq__(self, other):
        if self is other:
            return True
        self.act()
        return False


def churn():
    """Uses memory that was given back."""
    return [[str(n), (n, n, n), {n: n}, bytes(64)] for n in range(40)]


def order_changes():
    class Base:
        first = "Base"
        second = "Base"

    class Other:
        first = "Other"
        second = "Other"

    def act():
        X.__bases__ = (Other,)
        churn()

    X = type("X", (Base,), {Key("first", act): 5})
    return X.first, X.second


def base_dies():
    def act():
        X.__bases__ = (Other,)
        gc.collect()
        churn()

    class Other:
        pass

    X = type("X", (type("Gone", (), {"only": ["kept"], "method": lambda self: "method"}),), {Key("only", act): 5})
    return X.only


def through_instance():
    class Base:
        def name(self):
            return "Base"

    class Other:
        def name(self):
            return "Other"

    def act():
        X.__bases__ = (Other,)
        churn()

    X = type("X", (Base,), {Key("name", act): 5})
    x = X()
    return x.name()


def through_super():
    class Base:
        def name(self):
            return "Base"

    class Other:
        def name(self):
            return "Other"

    def act():
        Y.__bases__ = (Other,)
        churn()

    Middle = type("Middle", (Base,), {Key("name", act): 5})

    class Y(Middle):
        def name(self):
            return "Y" + super().name()

    return Y().name()


def dict_replaced():
    class X:
        name = "class"

    x = X()

    def act():
        x.__dict__ = {}
        churn()

    x.__dict__ = {Key("name", act): 1, "other": 2}
    first = x.name
    x.__dict__ = {Key("name", act): 1, "other": 2}
    try:
        del x.name
    except AttributeError as e:
        second = str(e)
    x.__dict__ = {Key("name", act): 1, "other": 2}
    x.name = "set"
    x.__dict__ = {Key("method", act): 1}
    try:
        x.method()
    except AttributeError as e:
        third = str(e)
    return first, second, third, sorted(map(str, x.__dict__))


def module_replaced():
    m = types.ModuleType("m")

    def act():
        m.__dict__.clear()
        churn()

    m.__dict__[Key("name", act)] = 1
    m.__dict__["other"] = 2
    try:
        return m.name
    except AttributeError as e:
        return str(e)


def names_vanish():
    def act():
        space.clear()
        churn()

    space = {Key("name", act): 1, "other": 2, "__builtins__": {"name": "builtin"}}
    try:
        return eval("name", space)
    except NameError as e:
        return str(e)


def dict_vanishes():
    def act():
        holder.clear()
        churn()

    out = []
    for use in ("get", "item", "in", "pop", "set", "del", "update", "eq", "setdefault"):
        holder = [{Key("name", act): 1, "other": 2}]
        try:
            if use == "get":
                out.append(holder[0].get("name"))
            elif use == "item":
                out.append(holder[0]["name"])
            elif use == "in":
                out.append("name" in holder[0])
            elif use == "pop":
                out.append(holder[0].pop("name", "default"))
            elif use == "set":
                holder[0]["name"] = 5
            elif use == "del":
                del holder[0]["name"]
            elif use == "update":
                holder[0].update({"name": 1})
            elif use == "eq":
                out.append(holder[0] == {"name": 1, "other": 2})
            else:
                out.append(holder[0].setdefault("name", 7))
        except KeyError as e:
            out.append(repr(e))
    return out


def set_vanishes():
    def act():
        holder.clear()
        churn()

    out = []
    for use in ("in", "add", "discard", "and", "sub", "le"):
        holder = [{Key("name", act), "other"}]
        if use == "in":
            out.append("name" in holder[0])
        elif use == "add":
            out.append(holder[0].add("name"))
        elif use == "discard":
            out.append(holder[0].discard("name"))
        elif use == "and":
            out.append(len(holder[0] & {"name"}))
        elif use == "sub":
            out.append(len({"name"} - holder[0]))
        else:
            out.append({"name", 2, 3} <= holder[0])
    return out


def list_vanishes():
    class Item:
        def __init__(self, act):
            self.act = act

        def __eq__(self, other):
            self.act()
            return False

    def act():
        holder.clear()
        churn()

    out = []
    for use in ("in", "index", "count", "eq", "remove"):
        holder = [[Item(act), Item(act), 3]]
        try:
            if use == "in":
                out.append(4 in holder[0])
            elif use == "index":
                out.append(holder[0].index(4))
            elif use == "count":
                out.append(holder[0].count(4))
            elif use == "eq":
                out.append(holder[0] == [1, 2, 3])
            else:
                holder[0].remove(4)
        except ValueError as e:
            out.append(str(e))
    return out


for n in range(30):
    results = [
        f()
        for f in (
            order_changes, base_dies, through_instance, through_super, dict_replaced, module_replaced, names_vanish,
            dict_vanishes, set_vanishes, list_vanishes,
        )
    ]
    if n in (0, 29):
        for r in results:
            print(r)
