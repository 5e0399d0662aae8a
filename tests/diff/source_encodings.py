"""What is wrong with a source in a declared encoding, and with imports from __future__."""
for src in ("from __future__ import foo\n", "from __future__ import braces", "x=1\nfrom __future__ import annotations"):
    try: compile(src,"f","exec")
    except SyntaxError as e: print(e.args, e.end_lineno, e.end_offset)
for b in (b"# coding: utf-16\nx\n", b"# coding: cp1252\nx='\x9d'\n", b"# coding: nosuch\n", b"# coding: utf-7\n+AGE-='\xff'", b"# coding: rot13\nk=1", b"# coding: hex\n00"):
    try: compile(b,"f","exec"); print('ok')
    except Exception as e: print(type(e).__name__, e.args)
