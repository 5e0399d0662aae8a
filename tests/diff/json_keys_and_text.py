# Equal keys of a document are one object; text with escapes, controls and wide characters at every place of a word.
import json
import json.decoder
import json.encoder

s = json.dumps([{"a key": 1, "\u00e9": 2, "x" * 80: 3, "": 4, "k": 5, "\u0101\u0102": 6, "q\"": 7}] * 3)
for ensure in (True, False):
    s = json.dumps(json.loads(s), ensure_ascii=ensure)
    docs = json.loads(s)
    keys = [list(d) for d in docs]
    print(ensure, all(a is b for row in keys[1:] for a, b in zip(keys[0], row)), keys[0])
a, b = json.loads('[{"ab": 1}, {"a\\u0062": 2}]')
print([k is l for k, l in zip(a, b)], a, b)
many = {f"key number {i}": i for i in range(2000)}
text = json.dumps([many, many, many])
one, two, three = json.loads(text)
print(all(x is y is z for x, y, z in zip(one, two, three)), one == many, list(one) == list(many))
print(json.loads(text) == [many] * 3)


def hook(d):
    return {k: json.loads('{"key number 1": [1], "a": {"key number 2": null}}') for k in d}


print(json.loads('[{"a": 1, "key number 1": 2}, {"a": 3}]', object_hook=hook))
print(json.loads('{"b": 1, "a": {"b": 2}, "b": 3}'), json.loads('{"b": 1, "b": 2}', object_pairs_hook=list))
for c in ['"', "\\", "\n", "\x00", "\x1f", " ", "~", "\x7f", "\x80", "\xff", "\u0100", "\ud800", "\U0001f600", "/"]:
    for n in range(10):
        t = "abcdefghij"[:n] + c + "klmnopqrstuv"
        for ensure in (True, False):
            d = json.dumps([t, {t: t}], ensure_ascii=ensure)
            assert json.loads(d) == [t, {t: t}], (c, n)
            if n in (0, 9):
                print(ascii(d))
        for strict in (True, False):
            try:
                r = json.loads('"' + t + '"', strict=strict)
            except json.JSONDecodeError as e:
                r = str(e)
            if n in (0, 7, 8):
                print(ascii(r))
for t in ['"abc', '"abcdefghijk', '{"abcdefgh', '{"a" 1}', '{"a\x01": 1}', '["\u0100", "abc\x01"]', '{"\u0100": 1, "a', '"\\', '"a\\q"', '"\\u12"', '{"a\\u00e9": 1}', '{1: 2}', '{"a": 1,}']:
    try:
        print(ascii(json.loads(t)))
    except json.JSONDecodeError as e:
        print(ascii(e))
for n in ["0", "-0", "-1", "12345678901234567", "999999999999999999", "-999999999999999999", "1000000000000000000", "123456789012345678901", "1.5", "-0.0", "1e5", "1E-2", "01", "-", "1.", "-1e400", "\u0100"]:
    for t in (n, "[" + n + "]", "[" + n + ', "\u0100"]'):
        try:
            print(json.loads(t), end=" ")
        except json.JSONDecodeError as e:
            print(e, end=" ")
    print()
print(json.loads("[1, 2.5]", parse_int=lambda s: "i" + s, parse_float=lambda s: "f" + s))


class I(int):
    def __repr__(self):
        return "no"


class L(list):
    def __iter__(self):
        return iter([7, 8])


class D(dict):
    def items(self):
        return [("x", 1), ("y", 2)]


print(json.dumps([0, -1, 10, -(1 << 48), (1 << 48) - 1, 1 << 62, -(1 << 70), I(5), True, None, 0.1, -0.0, 1e300]))
print(json.dumps([L([1]), L(), D(a=1), D(), (), [], {}, (1,), [()]]), json.dumps({"b": 1, "a": {"d": 2, "c": 3}}, sort_keys=True))
print(json.dumps({1: 2, 1.5: 3, None: 4, True: 5, False: 6, I(9): 7}), json.dumps({(1,): 2, "a": 3}, skipkeys=True))
for v in ({(1,): 2}, {1, 2}, [float("nan")], {float("inf"): 1}):
    try:
        print(json.dumps(v, allow_nan=False))
    except (TypeError, ValueError) as e:
        print(type(e).__name__, e)
print(json.dumps([float("nan"), -float("inf")]), json.dumps({float("inf"): 1}))
loop = []
loop.append({"a": loop})
try:
    json.dumps(loop)
except ValueError as e:
    print(e)


# The containers change while they are written.
class Odd:
    pass


grows, shrinks, d = [Odd(), 1], [Odd(), 1, 2], {"a": Odd(), "b": 1}


def default(o):
    if len(grows) < 4:
        grows.append(len(grows))
    shrinks.pop()
    d["c"] = 2
    return "odd"


print(json.dumps(grows, default=default), json.dumps(shrinks, default=default), json.dumps(d, default=default), d.keys())
