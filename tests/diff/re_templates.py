"""Templates of substitutions: what is cached, what warns and where, tracebacks of wrong ones."""
import re
import traceback
import warnings

words = re.compile(r"(?P<a>\w)(\w*)")
out = []
for i in range(300):
    template = (r"\2\g<a>", r"<\1>", "plain", r"\n\g<0>")[i % 4]
    out.append(words.sub(template, "some words here %d" % i))
    if i % 50 == 0:
        out.append(words.subn(str(i) + r"\\\2", "abc")[0])
print(out[::37])

same = r"\1-"
one, two = re.compile("(a)"), re.compile("(b)|a")
for _ in range(20):
    got = one.sub(same, "aba"), two.sub(same, "aba"), one.sub(same, "xax")
print(got)


class Odd(str):
    pass


for t in (Odd(r"\1\1"), bytearray(rb"\1")):
    try:
        print(re.compile("(a)" if isinstance(t, str) else b"(a)").sub(t, "bab" if isinstance(t, str) else b"bab"))
    except TypeError as e:
        print(e)


def wrong(template):
    try:
        return words.sub(template, "text")
    except (re.error, IndexError):
        traceback.print_exc(file=report())


class report:
    def write(self, text):
        for line in text.splitlines():
            if "File" not in line or "re_templates" in line:
                continue
            print(line.strip().split(", ")[-1])


for t in (r"\g<b", r"\g<zz>", r"\q", r"\9"):
    for _ in range(2):
        print(t, wrong(t))
with warnings.catch_warnings(record=True) as seen:
    warnings.simplefilter("always")
    for _ in range(3):
        words.sub(r"\g<+1>", "xx")
print([(w.filename == __file__, str(w.message)) for w in seen])
