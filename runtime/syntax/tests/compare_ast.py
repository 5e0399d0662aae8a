"""Compares the trees of all library files with CPython's. Run with /usr/bin/python3.11 after
`cargo build -p pyrs-syntax --example dump_ast`: compare_ast.py [DIRECTORY...]"""
import ast
import os
import sys
import warnings
import zlib

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import cpython

warnings.simplefilter("ignore")
sys.setrecursionlimit(100000)


def main():
    paths = []
    for top in sys.argv[1:] or ["/usr/lib/python3.11"]:
        for directory, _, files in os.walk(top):
            paths += [os.path.join(directory, name) for name in sorted(files) if name.endswith(".py")]
    output = cpython.tool("--sums", input="\n".join(paths).encode())
    checked = different = both_fail = 0
    for line in output.splitlines():
        crc, length, path = line.split(" ", 2)
        path = path.split(" ")[0]
        try:
            with open(path, "rb") as f:
                text = cpython.dump(ast.parse(f.read())).encode("utf-8", "surrogatepass")
        except (SyntaxError, ValueError) as error:
            if crc == "error":
                both_fail += 1
            else:
                different += 1
                print("CPython refuses", path, error)
            continue
        checked += 1
        if crc == "error":
            different += 1
            print("refused:", line)
        elif (crc, int(length)) != (f"{zlib.crc32(text):08x}", len(text)):
            different += 1
            ours = cpython.tool(path).strip()
            theirs = text.decode("utf-8", "surrogatepass")
            at = next((i for i, (a, b) in enumerate(zip(ours, theirs)) if a != b), min(len(ours), len(theirs)))
            print(f"different: {path}\n  ours   ...{ours[max(0, at - 150):at + 60]}\n  CPython...{theirs[max(0, at - 150):at + 60]}")
    print(f"{checked} trees compared, {different} different, {both_fail} refused by both")
    return different != 0


if __name__ == "__main__":
    sys.exit(main())
