# The code of functions as what `exec` and `eval` run.
def needs(a, b=1, *, c=2):
    return a


def takes(*args, **kwargs):
    print(args, kwargs)
    return 3


def keyword(*, k):
    return k


def outer():
    x = 5

    def inner(*args):
        return x, args

    return inner


for f in (needs, takes, keyword, lambda: 7):
    for run in (eval, exec):
        try:
            print(run(f.__code__, {}))
        except TypeError as e:
            print(e)
for run in (eval, exec):
    try:
        print(run(outer().__code__))
    except TypeError as e:
        print(e)
print(exec(outer().__code__, {}, closure=outer().__closure__))
