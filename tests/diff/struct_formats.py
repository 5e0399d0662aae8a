"""Formats that `struct` refuses, and what it says."""
import struct

for text in ("\0", "2\0i", b"\0", "zz\0", "i\0", "<q\0", "z", "5", "i5", "<P", "99999999999999999999i", "i é", b"\xff"):
    for call in (struct.calcsize, struct.Struct):
        try:
            print(ascii(text), call(text))
        except Exception as e:
            print(ascii(text), type(e).__name__, e)
