# Objects that say that their class is another: copying, pickling, length hints.
import copy, operator, pickle

class Proxy:
    def __init__(self, wrapped): object.__setattr__(self, 'wrapped', wrapped)
    @property
    def __class__(self): return type(self.wrapped)
    def __reduce__(self): return (Proxy, (self.wrapped,))
class Refusing(Proxy):
    def __reduce__(self): raise NotImplementedError('must define __reduce__')

for v in [1], {'a': 2}, 'text':
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        p = pickle.loads(pickle.dumps(Proxy(v), protocol))
        print(type(p), p.__class__, p.wrapped)
        try: pickle.dumps(Refusing(v), protocol)
        except NotImplementedError as e: print(e)
    print(type(copy.copy(Proxy(v))), type(copy.deepcopy(Proxy(v))))

class Hint:
    def __len__(self): raise TypeError('no length')
    def __length_hint__(self): return 42
class NoHint:
    def __len__(self): raise TypeError('no length')
class Other:
    def __len__(self): raise ValueError('no length')
    def __length_hint__(self): return 42
print(operator.length_hint(Hint()), operator.length_hint(NoHint(), 7))
try: operator.length_hint(Other())
except ValueError as e: print(e)
