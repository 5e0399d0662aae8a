#!/usr/bin/env python3
"""Runs the tests that a wheel ships, file by file, and keeps the score.

    run_suite.py --target DIR numpy [_core/tests/test_dtype.py ...]

DIR is what `pip install --target DIR numpy pytest hypothesis==6.155.7` has filled. The reference is another run with
`--interp /usr/bin/python3.11 --save FILE`; `--ref FILE` counts only the tests that passed there. A file that crashes or
hangs goes on behind the test that did it.
"""
import argparse
import collections
import concurrent.futures
import os
import pathlib
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
MARKS = {
    "numpy": "not slow",
    "pandas": "not slow and not network and not db and not single_cpu",
}


def arguments():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("package", choices=sorted(MARKS))
    p.add_argument("files", nargs="*", help="files or folders below the package; all if none")
    p.add_argument("--target", required=True)
    p.add_argument("--interp", default=str(HERE.parents[1] / "target/debug/pyrs"))
    p.add_argument("--flag", action="append", default=[], help="an interpreter flag, e.g. --flag=--no-jit")
    p.add_argument("--logs", default="/tmp/wheel-suite")
    p.add_argument("--save", help="write the ids of the tests that passed")
    p.add_argument("--ref", help="ids of the tests that count")
    p.add_argument("--jobs", type=int, default=1)
    p.add_argument("--timeout", type=float, default=600, help="seconds a file may take without finishing")
    p.add_argument("--crashes", type=int, default=20, help="how often a file may crash before it is left")
    return p.parse_args()


def test_files(package, chosen):
    roots = [package / c for c in chosen] or [package]
    found = []
    for root in roots:
        found += [root] if root.is_file() else sorted(root.rglob("test_*.py"))
    return found


def run_file(args, target, file):
    relative = file.relative_to(target)
    stem = str(relative).replace("/", ".").removesuffix(".py")
    score, log = args.logs / f"{stem}.score", args.logs / f"{stem}.log"
    score.unlink(missing_ok=True)
    env = dict(os.environ, PYTHONPATH=f"{target}:{HERE}", PYRS_SCORE=str(score), NPY_AVAILABLE_MEM="2GB",
               PYTHONDONTWRITEBYTECODE="1", OPENBLAS_NUM_THREADS="1")
    scratch = args.logs / f"cwd.{stem}"
    scratch.mkdir(exist_ok=True)
    command = [args.interp, *args.flag, "-m", "pytest", "-q", "-p", "pyrs_score", "-p", "no:cacheprovider",
               "-p", "no:faulthandler", "--tb=short", "-m", MARKS[args.package],
               f"--rootdir={target}", str(file)]
    crashes, started = [], time.monotonic()
    with open(log, "wb") as out:
        while True:
            try:
                code = subprocess.run(command, env=env, cwd=scratch, stdin=subprocess.DEVNULL, stdout=out,
                                      stderr=subprocess.STDOUT, timeout=args.timeout).returncode
            except subprocess.TimeoutExpired:
                code = "timeout"
            if isinstance(code, int) and 0 <= code <= 5:
                break
            text = score.read_text("utf-8", "surrogateescape") if score.exists() else ""
            last = text.rstrip("\n").rsplit("\n", 1)[-1]
            where = last[2:] if last.startswith("> ") else None
            crashes.append((where or str(relative), code))
            if where is None or len(crashes) >= args.crashes:
                break
    counts, passed = collections.Counter(), []
    text = score.read_text("utf-8", "surrogateescape") if score.exists() else ""
    for line in text.splitlines():
        if line[0] != ">":
            counts[line[0]] += 1
            if line[0] == "P":
                passed.append(line[2:])
    return str(relative), counts, passed, crashes, time.monotonic() - started


def main():
    args = arguments()
    target = pathlib.Path(args.target).resolve()
    args.logs = pathlib.Path(args.logs)
    args.logs.mkdir(parents=True, exist_ok=True)
    args.interp = str(pathlib.Path(args.interp).absolute())
    reference = None
    if args.ref:
        reference = set(pathlib.Path(args.ref).read_text("utf-8", "surrogateescape").split("\n")) - {""}
    folders, total, everything, all_crashes = collections.defaultdict(collections.Counter), collections.Counter(), [], []
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        jobs = [pool.submit(run_file, args, target, f) for f in test_files(target / args.package, args.files)]
        for job in concurrent.futures.as_completed(jobs):
            name, counts, passed, crashes, seconds = job.result()
            everything += passed
            all_crashes += crashes
            mine = collections.Counter(p=counts["P"], f=counts["F"] + counts["E"], c=len(crashes))
            if reference is not None:
                expected = {i for i in reference if i.split("::")[0] == name}
                mine.update(r=len(expected), m=len(expected - set(passed)))
            folder = "/".join(name.split("/")[:2])
            folders[folder].update(mine)
            total.update(mine)
            print(f"{name}: {counts['P']} passed, {counts['F']} failed, {counts['S']} skipped, {counts['X']} xfailed"
                  + (f", {counts['E']} errors" if counts["E"] else "")
                  + (f", {mine['m']} of {mine['r']} missing" if mine["m"] else "") + f", {seconds:.1f} s", flush=True)
            for where, code in crashes:
                print(f"    CRASH {code}: {where}", flush=True)
    print()
    for folder, c in [*sorted(folders.items()), ("TOTAL", total)]:
        line = f"{folder}: {c['p']} passed, {c['f']} failed, {c['c']} crashes"
        if reference is not None and c["r"]:
            line += f"; {c['r'] - c['m']} of {c['r']} reference tests = {100 * (c['r'] - c['m']) / c['r']:.2f}%"
        print(line)
    if args.save:
        pathlib.Path(args.save).write_text("".join(i + "\n" for i in sorted(everything)), "utf-8", "surrogateescape")
    return 1 if all_crashes or total["f"] else 0


if __name__ == "__main__":
    sys.exit(main())
