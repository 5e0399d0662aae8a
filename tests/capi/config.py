# How the interpreter was started, read by C.
import os, subprocess, sys
sys.path.insert(0, sys.argv[1])
import _pyrs_capi_config as m

def against_sys():
    flags = m.flags()
    print([name for name, n in flags.items() if n != int(getattr(sys.flags, name))])
    c = m.config()
    for name in 'executable', 'prefix', 'exec_prefix', 'platlibdir', 'argv', 'warnoptions', 'orig_argv':
        if c[name] != getattr(sys, name):
            print(name, c[name], getattr(sys, name))
    print({n: c[n] for n in c if isinstance(c[n], int)}, c['filesystem_encoding'], sorted(c['xoptions']))

if len(sys.argv) > 2:
    against_sys()
    raise SystemExit
else:
    sys.stdout.flush()
    for options in [], ['-OO', '-B'], ['-I', '-v', '-W', 'error', '-X', 'dev', '-X', 'name=value'], ['-b', '-s', '-E', '-i']:
        env = {k: v for k, v in os.environ.items() if not k.startswith('PYTHON') or k == 'PYTHONHOME'}
        done = subprocess.run([sys.executable, *options, __file__, sys.argv[1], 'again'], capture_output=True, text=True, stdin=subprocess.DEVNULL, env=env)
        print(options, done.returncode, done.stdout)
    for seed in '0', '1', '12345':
        done = subprocess.run([sys.executable, '-c', 'import sys; sys.path[:0] = sys.argv[1:]; import _pyrs_capi_config as m; print(m.secret().hex(), hash("abc"))', sys.argv[1]],
                              capture_output=True, text=True, env=dict(os.environ, PYTHONHASHSEED=seed))
        print(done.stdout, end='')
