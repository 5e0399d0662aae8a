#!/usr/bin/env python3
"""Runs the tests that a wheel ships and keeps the score.

    run_suite.py --target DIR numpy [_core/tests/test_dtype.py ...]

DIR is what `pip install --target DIR numpy pytest hypothesis==6.155.7` has filled. The reference is another run with
`--interp /usr/bin/python3.11 --save FILE`; `--ref FILE` counts only the tests that passed there. A file that crashes or
hangs goes on behind the test that did it.
"""
import argparse
import collections
import concurrent.futures
import itertools
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
    p.add_argument("--together", type=int, default=1, help="files that share a process")
    p.add_argument("--depth", type=int, default=2, help="parts of the path that make a folder of the summary")
    p.add_argument("--timeout", type=float, default=600, help="seconds a process may take")
    p.add_argument("--crashes", type=int, default=20, help="how often a process may crash before its files are left")
    return p.parse_args()


def test_files(package, chosen):
    roots = [package / c for c in chosen] or [package]
    found = []
    for root in roots:
        found += [root] if root.is_file() else sorted(root.rglob("test_*.py"))
    return found


def groups(files, size):
    """Files of one folder that share a process: starting and importing is most of what small files cost."""
    for _, folder in itertools.groupby(files, lambda f: f.parent):
        folder = list(folder)
        for i in range(0, len(folder), size):
            yield folder[i:i + size]


def run_group(args, target, files):
    """Results by file: (name, counts, ids that passed), then the crashes and the seconds."""
    names = [str(f.relative_to(target)) for f in files]
    stem = names[0].replace("/", ".").removesuffix(".py")
    score, log = args.logs / f"{stem}.score", args.logs / f"{stem}.log"
    score.unlink(missing_ok=True)
    env = dict(os.environ, PYTHONPATH=f"{target}:{HERE}", PYRS_SCORE=str(score), NPY_AVAILABLE_MEM="2GB",
               PYTHONDONTWRITEBYTECODE="1", OPENBLAS_NUM_THREADS="1")
    scratch = args.logs / f"cwd.{stem}"
    scratch.mkdir(exist_ok=True)
    command = [args.interp, *args.flag, "-m", "pytest", "-q", "-p", "pyrs_score", "-p", "no:cacheprovider",
               "-p", "no:faulthandler", "--tb=short", "-m", MARKS[args.package], "--continue-on-collection-errors",
               f"--rootdir={target}", *map(str, files)]
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
            crashes.append((where or names[0], code))
            if where is None or len(crashes) >= args.crashes:
                break
    counts, passed = collections.defaultdict(collections.Counter), collections.defaultdict(list)
    text = score.read_text("utf-8", "surrogateescape") if score.exists() else ""
    for line in text.splitlines():
        kind, nodeid = line[0], line[2:]
        if kind != ">":
            name = nodeid.split("::")[0]
            counts[name][kind] += 1
            if kind == "P":
                passed[name].append(nodeid)
    return [(n, counts[n], passed[n]) for n in names], crashes, time.monotonic() - started


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
        files = test_files(target / args.package, args.files)
        jobs = [pool.submit(run_group, args, target, g) for g in groups(files, args.together)]
        for job in concurrent.futures.as_completed(jobs):
            results, crashes, seconds = job.result()
            all_crashes += crashes
            total.update(c=len(crashes))
            for name, counts, passed in results:
                everything += passed
                mine = collections.Counter(p=counts["P"], f=counts["F"] + counts["E"])
                if reference is not None:
                    expected = {i for i in reference if i.split("::")[0] == name}
                    mine.update(r=len(expected), m=len(expected - set(passed)))
                folders["/".join(name.split("/")[:args.depth])].update(mine)
                total.update(mine)
                print(f"{name}: {counts['P']} passed, {counts['F']} failed, {counts['S']} skipped, {counts['X']} xfailed"
                      + (f", {counts['E']} errors" if counts["E"] else "")
                      + (f", {mine['m']} of {mine['r']} missing" if mine["m"] else ""), flush=True)
            print(f"    {seconds:.1f} s", flush=True)
            for where, code in crashes:
                print(f"    CRASH {code}: {where}", flush=True)
    print()
    for folder, c in [*sorted(folders.items()), ("TOTAL", total)]:
        line = f"{folder}: {c['p']} passed, {c['f']} failed"
        line += f", {c['c']} crashes" if folder == "TOTAL" else ""
        if reference is not None and c["r"]:
            line += f"; {c['r'] - c['m']} of {c['r']} reference tests = {100 * (c['r'] - c['m']) / c['r']:.2f}%"
        print(line)
    if args.save:
        pathlib.Path(args.save).write_text("".join(i + "\n" for i in sorted(everything)), "utf-8", "surrogateescape")
    return 1 if all_crashes or total["f"] else 0


if __name__ == "__main__":
    sys.exit(main())
