"""Compares errors (kind, message, positions) with CPython's. Run with /usr/bin/python3.11 after
`cargo build -p pyrs-syntax --example dump_ast`: compare_errors.py [MUTATIONS] [SEED] [-v]

Sources: every string in CPython's syntax tests that does not parse, every doctest in them, and library files with one
token deleted, doubled, swapped or replaced."""
import ast
import glob
import io
import os
import random
import re
import sys
import tokenize
import warnings
import zlib

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import cpython

warnings.simplefilter("ignore")
TESTS = ("test_syntax test_exceptions test_fstring test_eof test_grammar test_patma test_named_expressions "
         "test_positional_only_arg test_unpack_ex test_string_literals test_genexps test_lambda test_except_star "
         "test_with test_dictcomps test_setcomps test_listcomps test_type_comments test_keywordonlyarg test_unpack "
         "test_codeop test_compile test_decorators test_coroutines test_flufl test_generators test_extcall "
         "test_pep646_syntax test_ast test_parser test_tokenize test_unicode_identifiers test_int_literal").split()


def harvest():
    sources = []
    for name in TESTS:
        for path in glob.glob(f"/usr/lib/python3.11/test/{name}.py"):
            with open(path, "rb") as f:
                tree = ast.parse(f.read())
            for node in ast.walk(tree):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    text = node.value
                    if len(text) < 3000:
                        sources.append(text)
                    lines, current = text.splitlines(), None
                    for line in lines + [""]:
                        if match := re.match(r"\s*>>> ?(.*)", line):
                            if current is not None:
                                sources.append("\n".join(current) + "\n")
                            current = [match[1]]
                        elif current is not None and (match := re.match(r"\s*\.\.\. ?(.*)", line)):
                            current.append(match[1])
                        elif current is not None:
                            sources.append("\n".join(current) + "\n")
                            current = None
    return sources


REPLACEMENTS = ["(", ")", "[", "]", "{", "}", ":", ",", "=", "==", ":=", "*", "**", ".", "if", "else", "for", "in", "as",
                "not", "lambda", "print", "x", "1", "'s'", "f'{x}'", ";", "\n", "@", "->", "async", "await", "def", "None",
                "True", "import", "from", "with", "except", "match", "case", "yield", "0x", "1_", "\\", "?", "'", '"""']


def mutations(count, generator):
    paths = [path for path in glob.glob("/usr/lib/python3.11/**/*.py", recursive=True) if os.path.getsize(path) < 40000]
    made = []
    while len(made) < count:
        path = generator.choice(paths)
        try:
            with open(path, encoding="utf-8") as f:
                text = f.read()
            lines = text.splitlines(True)
            # A window of whole statements keeps the sources small.
            tree = ast.parse(text)
            if not tree.body:
                continue
            node = generator.choice(tree.body)
            text = "".join(lines[node.lineno - 1:node.end_lineno])
            tokens = [t for t in tokenize.generate_tokens(io.StringIO(text).readline) if t.string]
        except (SyntaxError, ValueError, tokenize.TokenError):
            continue
        if len(tokens) < 3 or len(text) > 6000:
            continue
        lines = text.splitlines(True)
        starts = [0]
        for line in lines:
            starts.append(starts[-1] + len(line))
        for _ in range(4):
            token = generator.choice(tokens)
            begin = starts[token.start[0] - 1] + token.start[1]
            end = starts[token.end[0] - 1] + token.end[1]
            how = generator.randrange(5)
            if how == 0:
                new = text[:begin] + text[end:]
            elif how == 1:
                new = text[:begin] + token.string + " " + text[begin:]
            elif how == 2:
                new = text[:begin] + generator.choice(REPLACEMENTS) + text[end:]
            elif how == 3:
                new = text[:begin] + generator.choice(REPLACEMENTS) + " " + text[begin:]
            else:
                new = text[:begin]
            made.append(new)
    return made


def soup(count, generator):
    """Byte strings that hardly parse: pieces of Python, bad UTF-8, cookies, marks, tabs."""
    pieces = [p.encode() for p in REPLACEMENTS] + [
        b" ", b"\t", b"\n", b"\n    ", b"\n\t", b"\r\n", b"\r", b"\x0c", b"\xff", b"\xc3\xa9", b"\xe2\x82\xac", b"\xe2\x80", b"#",
        b"# coding: latin-1\n", b"# coding: utf-8\n", b"# coding: ascii\n", b"\xef\xbb\xbf", b"\\\n", b"rb'", b"f\"{", b"}", b"!r",
        b"1e", b"1_000", b"0o8", b"0b12", b"1.5j", b"if x:\n", b"class C:\n", b"try:\n", b"except", b"finally", b"x = ",
        b"f(a, b=1, *c, **d)", b"\xf0\x9d\x94\x98", b"\x01", b"'\\x'", b"'\\N{DASH}'", b"b'\\x1'", b"\xc2\xa0", b"`", b"$", b"<>"]
    return [b"".join(generator.choice(pieces) + generator.choice([b"", b" "]) for _ in range(generator.randrange(1, 14)))
            for _ in range(count)]


INCOMPLETE = 0x4000 | 0x200


def theirs(source, mode, extra=0):
    try:
        compile_flags = ast.PyCF_ONLY_AST | extra
        tree = compile(source, "<unknown file>", mode, compile_flags)
        return ["OK", f"{zlib.crc32(cpython.dump(tree).encode('utf-8', 'surrogatepass')):08x}"]
    except SyntaxError as e:
        if e.lineno is None:
            return [type(e).__name__, str(e.msg)]
        return [type(e).__name__, e.msg, e.lineno, e.offset, e.end_lineno, e.end_offset, str(e.text)]
    except MemoryError:
        return ["MemoryError"]
    except (RecursionError, ValueError, OverflowError):
        return None


def main():
    arguments = [a for a in sys.argv[1:] if a.isdigit()]
    verbose = "-v" in sys.argv
    count = int(arguments[0]) if arguments else 1500
    seed = int(arguments[1]) if len(arguments) > 1 else 1
    total = wrong = wrong_text = 0
    groups = [("tests", "exec", harvest()), ("mutations", "exec", mutations(count, random.Random(seed)))]
    groups += [("tests", "single", groups[0][2][:4000]), ("tests", "eval", groups[0][2][:4000])]
    groups += [("tests", "func_type", groups[0][2][:300])]
    groups += [("incomplete", "single", groups[0][2]), ("incomplete", "exec", groups[0][2])]
    groups += [("incomplete", "single", groups[1][2])]
    groups += [("bytes", "exec", soup(count, random.Random(seed))), ("bytes", "single", soup(count, random.Random(seed + 1)))]
    groups += [("bytes", "exec", [s.replace("self", "s\xe9lf").encode() for s in groups[1][2]])]
    groups += [("unicode", "exec", [s.replace("self", "s\xe9lf").replace("'", "'\U0001d518") for s in groups[1][2]])]
    for label, mode, sources in groups:
        sources = list(dict.fromkeys(sources))
        if label == "bytes":
            encoded = sources
        else:
            sources = [s for s in sources if "\0" not in s and not any(0xD800 <= ord(c) < 0xE000 for c in s)]
            encoded = [s.encode() for s in sources]
        output = cpython.tool("--errors", mode, label, input=b"\0".join(encoded)).split("\n")
        bad = invalid = 0
        for source, line in zip(sources, output):
            expected = theirs(source, mode, INCOMPLETE if label == "incomplete" else 0)
            if expected is None:
                continue
            total += 1
            invalid += expected[0] != "OK"
            escape = lambda v: str(v).replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t").replace("\r", "\\r")
            expected = [escape(v) for v in expected]
            ours = line.split("\t")
            if expected[4:5] == ["None"]:
                expected[4:6] = ours[4:6]
            if ours[:min(len(expected), 6)] != expected[:6]:
                bad += 1
                if bad <= 25 or verbose:
                    print(f"--- {label} {mode}: {source[-400:] if len(source) < 1500 else source[:80]!r}\n  CPython {expected}\n  ours    {ours}")
            elif ours[6:7] != expected[6:7]:
                wrong_text += 1
                if verbose:
                    print(f'text: {source[-200:]!r} {mode} {expected} {ours[2:]}')
        wrong += bad
        print(f"{label} {mode}: {len(sources)} sources, {invalid} invalid, {bad} different")
    print(f"{total} compared, {wrong} different, {wrong_text} with another text line")
    return wrong != 0


if __name__ == "__main__":
    sys.exit(main())
