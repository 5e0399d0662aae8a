# Byte order marks: at the start of streams that can be asked where they stand, for UTF-16 and UTF-32.
import io


class Pipe(io.RawIOBase):
    def __init__(self):
        self.got = b""

    def writable(self):
        return True

    def write(self, b):
        self.got += bytes(b)
        return len(b)


class Seekable(Pipe):
    at = 0

    def seekable(self):
        return True

    def tell(self):
        return self.at


class Later(Seekable):
    at = 10


for encoding in ("utf-16", "UTF16", "utf-16-le", "utf-16-be", "utf-32", "utf_32", "utf-32-be", "utf-8-sig", "utf-8", "utf-7", "latin-1"):
    for kind in (Pipe, Seekable, Later):
        for errors in ("strict", "replace"):
            raw = kind()
            t = io.TextIOWrapper(raw, encoding=encoding, errors=errors, write_through=True)
            try:
                t.write("ab")
                t.write("é")
                t.flush()
            except Exception as e:
                print(encoding, kind.__name__, type(e).__name__, e)
                continue
            print(encoding, kind.__name__, errors, raw.got)
            t.detach()
raw = Pipe()
t = io.TextIOWrapper(raw, encoding="utf-8")
t.write("x")
t.reconfigure(encoding="utf-16")
t.write("y")
t.flush()
print(raw.got)
t.detach()
