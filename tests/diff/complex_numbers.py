z, w = 3 + 4j, complex(-1, 2)
print(z, w, z + w, z - w, z * w, z / w, z ** 2, -z, +z, abs(z), z.conjugate(), z.real, z.imag)
print(complex("1+2j"), complex(" -3.5j "), complex(1.5), complex(1, -0.0), complex(0, float("inf")), 1j ** 2, 2j * 1.5, 1 + 0j == 1)
print(repr(complex(-0.0, -0.0)), hash(1 + 0j) == hash(1), hash(1j), bool(0j), f"{z:.2f} {z:>15}")
for bad in (lambda: z < w, lambda: z // w, lambda: z % w, lambda: 1 / 0j, lambda: complex("1 + 2j"), lambda: complex("a"), lambda: int(z), lambda: float(z), lambda: 0j ** -1, lambda: complex("1", 2), lambda: complex(1, "2")):
    try:
        print(bad())
    except (TypeError, ValueError, ZeroDivisionError) as e:
        print(type(e).__name__, e)
class C:
    def __complex__(self):
        return 5 - 1j
class F:
    def __float__(self):
        return 2.5
class I:
    def __index__(self):
        return 7
print(complex(C()), complex(F()), complex(I()), complex(F(), I()))
acc = 0j
for k in range(20):
    acc += (k + 1j) * (1 - k * 1j)
print(acc)
def escape(c, limit=50):
    z = 0j
    for n in range(limit):
        if abs(z) > 2:
            return n
        z = z * z + c
    return limit
print([escape(complex(x / 4, y / 4)) for y in range(-4, 5, 2) for x in range(-8, 3)])
