# Sizes that the program decides, under a limit on the address space: MemoryError or OverflowError, never the end of the process.
import array
import io
import itertools
import marshal
import re
import resource
import zlib

LIMIT = 640 << 20
resource.setrlimit(resource.RLIMIT_AS, (LIMIT, LIMIT))
HUGE = 2**40


def attempt(label, make):
    try:
        made = make()
    except (MemoryError, OverflowError, ValueError) as e:
        print(label, type(e).__name__, str(e) if str(e) else '')
    else:
        print(label, type(made).__name__)


def doubled(value, grow):
    try:
        while True:
            value = grow(value)
    except MemoryError:
        return 'MemoryError'


# lists and tuples
attempt('list of a range', lambda: list(range(HUGE)))
attempt('repeat', lambda: [0] * HUGE)
attempt('repeat', lambda: [0] * 2**62)
attempt('repeat', lambda: (0,) * HUGE)
attempt('extend', lambda: [].extend(range(HUGE)))
attempt('tuple', lambda: tuple(range(HUGE)))
print(doubled([0] * 1000, lambda l: l.__iadd__(l)))
print(doubled((0,) * 1000, lambda t: t * 2))


def into_itself(l):
    l[5:5] = l
    return l


print(doubled([0] * 1000, into_itself))


def kept(make):
    """What is there when no more fits is as it was."""
    l = make()
    try:
        while True:
            n = len(l)
            l += l
    except MemoryError:
        print(type(l).__name__, len(l) == n, l[0], l[-1])


kept(lambda: [7] * 1000)
kept(lambda: array.array('i', [7] * 1000))


def appended():
    l = [None] * (24 << 20)
    try:
        while True:
            l.append(None)
    except MemoryError:
        return 'MemoryError'


print(appended())


class Hint:
    def __init__(self, n):
        self.n = n

    def __length_hint__(self):
        return self.n

    def __iter__(self):
        return iter(())


attempt('hint', lambda: list(Hint(HUGE)))
attempt('hint', lambda: bytearray(Hint(HUGE)))

# str
text = 'a' * 2**20
attempt('translate', lambda: text.translate({97: 'b' * 10000}))
attempt('sub', lambda: re.sub('a', 'b' * 10000, text))
attempt('sub', lambda: re.sub(b'a', b'b' * 10000, text.encode()))
print(doubled(text, lambda s: '{}{}'.format(s, s)))
print(doubled(text, lambda s: ''.join([s, s])))
for s in ('a\t', b'a\t', bytearray(b'a\t'), '\u1234\t'):
    attempt('expandtabs', lambda: s.expandtabs(2**31 - 1))
    attempt('expandtabs', lambda: (s * 10).expandtabs(2**31 - 1))
    attempt('expandtabs', lambda: s.expandtabs(2**31))
    print((s * 3).expandtabs(3), s.expandtabs(0), s.expandtabs(-1), (s + s[:0] + s).expandtabs(5))
for s in ('a', b'a', bytearray(b'a')):
    for width in (HUGE, 2**62, 2**63 - 1):
        for name in ('ljust', 'rjust', 'center', 'zfill'):
            if width == 2**63 - 1 and not isinstance(s, bytes):
                continue
            attempt((name, width), lambda: getattr(s, name)(width))
    attempt('repeat', lambda: s * HUGE)
    attempt('repeat', lambda: s * 2**62)

# formats
for code in 'fg':
    attempt(code, lambda: f'%.{2**31 - 1}{code}' % 1.5)
    attempt(code, lambda: b'%%.*%c' % code.encode() % (2**31 - 1, 1.5))
    attempt(code, lambda: format(1.5, f'.{2**31 - 1}{code}'))
    attempt(code, lambda: format(1.5j, f'.{2**31 - 1}{code}'))
    attempt(code, lambda: '%.*f' % (2**31, 1.5))
for code in 'dxo':
    attempt(code, lambda: f'%.*{code}' % (2**31 - 1, 5))
    attempt(code, lambda: b'%%.*%c' % code.encode() % (2**31 - 1, 5))
    attempt(code, lambda: f'%*{code}' % (2**62, 5))
for value in (1, 'a', 1.5, 1j):
    attempt('width', lambda: '{:>{}}'.format(value, HUGE))
    attempt('width', lambda: '{:>{}}'.format(value, 2**63))
print('{:.{}}'.format('abc', HUGE))

# bytes and buffers
attempt('to_bytes', lambda: (5).to_bytes(HUGE, 'big'))
attempt('bytes', lambda: bytes(HUGE))
attempt('bytearray', lambda: bytearray(HUGE))
for tag in b'[(su<':
    attempt(chr(tag), lambda: marshal.loads(bytes([tag]) + b'\xff\xff\xff\x7f') if tag in b'[(' else None)
attempt('load', lambda: marshal.load(io.BytesIO(b's\xff\xff\xff\x7f')))
packed = zlib.compress(b'a')
attempt('bufsize', lambda: zlib.decompress(packed, bufsize=HUGE))
attempt('bufsize', lambda: zlib.decompress(packed, bufsize=2**62))
attempt('flush', lambda: zlib.decompressobj().flush(HUGE))


def far(file, at, what):
    file.seek(at)
    file.write(what)


for at in (HUGE, 2**62, 2**63 - 1):
    attempt('BytesIO', lambda: far(io.BytesIO(), at, b'a'))
    attempt('StringIO', lambda: far(io.StringIO(), at, 'a'))


def written(file, piece):
    try:
        while True:
            file.write(piece)
    except MemoryError:
        return 'MemoryError'


print(written(io.BytesIO(), bytes(2**24)))
print(written(io.StringIO(), 'a' * 2**24))
b = bytearray(b'abc')
try:
    b += b
except BufferError as e:
    print(e, b)
b = bytearray()
b += b
print(b)

# arrays, deques, itertools
attempt('array', lambda: array.array('i', [0]) * HUGE)
attempt('array', lambda: array.array('i', [0]) * 2**62)
attempt('product', lambda: itertools.product(range(3), repeat=HUGE))
attempt('product', lambda: itertools.product(range(3), repeat=2**62))
attempt('combinations', lambda: itertools.combinations(range(10), HUGE))
attempt('combinations', lambda: itertools.combinations_with_replacement(range(10), 2**62))
attempt('permutations', lambda: itertools.permutations(range(10), HUGE))
print('end')
