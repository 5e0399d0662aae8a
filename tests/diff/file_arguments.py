"""Arguments of open and of the functions of os that cannot be: messages and what an OSError names."""
import io
import os
import pathlib
import shutil

for i, f in enumerate((
    lambda: open("a\0b"),
    lambda: open(b"a\0b"),
    lambda: open(999),
    lambda: os.fdopen(999),
    lambda: io.FileIO(999),
    lambda: open("/dev/null", newline="z"),
    lambda: io.StringIO("", newline="z"),
    lambda: io.StringIO("", newline="q\n"),
    lambda: io.TextIOWrapper(io.BytesIO(), newline="z"),
    lambda: io.TextIOWrapper(io.BytesIO()).reconfigure(newline="zz"),
    lambda: os.stat("q\0"),
    lambda: os.stat(b"q\0"),
    lambda: os.listdir("q\0"),
    lambda: os.rename("a", "q\0"),
    lambda: os.access("q\0", 0),
    lambda: pathlib.Path("q\0").exists(),
    lambda: pathlib.Path("q\0").read_text(),
    lambda: os.execv("/bin/true", ["a\0"]),
    lambda: os.environ.__setitem__("a=b", "c"),
    lambda: os.putenv("a\0", "b"),
    lambda: compile("1", "a\0", "exec"),
    lambda: compile("1", b"a\0", "exec"),
    lambda: shutil.disk_usage("q\0"),
    lambda: os.path.exists("q\0"),
    lambda: io.open_code("q\0"),
)):
    try:
        print(i, f())
    except Exception as e:
        print(i, type(e).__name__, e)

# What a child process that cannot start is blamed on.
import subprocess
for command in ["true"], ["no such program"]:
    for options in {}, {"cwd": "/no such folder"}, {"cwd": "/no such folder", "preexec_fn": lambda: None}:
        try:
            print(subprocess.run(command, **options).returncode)
        except OSError as e:
            print(type(e).__name__, e.errno, e.filename)
