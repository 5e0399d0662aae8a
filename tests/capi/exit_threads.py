# A library's thread that outlives Python: asked whether there is still an interpreter, it hears no.
import sys

sys.path.insert(0, sys.argv[1])
import _pyrs_capi_exit

print(_pyrs_capi_exit.start([1, 2], 1), flush=True)
