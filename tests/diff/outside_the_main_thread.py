# What other threads and signals leave for a thread.
import contextlib
import ctypes
import io
import os
import signal
import sys
import threading
import time


class Stop(Exception):
    pass


set_async_exc = ctypes.pythonapi.PyThreadState_SetAsyncExc
set_async_exc.argtypes = (ctypes.c_ulong, ctypes.py_object)

# No lock: the exception may come while it is held, and it would be held for ever, as in CPython.
started = []
stopped = threading.Event()


def work():
    try:
        started.append(1)
        while True:
            time.sleep(0.005)
    except Stop:
        stopped.set()


def spin():
    try:
        started.append(1)
        n = 0
        while True:
            n += 1
    except Stop:
        stopped.set()


for target in (work, spin):
    started.clear()
    stopped.clear()
    t = threading.Thread(target=target, daemon=True)
    t.start()
    while not started:
        time.sleep(0.001)
    print(set_async_exc(1, Stop), set_async_exc(t.ident, Stop), stopped.wait(30))
    t.join(30)
    print(t.is_alive())

r, w = os.pipe()
os.set_blocking(r, False)
os.set_blocking(w, False)
signal.signal(signal.SIGUSR1, lambda *a: print("handled"))
signal.set_wakeup_fd(w)
signal.raise_signal(signal.SIGUSR1)
print(os.read(r, 8) == bytes([signal.SIGUSR1]))
signal.set_wakeup_fd(r)
with contextlib.redirect_stderr(io.StringIO()) as err:
    signal.raise_signal(signal.SIGUSR1)
text = err.getvalue()
print(text.splitlines()[0], text.splitlines()[-1])
with contextlib.suppress(BlockingIOError):
    while True:
        os.write(w, b"x" * 4096)
with contextlib.suppress(BlockingIOError):
    while True:
        os.write(w, b"x")
for warn in (True, False):
    signal.set_wakeup_fd(w, warn_on_full_buffer=warn)
    with contextlib.redirect_stderr(io.StringIO()) as err:
        signal.raise_signal(signal.SIGUSR1)
    print(warn, "wakeup fd" in err.getvalue())
signal.set_wakeup_fd(-1)
