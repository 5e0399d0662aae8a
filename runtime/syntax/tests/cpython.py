"""What the comparing scripts share: CPython's tree as the text that examples/dump_ast.rs prints."""
import ast
import os
import struct
import subprocess
import sys
import unicodedata

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))


def constant(value):
    if value is None or value is True or value is False or value is ...:
        return repr(value)
    kind = type(value)
    if kind is int:
        return f"i{value}" if -(1 << 63) <= value < 1 << 63 else "big"
    if kind is float:
        return "f" + struct.pack(">d", value).hex()
    if kind is complex:
        return "j" + struct.pack(">d", value.imag).hex()
    if kind is str:
        return "s" + value.encode("utf-8", "surrogatepass").hex()
    return "b" + value.hex()


def dump(node):
    out = []
    write = out.append

    def visit(value, is_constant=False):
        if isinstance(value, ast.AST):
            write(type(value).__name__)
            if value._attributes:
                write(f"@{value.lineno}:{value.col_offset}-{value.end_lineno}:{value.end_col_offset}")
            write("(")
            literal = isinstance(value, (ast.Constant, ast.MatchSingleton))
            for name in value._fields:
                write(name + "=")
                visit(getattr(value, name, None), literal and name == "value")
                write(",")
            write(")")
        elif is_constant:
            write(constant(value))
        elif isinstance(value, list):
            write("[")
            for item in value:
                visit(item)
                write(",")
            write("]")
        elif isinstance(value, str):
            write(f"'{value}'")
        else:
            write(str(value))

    visit(node)
    return "".join(out)


def names_file():
    path = "/tmp/pyrs_unicode_names.tsv"
    if not os.path.exists(path):
        with open(path, "w") as f:
            for code in range(0x110000):
                name = unicodedata.name(chr(code), "")
                if name:
                    f.write(f"{name}\t{code:x}\n")
            for alias in ("LF:a", "NBSP:a0", "NULL:0", "LINE FEED:a", "TAB:9"):
                name, code = alias.split(":")
                f.write(f"{name}\t{code}\n")
    return path


def tool(*arguments, input=b""):
    profile = os.environ.get("PYRS_PROFILE", "debug")
    target = os.environ.get("CARGO_TARGET_DIR", os.path.join(ROOT, "target"))
    binary = os.path.join(target, profile, "examples", "dump_ast")
    env = dict(os.environ, PYRS_UNICODE_NAMES=names_file())
    result = subprocess.run([binary, *arguments], input=input, stdout=subprocess.PIPE, env=env)
    if result.returncode:
        sys.exit(f"dump_ast failed: {result.returncode}")
    return result.stdout.decode("utf-8", "surrogateescape")
