"""Compares the reflection of the AST with CPython's ast module, and the parser's warnings with CPython's.
Run with /usr/bin/python3.11 after `cargo build -p pyrs-syntax --example dump_ast`."""
import ast
import glob
import os
import re
import sys
import warnings

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import cpython


def classes():
    bad = 0
    seen = set()
    for line in cpython.tool("--classes").splitlines():
        base, name, located, fields = line.split("\t")
        cls = getattr(ast, name)
        seen.add(name)
        parts = [part.strip() for part in fields.split(",") if part.strip()]
        ours = f"{name}({', '.join(parts)})" if parts else name
        theirs = re.sub(r"\s+", " ", cls.__doc__)
        wanted_base = "AST" if base == name else base
        if ours != theirs or (located == "true") != bool(cls._attributes) or cls.__base__.__name__ != wanted_base:
            bad += 1
            print("class:", ours, "|", theirs, cls.__base__.__name__, cls._attributes)
    for name in dir(ast):
        cls = getattr(ast, name)
        if (isinstance(cls, type) and issubclass(cls, ast.AST) and cls.__module__ == "ast" and not cls.__subclasses__()
                and name not in seen and "eprecated" not in (cls.__doc__ or "")):
            bad += 1
            print("missing:", name)
    return bad


def parser_warnings():
    paths = sorted(glob.glob("/usr/lib/python3.11/**/*.py", recursive=True))
    sample = "/tmp/pyrs_warnings_sample.py"
    with open(sample, "w") as f:
        f.write("a = '\\d \\q'\nb = b'\\d'\nc = 1if a else 2\nd = f'\\d{a}\\w{b}'\ne = ('x'\n'\\y')\n"
                "f = 0x1for x in y\ng = '\\777'\nh = f'\\{a}'\ni = [1or 2, 1.5and 2, 1jif a else 2, 0o7in x]\nj = f\"{a['1if']}\"\n")
    paths.append(sample)
    ours = {}
    for line in cpython.tool("--warnings", input="\n".join(paths).encode()).splitlines():
        path, lineno, category, message = line.split("\t")
        ours.setdefault(path, []).append((int(lineno), category + "Warning", message))
    bad = 0
    for path in paths:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                with open(path, "rb") as f:
                    ast.parse(f.read())
            except (SyntaxError, ValueError):
                continue
        theirs = sorted((w.lineno, w.category.__name__, str(w.message)) for w in caught)
        if sorted(ours.get(path, [])) != theirs:
            bad += 1
            print("warnings:", path, sorted(ours.get(path, []))[:12], theirs[:12])
    return bad


if __name__ == "__main__":
    failures = classes() + parser_warnings()
    print(failures, "differences")
    sys.exit(failures != 0)
