"""A pytest plugin that keeps the score in a file as the tests run, so that a crash loses nothing.

$PYRS_SCORE names the file. Its lines: `> id` when a test starts, then `P id`, `F id`, `S id` (skipped), `X id` (failed as
expected); `E id` for files that cannot be collected. Tests that already have a line are left out of this run.
"""
import os
import pytest

path = os.environ["PYRS_SCORE"]
done = set()
if os.path.exists(path):
    with open(path, encoding="utf-8", errors="surrogateescape") as f:
        done = {line[2:].rstrip("\n") for line in f}
out = open(path, "a", encoding="utf-8", errors="surrogateescape", buffering=1)


def name(nodeid):
    return nodeid.replace("\n", "\\n").replace("\r", "\\r")


def pytest_collection_modifyitems(config, items):
    if done:
        items[:] = [i for i in items if name(i.nodeid) not in done]


def pytest_runtest_logstart(nodeid, location):
    out.write(f"> {name(nodeid)}\n")
    worst.clear()


worst = []


def pytest_runtest_logreport(report):
    if report.failed:
        worst.append("F")
    elif report.skipped:
        worst.append("X" if hasattr(report, "wasxfail") else "S")


def pytest_runtest_logfinish(nodeid, location):
    kind = "F" if "F" in worst else worst[0] if worst else "P"
    out.write(f"{kind} {name(nodeid)}\n")


@pytest.hookimpl(trylast=True)
def pytest_collectreport(report):
    if report.failed:
        out.write(f"E {name(report.nodeid)}\n")
