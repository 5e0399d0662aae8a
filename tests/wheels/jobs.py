#!/usr/bin/env python3
"""A small real job for each of the packages whose wheels are tested, on pyrs and on CPython with the same wheels.

    jobs.py --target DIR [--more] [--interp PYRS] [--reference /usr/bin/python3.11] [name ...]

DIR is what `pip install --target DIR` has filled with the packages. Prints a line for each job and the differences.
"""
import argparse
import os
import pathlib
import subprocess
import sys

from more_jobs import MORE

HERE = pathlib.Path(__file__).resolve().parent
JOBS = {}


def job(name, code):
    JOBS[name] = code


job("numpy", """
import numpy as np
a = np.arange(12.0).reshape(3, 4); print(a @ a.T, np.linalg.det(a[:, :3] + np.eye(3)).round(6), np.fft.fft([1, 2, 3]).round(3), np.random.default_rng(5).integers(0, 100, 5))
""")
job("scipy", """
import numpy as np
from scipy import linalg, optimize, sparse, stats, integrate, interpolate
print(linalg.lu(np.array([[1.0, 2], [3, 4]]))[2], optimize.minimize(lambda x: (x[0] - 3) ** 2 + 1, [0.0]).x.round(4))
print(sparse.csr_matrix([[0, 1], [2, 0]]).dot(np.array([1, 2])), stats.norm.cdf(1.5).round(8), round(integrate.quad(lambda x: x * x, 0, 3)[0], 8), interpolate.interp1d([0, 1, 2], [0, 1, 4])(1.5))
""")
job("scikit-learn", """
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.tree import DecisionTreeClassifier
import numpy as np
x = np.arange(20.0).reshape(10, 2); y = x[:, 0] * 2 + 1
print(LinearRegression().fit(x, y).predict(x[:2]).round(6), LogisticRegression().fit(x, y > 15).predict(x), DecisionTreeClassifier(random_state=0).fit(x, y > 15).predict(x))
""")
job("matplotlib", """
import io, matplotlib
matplotlib.use('Agg')
import matplotlib.pyplot as plt
fig, ax = plt.subplots(figsize=(2, 2)); ax.plot([1, 2, 3], [1, 4, 9], label='q'); ax.legend(); ax.set_title('t')
b = io.BytesIO(); fig.savefig(b, format='png', metadata={'Software': None}); print(b.getvalue()[:8], len(b.getvalue()))
""")
job("pillow", """
import io
from PIL import Image, ImageDraw, ImageFilter
i = Image.new('RGB', (32, 32), (10, 20, 30)); ImageDraw.Draw(i).ellipse((4, 4, 28, 28), fill=(200, 0, 0)); i = i.filter(ImageFilter.GaussianBlur(2)).resize((16, 16))
b = io.BytesIO(); i.save(b, 'PNG'); j = Image.open(io.BytesIO(b.getvalue())); print(j.size, j.mode, j.getpixel((8, 8)), sum(j.tobytes()))
""")
job("lxml", """
from lxml import etree, html
t = etree.fromstring('<a x="1"><b>t</b><b>u</b>tail</a>'); print(t.xpath('//b/text()'), etree.tostring(t), t.get('x'), [c.tag for c in t])
try: etree.fromstring('<a>')
except etree.XMLSyntaxError as e: print(type(e).__name__, e)
print(html.fromstring('<p>hi <b>x</b></p>').text_content(), etree.XSLT(etree.XML('<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"><xsl:template match="/"><r><xsl:value-of select="/a/b"/></r></xsl:template></xsl:stylesheet>'))(t))
""")
job("cryptography", """
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ed25519
f = Fernet(b'A' * 43 + b'='); print(f.decrypt(f.encrypt(b'secret')))
try: f.decrypt(b'bad')
except InvalidToken as e: print('InvalidToken')
h = hashes.Hash(hashes.SHA256()); h.update(b'abc'); print(h.finalize().hex())
k = ed25519.Ed25519PrivateKey.from_private_bytes(b'1' * 32); print(k.sign(b'm').hex(), k.public_key().verify(k.sign(b'm'), b'm'))
""")
job("cffi", """
import cffi
ffi = cffi.FFI(); ffi.cdef('int abs(int); double sqrt(double); struct p { int x; double y; };')
c = ffi.dlopen(None); p = ffi.new('struct p *', [1, 2.5]); a = ffi.new('int[4]', [1, 2, 3]); print(c.abs(-5), p.x, p.y, list(a), ffi.sizeof('struct p'), ffi.string(ffi.new('char[]', b'hey')))
cb = ffi.callback('int(int)')(lambda x: x * 2); print(cb(21))
""")
job("pyyaml", """
import yaml
print(yaml.load('a: [1, 2.5, {b: null}]\\nc: "x"', Loader=yaml.CSafeLoader), yaml.dump({'k': [1, 'two', None]}, Dumper=yaml.CSafeDumper))
try: yaml.load('a: [', Loader=yaml.CSafeLoader)
except yaml.YAMLError as e: print(type(e).__name__, str(e).splitlines()[0])
""")
job("orjson", """
import orjson, datetime
d = {'a': [1, 2.5, None, True, 'h\\u20ac'], 'd': datetime.datetime(2020, 1, 2, 3)}
b = orjson.dumps(d, option=orjson.OPT_SORT_KEYS); print(b, orjson.loads(b), {'a': 1}[list(orjson.loads(b'{"a":1}'))[0]])
try: orjson.loads(b'{')
except orjson.JSONDecodeError as e: print(e)
""")
job("pydantic", """
from pydantic import BaseModel, ValidationError, Field
class A(BaseModel):
    x: int
    y: list[float] = []
    z: str | None = Field(None, max_length=3)
print(A(x='5', y=[1, '2.5']), A(x=1).model_dump(), A.model_validate_json('{"x": 3, "z": "q"}'))
try: A(x='a', z='long')
except ValidationError as e: print(e.error_count(), [i['type'] for i in e.errors()])
""")
job("msgpack", "import msgpack\nb = msgpack.packb({'a': [1, -2, 2.5, b'x', None, 'u']}); print(b, msgpack.unpackb(b))")
job("regex", "import regex\nprint(regex.findall(r'(?P<w>\\\\p{Lu}\\\\w+)', 'Hello wOrld Foo'), regex.sub(r'(a)(b)', r'\\\\2\\\\1', 'abab'), regex.fullmatch(r'(?:cats|dog){e<=1}', 'cat'))")
job("polars", """
import polars as pl
d = pl.DataFrame({'a': [1, 2, 3], 'b': ['x', 'y', 'x']}); print(d.group_by('b').agg(pl.col('a').sum()).sort('b'), d.filter(pl.col('a') > 1).to_dicts(), d.with_columns((pl.col('a') * 2.5).alias('c'))['c'].to_list())
""")
job("pyarrow", """
import pyarrow as pa, pyarrow.compute as pc, pyarrow.parquet as pq, io
t = pa.table({'a': [1, 2, None], 'b': ['x', 'y', 'z']}); b = io.BytesIO(); pq.write_table(t, b); b.seek(0); print(pq.read_table(b).to_pydict(), pc.sum(t['a']).as_py(), t.schema)
""")
job("sqlalchemy", """
from sqlalchemy import create_engine, Column, Integer, String, select
from sqlalchemy.orm import declarative_base, Session
B = declarative_base()
class U(B):
    __tablename__ = 'u'
    id = Column(Integer, primary_key=True); name = Column(String)
e = create_engine('sqlite://'); B.metadata.create_all(e)
with Session(e) as s:
    s.add_all([U(name='a'), U(name='b')]); s.commit(); print([(u.id, u.name) for u in s.scalars(select(U).order_by(U.name.desc()))])
""")
job("greenlet", """
import greenlet
def f(x):
    for i in range(3): x = main.switch((i, x))
    return 'end'
main = greenlet.getcurrent(); g = greenlet.greenlet(f); r = g.switch('a')
while not g.dead: print(r); r = g.switch('b')
print(r)
def bad(): raise ValueError('in greenlet')
try: greenlet.greenlet(bad).switch()
except ValueError as e: print(e)
""")
job("aiohttp", """
import asyncio
from aiohttp import web, ClientSession
async def main():
    async def hello(r): return web.json_response({'q': r.query.get('q')})
    app = web.Application(); app.router.add_get('/', hello); run = web.AppRunner(app); await run.setup()
    site = web.TCPSite(run, '127.0.0.1', 0); await site.start(); port = site._server.sockets[0].getsockname()[1]
    async with ClientSession() as s:
        async with s.get(f'http://127.0.0.1:{port}/?q=5') as r: print(r.status, await r.json())
    await run.cleanup()
asyncio.run(main())
""")
job("multidict", "from multidict import CIMultiDict, istr\nd = CIMultiDict(a=1); d.add('A', 2); print(d.getall('a'), list(d.items()), istr('Ab'), {istr('x'): 1}['x'], 'a' in d)")
job("jinja2", "from jinja2 import Template\nimport markupsafe, markupsafe._speedups\nprint(Template('{% for i in x %}{{ i|e }},{% endfor %}').render(x=['<a>', 2]), markupsafe.escape('<&>'))")
job("simplejson", "import simplejson\nfrom simplejson import scanner\nprint(simplejson.dumps({'a': [1, 2.5, None, 'x']}), simplejson.loads('[1, 2.5, {\"k\": \"v\"}]'), scanner.c_make_scanner is not None)")
job("ujson", "import ujson\nprint(ujson.dumps({'a': [1, 2.5, None, 'x']}), ujson.loads('[1, 2.5, {\"k\": \"v\"}]'))")
job("h5py", """
import h5py, numpy as np, io
b = io.BytesIO()
with h5py.File(b, 'w') as f: f['x'] = np.arange(5); f.create_group('g').attrs['k'] = 'v'
with h5py.File(b, 'r') as f: print(f['x'][1:4], list(f), f['g'].attrs['k'])
""")
job("contourpy", "import contourpy, numpy as np\nprint([l.round(3).tolist() for l in contourpy.contour_generator(z=np.arange(9.0).reshape(3, 3)).lines(3.5)])")
job("kiwisolver", "import kiwisolver as k\nx, y = k.Variable('x'), k.Variable('y'); s = k.Solver(); s.addConstraint(x + y == 10); s.addConstraint((x >= 3) | 'weak'); s.addConstraint(y == 4); s.updateVariables(); print(x.value(), y.value())")
job("lz4", "import lz4.frame\nb = lz4.frame.compress(b'abc' * 1000); print(len(b) < 200, lz4.frame.decompress(b) == b'abc' * 1000)")
job("zstandard", "import zstandard\nb = zstandard.ZstdCompressor().compress(b'abc' * 1000); print(len(b), zstandard.ZstdDecompressor().decompress(b) == b'abc' * 1000)")
job("bcrypt", "import bcrypt\nprint(bcrypt.hashpw(b'pw', b'$2b$04$abcdefghijklmnopqrstuu'), bcrypt.checkpw(b'pw', bcrypt.hashpw(b'pw', bcrypt.gensalt(4))))")
job("psutil", "import psutil, os\np = psutil.Process(); print(p.pid == os.getpid(), p.memory_info().rss > 0, psutil.cpu_count() == os.cpu_count(), psutil.virtual_memory().total > 0)")
job("pyzmq", """
import zmq
c = zmq.Context(); a, b = c.socket(zmq.PAIR), c.socket(zmq.PAIR); a.bind('inproc://x'); b.connect('inproc://x'); a.send_multipart([b'1', b'two']); print(b.recv_multipart()); b.send_json({'k': 1}); print(a.recv_json()); a.close(); b.close(); c.term()
""")
job("tornado", "import tornado.websocket, tornado.speedups, tornado.util\nprint(tornado.speedups.websocket_mask(b'abcd', b'hello'), tornado.util._websocket_mask(b'abcd', b'xyz'))")
job("grpcio", """
import grpc
from concurrent import futures
class H(grpc.GenericRpcHandler):
    def service(self, d): return grpc.unary_unary_rpc_method_handler(lambda r, c: r[::-1])
s = grpc.server(futures.ThreadPoolExecutor(2), handlers=[H()]); port = s.add_insecure_port('127.0.0.1:0'); s.start()
with grpc.insecure_channel(f'127.0.0.1:{port}') as ch: print(ch.unary_unary('/a/b')(b'abc', timeout=20))
s.stop(0).wait()
""")
job("protobuf", """
from google.protobuf import struct_pb2, timestamp_pb2, json_format
from google.protobuf.internal import api_implementation
s = struct_pb2.Struct(); s.update({'a': 1, 'b': [True, 'x', None]}); b = s.SerializeToString(deterministic=True); t = struct_pb2.Struct(); t.ParseFromString(b); print(t == s, sorted(json_format.MessageToDict(t).items()), api_implementation.Type(), timestamp_pb2.Timestamp(seconds=5))
""")
job("tokenizers", """
from tokenizers import Tokenizer, models, pre_tokenizers, trainers
t = Tokenizer(models.WordLevel({'a': 0, 'b': 1, '[UNK]': 2}, unk_token='[UNK]')); t.pre_tokenizer = pre_tokenizers.Whitespace(); e = t.encode('a b c'); print(e.ids, e.tokens, e.offsets, t.decode([0, 1]))
""")


def run(interpreter, flags, code, target):
    env = dict(os.environ, PYTHONPATH=str(target), PYTHONDONTWRITEBYTECODE="1", PYTHONHASHSEED="0", OPENBLAS_NUM_THREADS="1", MPLCONFIGDIR="/tmp/pyrs-mpl")
    try:
        r = subprocess.run([interpreter, *flags, "-c", code], env=env, capture_output=True, text=True, timeout=300, stdin=subprocess.DEVNULL)
        return r.returncode, r.stdout, r.stderr
    except subprocess.TimeoutExpired:
        return "timeout", "", ""


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("names", nargs="*")
    p.add_argument("--target", required=True)
    p.add_argument("--interp", default=str(HERE.parents[1] / "target/debug/pyrs"))
    p.add_argument("--flag", action="append", default=[])
    p.add_argument("--reference", default="/usr/bin/python3.11")
    p.add_argument("--more", action="store_true", help="the packages of more_jobs.py instead")
    args = p.parse_args()
    if args.more:
        JOBS.clear()
        JOBS.update(MORE)
    good = 0
    for name in args.names or JOBS:
        want = run(args.reference, [], JOBS[name], args.target)
        got = run(args.interp, args.flag, JOBS[name], args.target)
        if want[0] != 0:
            print(f"{name}: fails on the reference, too: {want[2].strip().splitlines()[-1:]}", flush=True)
        elif got[:2] == want[:2]:
            good += 1
            print(f"{name}: ok", flush=True)
        else:
            print(f"{name}: DIFFERS, exit code {got[0]}: {got[2].strip().splitlines()[-1:]}", flush=True)
            for a, b in zip((got[1] + "\n").splitlines(), (want[1] + "\n").splitlines()):
                if a != b:
                    print(f"    got  {a[:300]}\n    want {b[:300]}", flush=True)
                    break
    print(f"{good} of {len(args.names or JOBS)} jobs print what CPython prints")


if __name__ == "__main__":
    sys.exit(main())
