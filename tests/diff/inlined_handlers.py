# A traceback that leads to a frame that goes on says where that is, also if compiled code stands for the frame.
class Odd(Exception):
    pass

def shape(e):
    tb = e.__traceback__
    rows = []
    while tb:
        f = tb.tb_frame
        rows.append((f.f_code.co_name, tb.tb_lineno - f.f_code.co_firstlineno, f.f_lineno - f.f_code.co_firstlineno))
        tb = tb.tb_next
    return rows

class Manager:
    def __init__(self, log, swallow):
        self.log, self.swallow = log, swallow

    def __enter__(self):
        self.log.append("enter")
        return self

    def __exit__(self, kind, value, tb):
        self.log.append(("exit", kind and kind.__name__, value and value.args, tb and tb.tb_lineno > 0))
        return self.swallow

def leaves(n):
    log = []
    for i in range(n):
        try:
            with Manager(log, False):
                if i % 3 == 0:
                    raise Odd(i)
        except Odd as e:
            log.append(shape(e))
    return log

bad = set()
for k in range(20):
    r = leaves(30)
    for j, x in enumerate(r):
        if type(x) is list and x != [('leaves', 6, 8)]: bad.add((k, j, str(x)))
print(len(bad), sorted(bad)[:4])
