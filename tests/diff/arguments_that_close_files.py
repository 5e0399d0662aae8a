import io
def attempt(label, f):
    try:
        print(label, f())
    except BaseException as e:
        print(label, type(e).__name__, e)
class I:
    def __init__(self, f, n): self.f, self.n = f, n
    def __index__(self):
        self.f()
        return self.n
for make in (lambda: io.BytesIO(b'abc\ndef\nghi'), lambda: io.StringIO('abc\ndef\nghi')):
    for name in ('read', 'read1', 'readline', 'readlines', 'seek', 'truncate'):
        for label, act in (('close', lambda b: b.close()), ('trunc', lambda b: (b.seek(0), b.truncate(0))), ('write', lambda b: b.write(b'x' * 1000 if isinstance(b, io.BytesIO) else 'x' * 1000)), ('end', lambda b: b.seek(2**40)), ('init', lambda b: b.__init__()), ('setstate', lambda b: b.__setstate__((b'q', 0, None) if isinstance(b, io.BytesIO) else ('q', '\n', 0, None)))):
            for n in (0, 2, 100, -1):
                b = make()
                if not hasattr(b, name): continue
                b.seek(1)
                attempt((type(b).__name__, name, label, n), lambda: getattr(b, name)(I(lambda: act(b), n)))
                attempt('  then', lambda: (b.tell(), len(b.getvalue())))
    b = make()
    attempt('seek2', lambda: b.seek(0, I(lambda: b.close(), 2)))
    b = make()
    attempt('seek3', lambda: b.seek(I(lambda: b.close(), 0), I(lambda: b.close(), 0)))
class It:
    def __init__(self, b): self.b = b
    def __iter__(self):
        yield b'1' if isinstance(self.b, io.BytesIO) else '1'
        self.b.close()
        yield b'2' if isinstance(self.b, io.BytesIO) else '2'
b = io.BytesIO(); attempt('wl', lambda: b.writelines(It(b)))
b = io.StringIO(); attempt('wl', lambda: b.writelines(It(b)))
b = io.BytesIO(b'abcdef')
v = b.getbuffer()
for f in (b.close, lambda: b.truncate(0), lambda: b.write(b'123456789'), lambda: b.write(b'12'), lambda: b.__init__(b'q'), lambda: b.__setstate__((b'q', 0, None)), lambda: b.getvalue()):
    attempt('exported', f)
v.release()
ba = bytearray(10)
b = io.BytesIO(b'abcdef')
attempt('ri', lambda: b.readinto(memoryview(ba)[::2]))
attempt('ri', lambda: b.readinto(b.getbuffer()))
attempt('ri', lambda: b.readinto(b'abc'))
attempt('w', lambda: b.write(b.getbuffer()))
attempt('w', lambda: b.getvalue())
b = io.BytesIO(b'abcdef')
attempt('wl', lambda: b.writelines([b.getbuffer(), b'x']))
attempt('wl', lambda: b.getvalue())
class B2(bytearray):
    pass
