s = "Hello, World"
print(s.upper(), s.lower(), s.swapcase(), s.title(), s.casefold(), s.capitalize(), "ß".upper(), "ǆ".title(), "İ".lower().encode())
print(s.center(20, "*"), s.ljust(15, "."), s.rjust(15), "42".zfill(5), "-42".zfill(6), "+".zfill(3))
print(s.find("o"), s.rfind("o"), s.find("z"), s.find("o", 5), s.find("", 3), s.index("W"), s.count("l"), "aaaa".count("aa"), "abc".count(""))
for bad in (lambda: s.index("z"), lambda: s.rindex("zz"), lambda: "a".center(5, "ab"), lambda: "".join([1]), lambda: "a".split(""), lambda: "a" + 1, lambda: 1 + "a", lambda: "a" * "b", lambda: "abc"[5], lambda: "abc"["x"], lambda: "a".replace(1, 2), lambda: "x" in 5, lambda: 5 in "x"):
    try:
        print(bad())
    except (ValueError, TypeError, IndexError) as e:
        print(type(e).__name__, e)
print("a,b,,c".split(","), " a  b c ".split(), "a,b,c".split(",", 1), "a,b,c".rsplit(",", 1), "  x y ".split(None, 1), "".split(), "".split(","))
print("a\nb\r\nc\x0bd\u2028e".splitlines(), "a\nb\n".splitlines(True), "abc".partition("b"), "abc".rpartition("x"), "abcbd".rpartition("b"))
print("  x ".strip() + "|", "xxaxx".strip("x"), "abcba".lstrip("ab"), "abcba".rstrip("ab"), "TestCase".removeprefix("Test"), "a.py".removesuffix(".py"))
print("aXbXc".replace("X", "--"), "aXbXc".replace("X", "", 1), "abc".replace("", "-"), "abc".replace("", "-", 2))
print("abc".startswith("ab"), "abc".startswith(("x", "a")), "abc".endswith("c", 0, 2), "abc".startswith("", 4), "abc".startswith("b", 1))
print("abc".isalpha(), "ab1".isalnum(), "12".isdigit(), "²".isdigit(), "²".isdecimal(), "½".isnumeric(), " \t".isspace(), "Ab Cd".istitle(), "a_1".isidentifier(), "1a".isidentifier(), "".isalpha(), "AB".isupper(), "é".isascii(), "\x00".isprintable())
print("hello"[1:4], "hello"[::-1], "hello"[-3:], "hello"[10:], "hello"[4:1:-1], "hello"[::2], "hello"[-100:100])
print("abc" < "abd", "a" < "B", "" < "a", "abc" == "abc", "é" > "z", max("hello"), min("hello"), sorted("hello"))
print("a\tb\tcc".expandtabs(4), "%".join("abc"), "-".join(["x"]), "".join(()), "abc" * 3, 0 * "abc", "ab" * -1)
table = str.maketrans({"a": "1", "b": None, ord("c"): "xyz"})
print("aabbcc".translate(table), "hello".translate(str.maketrans("el", "ip", "o")))
print(repr("a'b"), repr('a"b'), repr("a'b\"c"), repr("\n\t\\\x00\x7f\x80\u0394\ud800\U0001F600"), ascii("Δ\U0001F600é"))
print("Δ😀".encode(), "Δ😀".encode("utf-16-le"), "é".encode("latin-1"), "aé".encode("ascii", "replace"), "aé".encode("ascii", "xmlcharrefreplace"), "aé".encode("ascii", "backslashreplace"))
try:
    "aé".encode("ascii")
except UnicodeEncodeError as e:
    print(e, e.start, e.end, e.object, e.reason)
print(len("😀a"), ord("😀"), chr(128512), [hex(ord(c)) for c in "aé😀"], hash("a") == hash("a"))
parts = []
for i in range(50):
    parts.append(str(i) + chr(97 + i % 26))
joined = "".join(parts)
print(joined, len(joined), joined.count("1"))
acc = ""
for c in joined:
    if c.isdigit():
        acc += c
print(acc)
