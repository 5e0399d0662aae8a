# What C code has the runtime print goes where `sys.stderr` says.
import contextlib
import ctypes
import io

display = ctypes.pythonapi.PyErr_Display
display.argtypes = (ctypes.py_object, ctypes.py_object, ctypes.py_object)
display.restype = None


def fails():
    raise KeyError("outer") from ValueError("inner")


try:
    fails()
except KeyError as e:
    with contextlib.redirect_stderr(io.StringIO()) as err:
        display(type(e), e, e.__traceback__)
    print("\n".join(line for line in err.getvalue().splitlines() if "File" not in line))
with contextlib.redirect_stderr(io.StringIO()) as err:
    display(KeyError, KeyError(1), None)
print(err.getvalue())
with contextlib.redirect_stderr(None):
    display(KeyError, KeyError(1), None)
