# sys.addaudithook and the events of builtins, sys, types and the native modules, with their arguments.
import _thread
import array
import encodings.idna
import asyncio
import fcntl
import gc
import marshal
import os
import pickle
import resource
import signal
import socket
import sys
import syslog
import tempfile
import types

log = None
OWN = os.path.abspath(__file__)
# Numbers that differ between runs.
names = {os.getpid(): "PID", os.getpgid(0): "GROUP", _thread.get_ident(): "THREAD"}


def plain(v):
    """What of an argument does not differ between runs."""
    if isinstance(v, types.CodeType):
        return f"code {v.co_name}"
    if isinstance(v, types.FrameType):
        return f"frame {v.f_code.co_name}"
    if isinstance(v, (types.FunctionType, types.BuiltinFunctionType, type)):
        return v.__name__
    if isinstance(v, types.TracebackType):
        return "traceback"
    if isinstance(v, BaseException):
        return repr(v)
    if isinstance(v, (tuple, list)):
        return type(v)(plain(x) for x in v)
    if type(v) is int:
        return names.get(v, v)
    if type(v) is str:
        return v.replace(base, "BASE").replace(os.path.dirname(OWN), "HERE")
    if type(v) is bytes:
        return v.replace(base.encode(), b"BASE")
    if type(v) in (float, bool, type(None)):
        return v
    return type(v).__name__


def hook(event, args):
    if log is not None:
        log.append((event, args))


# Before there is a hook nobody looks at the arguments.
print(sys.audit("x"), sys.audit(5))
try:
    sys.audit()
except TypeError as e:
    print(e)

base = tempfile.mkdtemp()
sys.addaudithook(hook)


def saw(what, f, *args, only=None, **kw):
    global log
    log = seen = []
    try:
        try:
            r = f(*args, **kw)
        finally:
            log = None
        r = "ok"
    except BaseException as e:
        r = f"{type(e).__name__}: {plain(str(e))}"
    print(what, "->", r)
    for event, args in seen:
        if event in ("import", "marshal.loads", "builtins.id", "code.__new__"):
            args = [type(x).__name__ if n != 0 or event != "import" else x for n, x in enumerate(args)]
        if only is None or event.startswith(only):
            print("   ", event, plain(args))


# sys.audit itself.
saw("audit", sys.audit, "my.event", 1, "two", None)
saw("audit no name", sys.audit)
saw("audit bad name", sys.audit, 5)
saw("audit bytes", sys.audit, b"x", 1)

# Builtins.
saw("id", id, 5)
saw("compile", compile, "1+1", "name", "eval")
saw("compile bytes", compile, b"1", "name", "exec")
saw("compile fails", compile, "1+", "name", "eval")
saw("eval", eval, "1")
saw("eval code", eval, compile("2", "n", "eval"))
saw("exec", exec, "x = 1")
saw("exec code", exec, compile("y = 2", "n", "exec"))
bp = sys.breakpointhook
sys.breakpointhook = lambda *a: None
saw("breakpoint", breakpoint)
sys.breakpointhook = bp
r, w = os.pipe()
os.write(w, b"typed\n")
stdin = sys.stdin
sys.stdin = os.fdopen(r)
saw("input", input, "")
os.write(w, b"typed\n")
saw("input prompt", input, "? ")
os.close(w)
saw("input end", input)
sys.stdin = stdin

# Import.
sys.modules.pop("colorsys", None)
saw("import", __import__, "colorsys", only="import")
saw("import again", __import__, "colorsys", only="import")
saw("import missing", __import__, "no_such_module", only="import")


def statement():
    import colorsys
    del sys.modules["colorsys"]
    import colorsys


saw("import statement", statement, only="import")


# Types.
def f(a=1, *, b=2):
    return a


c = f.__code__
saw("function()", types.FunctionType, c, {})
saw("replace", c.replace, co_name="other")
saw("__code__", lambda: f.__code__, only="object")
saw("__defaults__", lambda: (f.__defaults__, f.__kwdefaults__), only="object")
saw("set __code__", setattr, f, "__code__", c)
saw("set __defaults__", setattr, f, "__defaults__", (3,))
saw("set __kwdefaults__", setattr, f, "__kwdefaults__", {"b": 1})
saw("del __defaults__", delattr, f, "__defaults__")
saw("del __kwdefaults__", delattr, f, "__kwdefaults__")
saw("del __code__", delattr, f, "__code__")
saw("set None", setattr, f, "__defaults__", None)
saw("f_code", lambda: sys._getframe().f_code, only="object")


def gen():
    yield


async def co():
    pass


async def agen():
    yield


for make, prefix in ((gen, "gi"), (co, "cr"), (agen, "ag")):
    g = make()
    saw(prefix, lambda: (getattr(g, prefix + "_code"), getattr(g, prefix + "_frame")))
    if prefix == "cr":
        g.close()


def fails():
    raise ValueError("no")


try:
    fails()
except ValueError as e:
    tb = e.__traceback__
saw("tb_frame", lambda: tb.tb_frame)
saw("tb_lineno", lambda: (tb.tb_lineno, tb.tb_next))


class A:
    pass


class B:
    pass


class C(A):
    pass


a = A()
saw("__class__", setattr, a, "__class__", B)
for name, v in (("__name__", "X"), ("__qualname__", "Y"), ("__module__", "m"), ("__bases__", (B,)), ("__doc__", "d"), ("other", 1), ("__abstractmethods__", set())):
    saw("type " + name, setattr, C, name, v)
saw("type del", delattr, C, "other")
saw("type del __name__", delattr, C, "__name__")
saw("builtin type", setattr, int, "x", 1)
saw("builtin type name", setattr, int, "__name__", "x")

# sys.
saw("_getframe", sys._getframe)
saw("_getframe", sys._getframe, 1)
saw("_current_frames", sys._current_frames)
saw("_current_exceptions", sys._current_exceptions)
saw("settrace", sys.settrace, None)
saw("setprofile", sys.setprofile, None)
saw("asyncgen", sys.set_asyncgen_hooks, firstiter=None, finalizer=None)
saw("asyncgen", sys.set_asyncgen_hooks, firstiter=None)
saw("addaudithook", sys.addaudithook, lambda *a: None)
saw("addaudithook", sys.addaudithook)
saw("addaudithook keyword", sys.addaudithook, hook=lambda *a: None)
ue = sys.unraisablehook
sys.unraisablehook = lambda a: None


class Dies:
    def __del__(self):
        raise ValueError("in del")


saw("unraisable", lambda: Dies() and None)
sys.unraisablehook = ue

# gc, marshal, pickle, array, _thread.
saw("gc", gc.get_objects, 1)
saw("gc", gc.get_objects)
saw("gc", gc.get_objects, None)
saw("gc", gc.get_referrers, a)
saw("gc", gc.get_referents, 1, "x")
saw("marshal", marshal.dumps, (1, 2))
saw("marshal", marshal.dumps, (1, 2), 2)
saw("marshal", marshal.loads, marshal.dumps(5))
with open(base + "/m", "wb") as file:
    saw("marshal", marshal.dump, [1], file)
with open(base + "/m", "rb") as file:
    saw("marshal", marshal.load, file)
saw("pickle", pickle.loads, pickle.dumps(os.getcwd), only="pickle")
saw("pickle 0", pickle.loads, pickle.dumps(A, 0), only="pickle")
saw("array", array.array, "i")
saw("array", array.array, "i", [1, 2])
saw("thread", _thread.start_new_thread, int, (5,))
saw("thread", _thread.start_new_thread, int, (5,), {})

# Files.
p = base + "/f"
saw("open", open, p, "w")
saw("open", open, p)
saw("open", open, p, "rb", 0)
saw("open", open, p, "r+b")
saw("open", open, p, "a")
saw("open", open, base + "/x", "x")
saw("open missing", open, base + "/missing")
saw("open opener", open, p, "w", opener=lambda n, f: os.open(n, f))
saw("open bytes", open, p.encode())
fd = os.open(p, os.O_RDWR)
os.dup2(fd, 100)
os.close(fd)
fd = 100
names[fd] = "FD"
saw("open fd", open, fd, "wb", closefd=False)
import io
saw("open_code", io.open_code, p)
saw("os.open", os.open, p, os.O_RDONLY)
saw("os.open", os.open, p, os.O_RDONLY, 0o600)

# os.
saw("listdir", os.listdir, base)
dirfd = os.open(base, os.O_RDONLY)
os.dup2(dirfd, 101)
os.close(dirfd)
dirfd = 101
names[dirfd] = "DIRFD"
saw("listdir fd", os.listdir, dirfd)
saw("listdir", lambda: os.listdir() and None)
saw("scandir", lambda: list(os.scandir(base)) and None)
saw("chmod", os.chmod, p, 0o600)
saw("chmod fd", os.chmod, fd, 0o600)
saw("fchmod", os.fchmod, fd, 0o600)
saw("chmod dir_fd", os.chmod, "f", 0o600, dir_fd=dirfd)
saw("chown", os.chown, p, -1, -1)
saw("fchown", os.fchown, fd, -1, -1)
saw("lchown", os.lchown, p, -1, -1)
saw("utime", os.utime, p, (1, 2))
saw("utime ns", os.utime, p, ns=(10, 20))
saw("utime", os.utime, p)
saw("truncate", os.truncate, p, 5)
saw("ftruncate", os.ftruncate, fd, 6)
saw("lockf", os.lockf, fd, os.F_LOCK, 0)
saw("mkdir", os.mkdir, base + "/d")
saw("mkdir", os.mkdir, base + "/d", 0o700)
saw("mkdir", os.mkdir, "e", 0o700, dir_fd=dirfd)
saw("rename", os.rename, base + "/d", base + "/d2")
saw("replace", os.replace, "d2", "d3", src_dir_fd=dirfd, dst_dir_fd=dirfd)
saw("rmdir", os.rmdir, base + "/d3")
saw("rmdir", os.rmdir, "e", dir_fd=dirfd)
saw("link", os.link, p, base + "/l")
saw("symlink", os.symlink, p, base + "/s")
saw("symlink", os.symlink, p, "s2", dir_fd=dirfd)
saw("remove", os.remove, base + "/s")
saw("unlink", os.unlink, "s2", dir_fd=dirfd)
saw("xattr", os.listxattr, p)
saw("xattr", os.setxattr, p, "user.a", b"1")
saw("xattr", os.getxattr, p, "user.none")
saw("xattr", os.removexattr, p, "user.none")
saw("putenv", os.putenv, "AUDIT_X", "1")
saw("unsetenv", os.unsetenv, "AUDIT_X")
saw("environ", os.environ.__setitem__, "AUDIT_X", "1")
saw("environ", os.environ.__delitem__, "AUDIT_X")
saw("system", os.system, "true")
saw("kill", os.kill, os.getpid(), 0)
saw("killpg", os.killpg, os.getpgid(0), 0)
saw("exec", os.execv, base + "/none", ["a"])
saw("exec", os.execve, base + "/none", ["a"], {"A": "1"})
saw("exec fd", os.execve, fd, ["a"], {})
saw("spawn", lambda: os.waitpid(os.posix_spawn("/bin/true", ["true"], {}), 0) and None)
saw("chdir", os.chdir, base)
saw("fchdir", os.fchdir, dirfd)


def fork():
    pid = os.fork()
    if not pid:
        os._exit(0)
    os.waitpid(pid, 0)


saw("fork", fork)
saw("walk", lambda: list(os.walk(base)) and None)

# fcntl, resource, signal, syslog.
saw("fcntl", fcntl.fcntl, fd, fcntl.F_GETFD)
saw("fcntl", fcntl.fcntl, fd, fcntl.F_SETFD, 1)
saw("fcntl", fcntl.fcntl, fd, fcntl.F_GETLK, b"x" * 2)
saw("flock", fcntl.flock, fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
saw("lockf", fcntl.lockf, fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
saw("lockf", fcntl.lockf, fd, fcntl.LOCK_UN, 3, 1, 1)
saw("ioctl", fcntl.ioctl, fd, 0x5401, b"x" * 60)
limits = resource.getrlimit(resource.RLIMIT_CORE)
saw("resource", resource.setrlimit, resource.RLIMIT_CORE, limits, only="resource")
saw("resource", resource.prlimit, 0, resource.RLIMIT_CORE, only="resource")
saw("resource", resource.prlimit, 0, resource.RLIMIT_CORE, limits, only="resource")
saw("signal", signal.pthread_kill, _thread.get_ident(), 0)
saw("syslog", syslog.openlog, "me", syslog.LOG_PID, syslog.LOG_USER)
saw("syslog", syslog.setlogmask, 3)
saw("syslog", syslog.closelog)

# socket.
s = None


def make_socket():
    global s
    s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)


saw("socket", make_socket)
saw("bind", s.bind, "sock")
saw("connect", s.connect, "sock2")
saw("connect_ex", s.connect_ex, "sock2")
saw("sendto", s.sendto, b"x", "sock2")
saw("sendto", s.sendto, b"x", 0, "sock2")
saw("sendmsg", s.sendmsg, [b"x"], [], 0, "sock2")
saw("sendmsg", s.sendmsg, [b"x"])
s.close()
u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
saw("bind", u.bind, ("127.0.0.1", 0))
saw("bind name", u.bind, ("localhost", 0))
u.close()
saw("pair", lambda: [x.close() for x in socket.socketpair()] and None)
saw("names", socket.gethostname)
saw("names", socket.getaddrinfo, "127.0.0.1", 80)
saw("names", socket.gethostbyname, "127.0.0.1")
saw("names", socket.gethostbyname_ex, "127.0.0.1")
saw("names", socket.getnameinfo, ("127.0.0.1", 80), socket.NI_NUMERICHOST | socket.NI_NUMERICSERV)
saw("names", socket.getservbyname, "no such")
saw("names", socket.getservbyname, "no such", "tcp")
saw("names", socket.getservbyport, 1)

# Hooks that raise, and their order.
os.close(fd)
os.close(dirfd)
os.chdir("/")
for root, dirs, files in os.walk(base, topdown=False):
    for name in files:
        os.unlink(os.path.join(root, name))
    os.rmdir(root)
forbidden = {}


def strict(event, args):
    if event in forbidden:
        raise forbidden[event]


order = []
sys.addaudithook(strict)
sys.addaudithook(lambda e, a: order.append(1) if e == "my" else None)
sys.addaudithook(lambda e, a: order.append(2) if e == "my" else None)
sys.audit("my")
print(order)
forbidden["my"] = RuntimeError("not mine")
forbidden["builtins.id"] = ZeroDivisionError("no ids")
forbidden["sys.addaudithook"] = RuntimeError("no hooks")
forbidden["os.mkdir"] = PermissionError("no folders")
forbidden["sys._getframe"] = KeyError("frame")
try:
    sys.audit("my")
except RuntimeError as e:
    print(e, order, e.__context__)
try:
    1 / 0
except ZeroDivisionError:
    try:
        id(1)
    except ZeroDivisionError as e:
        print(e, repr(e.__context__))
try:
    os.mkdir("/nowhere/at/all")
except PermissionError as e:
    print(e)
try:
    sys._getframe()
except KeyError as e:
    print(repr(e))
print(sys.addaudithook(lambda e, a: print("never", e)))
forbidden["sys.addaudithook"] = KeyboardInterrupt("no hooks")
try:
    sys.addaudithook(print)
except KeyboardInterrupt as e:
    print(repr(e))
del forbidden["sys.addaudithook"]


# Hooks are not traced, unless they ask.
def tracer(frame, event, arg):
    if frame.f_code.co_name == "traced":
        calls.append(event)


class Hook:
    def __call__(self, event, args):
        def traced():
            pass
        if event == "my.trace":
            traced()


calls = []
h = Hook()
sys.addaudithook(h)
sys.settrace(tracer)
sys.audit("my.trace")
h.__cantrace__ = True
sys.audit("my.trace")
h.__cantrace__ = False
sys.audit("my.trace")
sys.settrace(None)
print(calls)


# Hot code with a hook.
def hot(n):
    total = 0
    for i in range(n):
        sys.audit("hot", i)
        id(i)
        total += i
    return total


count = [0, 0]
del forbidden["builtins.id"]
sys.addaudithook(lambda e, a: count.__setitem__(0, count[0] + 1) if e == "hot" else count.__setitem__(1, count[1] + 1) if e == "builtins.id" else None)
print(hot(3000), count)
print(sys.addaudithook(5))
try:
    sys.audit("called")
except TypeError as e:
    print(e)
