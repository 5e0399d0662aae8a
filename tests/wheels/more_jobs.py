"""Jobs for packages beyond those of `jobs.py`, run with `jobs.py --more`: fewer depend on them, and each stresses another corner
of the C API (hash functions, numbers, event loops, parsers, arrays, bindings of large libraries)."""

MORE = {
    "shapely": """
import shapely; from shapely.geometry import Point, Polygon, box; a=Point(0,0).buffer(1); b=box(0,0,2,2); print(round(a.intersection(b).area,6), shapely.to_wkt(b), a.bounds); import numpy as np; print(shapely.area(np.array([a,b])).round(4)); print(list(Polygon([(0,0),(1,0),(1,1)]).exterior.coords))
""",
    "numexpr": """
import numexpr as ne, numpy as np; a=np.arange(1e5); print(ne.evaluate('2*a+sin(a)').sum())
""",
    "bottleneck": """
import bottleneck as bn, numpy as np; a=np.array([1,np.nan,3,4.]); print(bn.nanmean(a), bn.move_mean(a,2,min_count=1), bn.rankdata(a))
""",
    "statsmodels": """
import statsmodels.api as sm, numpy as np; x=np.linspace(0,1,50); X=sm.add_constant(x); r=sm.OLS(2+3*x+np.sin(9*x),X).fit(); print(r.params.round(6), round(r.rsquared,6)); print(str(r.summary())[:200])
""",
    "scikit-image": """
import numpy as np; from skimage import filters, measure, transform; a=np.zeros((32,32)); a[8:20,8:20]=1; print(filters.sobel(a).sum().round(6), measure.label(a).max(), [r.area for r in measure.regionprops(measure.label(a))], transform.resize(a,(16,16)).sum().round(4))
""",
    "lightgbm": """
import lightgbm as lgb, numpy as np; X=np.arange(400.).reshape(100,4); y=(X[:,0]>200).astype(int); m=lgb.train({'objective':'binary','verbose':-1,'num_threads':1,'min_data_in_leaf':5}, lgb.Dataset(X,y), 5); print(m.predict(X[:3]).round(6))
""",
    "opencv-python-headless": """
import cv2, numpy as np; a=np.zeros((64,64,3),np.uint8); cv2.circle(a,(32,32),10,(255,0,0),-1); g=cv2.cvtColor(a,cv2.COLOR_BGR2GRAY); print(g.sum(), cv2.Canny(g,50,100).sum()); ok,b=cv2.imencode('.png',a); print(ok,len(b), cv2.findContours(g,cv2.RETR_LIST,cv2.CHAIN_APPROX_SIMPLE)[0][0].shape)
""",
    "duckdb": """
import duckdb; c=duckdb.connect(); c.execute('create table t(a int, b varchar)'); c.executemany('insert into t values (?,?)', [[i,'x'*(i%3)] for i in range(50)]); print(c.execute('select b, sum(a), avg(a) from t group by b order by b').fetchall()); import pandas as pd; df=pd.DataFrame({'x':[1,2,3]}); print(duckdb.query('select sum(x) s from df').df())
""",
    "coverage": """
import coverage; c=coverage.Coverage(data_file=None); c.start()
def f(x):
    if x: return 1
    return 2
f(1); c.stop(); print(coverage.CTracer if hasattr(coverage,'CTracer') else 'x')
""",
    "cython": """
import Cython, Cython.Compiler.Scanning as s; print(s.__file__.rsplit('.',1)[1]); from Cython.Compiler.TreeFragment import parse_from_strings; print(type(parse_from_strings('m','def f(int x): return x+1')).__name__)
""",
    "pycryptodome": """
from Crypto.Cipher import AES; from Crypto.Hash import SHA256; from Crypto.PublicKey import RSA; c=AES.new(b'k'*16,AES.MODE_GCM,nonce=b'n'*12); print(c.encrypt_and_digest(b'hello')); print(SHA256.new(b'a').hexdigest())
""",
    "pynacl": """
import nacl.secret, nacl.hash, nacl.signing; b=nacl.secret.SecretBox(b'k'*32); print(b.decrypt(b.encrypt(b'hi', b'n'*24))); print(nacl.hash.sha256(b'a')); print(nacl.signing.SigningKey(b's'*32).verify_key.encode().hex())
""",
    "brotli": """
import brotli; d=brotli.compress(b'hello'*100); print(len(d), brotli.decompress(d)[:10])
""",
    "tables": """
import tables, numpy as np, tempfile, os; p=tempfile.mktemp('.h5'); h=tables.open_file(p,'w'); h.create_array('/','a',np.arange(10)); t=h.create_table('/','t',{'x':tables.Int32Col(),'y':tables.StringCol(5)}); r=t.row; r['x']=3; r['y']=b'ab'; r.append(); t.flush(); print(t[:], h.root.a[2:5]); h.close(); os.remove(p)
""",
    "netCDF4": """
import netCDF4, numpy as np, tempfile, os; p=tempfile.mktemp('.nc'); d=netCDF4.Dataset(p,'w'); d.createDimension('x',5); v=d.createVariable('v','f8',('x',)); v[:]=np.arange(5); print(v[1:3]); d.close(); os.remove(p)
""",
    "rapidfuzz": """
from rapidfuzz import fuzz, process, distance; print(fuzz.ratio('hello','hallo'), process.extract('ab',['abc','b','ab'],limit=2), distance.Levenshtein.distance('kitten','sitting'), distance.Levenshtein.editops('ab','bc'))
""",
    "levenshtein": """
import Levenshtein as l; print(l.distance('kitten','sitting'), l.ratio('ab','abc'), l.editops('man','woman'))
""",
    "ciso8601": """
import ciso8601; print(ciso8601.parse_datetime('2024-01-02T03:04:05.678+02:00'))
""",
    "uvloop": """
import asyncio, uvloop
async def main():
    s=await asyncio.start_server(lambda r,w: h(r,w),'127.0.0.1',0)
    r,w=await asyncio.open_connection(*s.sockets[0].getsockname()[:2])
    w.write(b'ping\\n'); print(await r.readline()); w.close(); s.close(); await asyncio.sleep(0.01); return 5
async def h(r,w):
    w.write(await r.readline()); await w.drain(); w.close()
with asyncio.Runner(loop_factory=uvloop.new_event_loop) as r: print(r.run(main()))
""",
    "httptools": """
import httptools
class P:
    def on_url(self,u): print('url',u)
    def on_header(self,n,v): print(n,v)
    def on_message_complete(self): print('done')
p=httptools.HttpRequestParser(P()); p.feed_data(b'GET /a?b=1 HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n'); print(p.get_method(), httptools.parse_url(b'http://a:80/b?c').query)
""",
    "psycopg2-binary": """
import psycopg2, psycopg2.extensions as e; print(e.adapt('a\\'b').getquoted(), e.adapt([1,None,2.5]).getquoted(), psycopg2.__libpq_version__)
try: psycopg2.connect('host=127.0.0.1 port=1')
except psycopg2.OperationalError as x: print(type(x).__name__, x.pgcode)
""",
    "pymongo": """
import bson, datetime; d=bson.encode({'a':[1,2.5,None,'x'],'d':datetime.datetime(2020,1,1)}); print(bson.decode(d), bson.has_c())
""",
    "hiredis": """
import hiredis; r=hiredis.Reader(); r.feed(b'*2\\r\\n$3\\r\\nfoo\\r\\n:5\\r\\n'); print(r.gets(), hiredis.pack_command(('SET','a',1)))
""",
    "msgspec": """
import msgspec
class U(msgspec.Struct):
    name: str
    age: int = 3
print(msgspec.json.decode(b'{"name":"x"}',type=U), msgspec.msgpack.encode(U('a',1)), msgspec.json.encode([U('q')]))
try: msgspec.json.decode(b'{"name":1}',type=U)
except msgspec.ValidationError as e: print(e)
import gc; gc.collect(); print(msgspec.structs.asdict(U('b')), U('a')==U('a'))
""",
    "cbor2": """
import cbor2; print(cbor2.loads(cbor2.dumps({'a':[1,2.5,'x'],3:None})))
""",
    "ijson": """
import ijson.backends.yajl2_c as b, io; print(list(b.items(io.BytesIO(b'{"a":[1,2,{"b":3.5}]}'),'a.item')))
""",
    "tiktoken": """
import tiktoken; e=tiktoken.Encoding('x',pat_str=r'\\w+|\\s+',mergeable_ranks={bytes([i]):i for i in range(256)}|{b'he':256},special_tokens={}); print(e.encode('hello he'), e.decode([256]))
""",
    "PyWavelets": """
import pywt, numpy as np; print([c.round(4).tolist() for c in pywt.dwt([1,2,3,4.],'db1')], pywt.wavedec(np.arange(8.),'haar',level=2)[0].round(4))
""",
    "onnxruntime": """
import onnxruntime as o; print(o.get_available_providers()[-1]); s=o.SessionOptions(); s.intra_op_num_threads=1; print(s.intra_op_num_threads)
""",
    "pyproj": """
import pyproj; t=pyproj.Transformer.from_crs(4326,3857,always_xy=True); print([round(x,3) for x in t.transform(10,50)]); print(pyproj.Geod(ellps='WGS84').inv(0,0,1,1)[2])
""",
    "xxhash": """
import xxhash; print(xxhash.xxh64(b'a').hexdigest(), xxhash.xxh3_128_hexdigest(b'abc'))
""",
    "mmh3": """
import mmh3; print(mmh3.hash('a'), mmh3.hash128('abc'))
""",
    "zope.interface": """
from zope.interface import Interface, implementer, providedBy
class I(Interface):
    def f(): 'x'
@implementer(I)
class C: pass
print(I.providedBy(C()), list(providedBy(C())), I.implementedBy(C)); import zope.interface._zope_interface_coptimizations as z; print(z.__name__)
""",
    "wrapt": """
import wrapt, wrapt._wrappers
@wrapt.decorator
def d(w,i,a,k): return ('d', w(*a,**k), type(i).__name__)
@d
def f(x): return x+1
class C:
    @d
    def m(self,y): return y
print(f(1), C().m(2), f.__name__); p=wrapt.ObjectProxy([1,2]); p.append(3); print(p, len(p), isinstance(p,list), p+[4])
""",
    "frozenlist": """
import frozenlist; l=frozenlist.FrozenList([1,2]); l.append(3); l.freeze(); print(l, hash(l)==hash(tuple(l)))
try: l.append(1)
except RuntimeError as e: print(e)
""",
    "yarl": """
import yarl; u=yarl.URL('http://a.b/c d?x=1&y=é#f'); print(u, u.query, u/'z', u.with_query(a=2))
""",
    "immutables": """
import immutables; m=immutables.Map(a=1); n=m.set('b',2); print(sorted(n.items()), m, len(n))
with n.mutate() as mm:
    mm['c']=3; print(len(mm.finish()))
""",
    "setproctitle": """
import setproctitle; setproctitle.setproctitle('zz'); print(setproctitle.getproctitle())
""",
    "rtree": """
from rtree import index; i=index.Index(); i.insert(0,(0,0,1,1)); i.insert(1,(5,5,6,6)); print(list(i.intersection((0,0,2,2))))
""",
    "igraph": """
import igraph; g=igraph.Graph([(0,1),(1,2),(2,0),(2,3)]); print(g.degree(), g.get_shortest_paths(0,3), g.betweenness())
""",
    "cvxopt": """
from cvxopt import matrix, solvers; solvers.options['show_progress']=False; r=solvers.lp(matrix([-4.,-5.]),matrix([[2.,1.,-1.,0.],[1.,2.,0.,-1.]]),matrix([3.,3.,0.,0.])); print([round(x,4) for x in r['x']])
""",
    "pymupdf": """
import fitz; d=fitz.open(); p=d.new_page(); p.insert_text((50,50),'hello'); print(p.get_text().strip(), len(d), p.rect)
""",
    "fonttools": """
import fontTools.misc.bezierTools as b; print(b.calcQuadraticBounds((0,0),(50,100),(100,0))); import fontTools.cu2qu.cu2qu as c; print(c.COMPILED, [round(x[0],2) for x in c.curve_to_quadratic([(0,0),(10,20),(30,20),(40,0)],1)])
""",
    "cftime": """
import cftime; print(cftime.num2date([0,40],'days since 2001-01-01','noleap'), cftime.DatetimeGregorian(2000,1,1).isoformat())
""",
    "pysimdjson": """
import simdjson; p=simdjson.Parser(); print(p.parse(b'{"a":[1,2.5,"x"]}').as_dict())
""",
    "google-crc32c": """
import google_crc32c; print(google_crc32c.value(b'abc'), google_crc32c.implementation)
""",
    "gmpy2": """
import gmpy2; from gmpy2 import mpz; print(mpz(2)**200, gmpy2.is_prime(101), gmpy2.mpfr('1.5')+1, mpz(7)//2, pow(mpz(3),100,7), int(mpz(10**30)), gmpy2.isqrt(mpz(10**20)), hash(mpz(5)), 5==mpz(5), divmod(mpz(17),5))
""",
    "bitarray": """
from bitarray import bitarray, util; a=bitarray('1011'); a.extend([0,1]); print(a, a.count(), a[1:3], util.ba2hex(bitarray('10110000')), list(a.search(bitarray('01'))))
""",
    "blake3": """
import blake3; print(blake3.blake3(b'a').hexdigest())
""",
    "pendulum": """
import pendulum; d=pendulum.datetime(2024,2,28,tz='UTC'); print(d.add(days=2), d.diff_for_humans(d.add(hours=3)), pendulum.parse('2020-01-01T10:00:00+02:00'))
""",
    "rpds-py": """
from rpds import HashTrieMap, List; m=HashTrieMap({'a':1}).insert('b',2); print(sorted(m.items()), List([1,2]).push_front(0))
""",
    "watchfiles": """
import watchfiles; print(watchfiles.Change.added)
""",
    "safetensors": """
from safetensors.numpy import save, load; import numpy as np; print(load(save({'a':np.arange(4.)})))
""",
    "ormsgpack": """
import ormsgpack; print(ormsgpack.unpackb(ormsgpack.packb({'a':[1,None,2.5]})))
""",
    "pillow-heif": """
import pillow_heif; print(pillow_heif.libheif_version()>'1')
""",
    "tree-sitter": """
import tree_sitter, tree_sitter_python as p; P=tree_sitter.Parser(tree_sitter.Language(p.language())); t=P.parse(b'def f(x):\\n  return x+1\\n'); print(t.root_node, [c.type for c in t.root_node.children[0].children])
""",
    "google-re2": """
import re2; print(re2.findall(r'(\\w)(\\d)', 'a1 b2 c3'), re2.sub('a+','b','caat'), re2.match('(?P<x>a)b','ab').groupdict())
""",
    "python-rapidjson": """
import rapidjson as r; print(r.loads(r.dumps({'a':[1,2.5,None,'\\u20ac']})), r.dumps([1,2],indent=1))
try: r.loads('{')
except ValueError as e: print(e)
""",
    "cytoolz": """
import cytoolz as c; print(list(c.partition(2,[1,2,3,4])), c.groupby(len,['a','bb','c']), c.pipe(3, lambda x:x+1, str), c.curry(lambda a,b:a+b)(1)(2), c.merge_with(sum,{'a':1},{'a':2}), list(c.unique([1,2,1])), c.get_in(['a',0],{'a':[5]}))
""",
    "lru-dict": """
from lru import LRU; l=LRU(2); l['a']=1; l['b']=2; l['c']=3; print(l.items(), 'a' in l, l.get_stats())
""",
    "pyahocorasick": """
import ahocorasick as a; A=a.Automaton(); [A.add_word(w,(i,w)) for i,w in enumerate(['he','she','hers'])]; A.make_automaton(); print(list(A.iter('ushers')))
""",
    "marisa-trie": """
import marisa_trie as m; t=m.Trie(['abc','ab','x']); print(t.keys('a'), 'x' in t, t['abc']); print(m.RecordTrie('<H',[('k',(5,))])['k'])
""",
    "boost-histogram": """
import boost_histogram as bh, numpy as np; h=bh.Histogram(bh.axis.Regular(4,0,1)); h.fill([.1,.2,.6]); print(h.view(), h[::bh.sum], repr(h)[:60])
""",
    "iminuit": """
from iminuit import Minuit; m=Minuit(lambda x,y:(x-1)**2+(y+2)**2,x=0,y=0); m.migrad(); print([round(v,4) for v in m.values], m.valid)
""",
    "awkward": """
import awkward as ak; a=ak.Array([[1,2],[],[3]]); print(ak.sum(a,axis=1).tolist(), ak.num(a).tolist(), (a*2).tolist(), ak.flatten(a).tolist())
""",
    "faiss-cpu": """
import faiss, numpy as np; x=np.arange(40,dtype='f4').reshape(10,4); i=faiss.IndexFlatL2(4); i.add(x); print(i.search(x[:2],2))
""",
    "av": """
import av, io, numpy as np; print(av.codec.Codec('png','w').name); f=av.VideoFrame.from_ndarray(np.zeros((16,16,3),np.uint8)); print(f.width, f.format.name, f.to_ndarray().shape)
""",
    "pikepdf": """
import pikepdf, io; p=pikepdf.new(); p.add_blank_page(); b=io.BytesIO(); p.save(b); q=pikepdf.open(io.BytesIO(b.getvalue())); print(len(q.pages), q.pages[0].MediaBox, pikepdf.Name.Foo, pikepdf.Dictionary(A=1,B=[1,2.5]))
""",
    "jax": """
import jax, jax.numpy as jnp; print(jax.grad(lambda x: jnp.sin(x)*x)(1.5), jax.jit(lambda a: (a@a.T).sum())(jnp.arange(6.).reshape(2,3)), jax.vmap(lambda x: x*2)(jnp.arange(3)))
""",
    "ml_dtypes": """
import ml_dtypes as m, numpy as np; print(np.array([1.5,2.25],m.bfloat16)*2, m.finfo(m.bfloat16).max)
""",
    "pyinstrument": """
import pyinstrument, time
p=pyinstrument.Profiler(interval=0.001); p.start()
def f(): return sum(i*i for i in range(200000))
f(); p.stop(); print(p.last_session.root_frame() is not None)
""",
    "editdistance": """
import editdistance; print(editdistance.eval('kitten','sitting'))
""",
    "thinc": """
import thinc.api as t, numpy as np; m=t.chain(t.Relu(4),t.Softmax(2)); m.initialize(X=np.zeros((2,3),'f'),Y=np.zeros((2,2),'f')); print(m.predict(np.zeros((2,3),'f')))
""",
    "blis": """
import blis.py as b, numpy as np; print(b.gemm(np.ones((2,3)),np.ones((3,2))))
""",
    "preshed": """
from preshed.maps import PreshMap; from preshed.bloom import BloomFilter; m=PreshMap(); m[5]=7; print(m[5], m[6], len(m)); from murmurhash import hash; print(hash('a'))
""",
    "srsly": """
import srsly; print(srsly.json_loads(srsly.json_dumps({'a':[1,2.5]})), srsly.msgpack_loads(srsly.msgpack_dumps({'x':1})))
""",
    "fastavro": """
import fastavro, io; s={'type':'record','name':'R','fields':[{'name':'a','type':'int'},{'name':'b','type':['null','string']}]}; b=io.BytesIO(); fastavro.writer(b,s,[{'a':1,'b':'x'},{'a':2,'b':None}]); b.seek(0); print(list(fastavro.reader(b)))
""",
    "python-crfsuite": """
import pycrfsuite; t=pycrfsuite.Trainer(verbose=False); t.append([['a'],['b']],['X','Y']); print(t.algorithm if hasattr(t,'algorithm') else 0, len(t.params()))
""",
    "faust-cchardet": """
import cchardet; print(cchardet.detect('h\\xe9llo w\\xf6rld \\u20ac'.encode('utf-8')))
""",
    "psycopg-binary": """
import psycopg, psycopg_binary; print(psycopg.pq.__impl__); from psycopg import sql; print(sql.SQL('a {}').format(sql.Literal(1)).as_string(None))
""",
    "oracledb": """
import oracledb; print(oracledb.DB_TYPE_NUMBER, oracledb.is_thin_mode())
""",
    "pymssql": """
import pymssql; print(pymssql.paramstyle); from pymssql import _mssql; print(_mssql.quote_data({'a':'x\\'y','b':None}) if hasattr(_mssql,'quote_data') else 1)
""",
    "confluent-kafka": """
import confluent_kafka as k; print(k.libversion()[0][:1]); p=k.Producer({'bootstrap.servers':'127.0.0.1:1'}); p.produce('t',b'x'); print(len(p)); 
try: k.Producer({'nope':1})
except k.KafkaException as e: print(e.args[0].code())
""",
    "crc32c": """
import crc32c; print(crc32c.crc32c(b'abc'))
""",
    "zfpy": """
import zfpy, numpy as np; a=np.arange(16.).reshape(4,4); print((zfpy.decompress_numpy(zfpy.compress_numpy(a))==a).all())
""",
    "highspy": """
import highspy; h=highspy.Highs(); h.setOptionValue('output_flag',False); x=h.addVariable(lb=0,ub=4); y=h.addVariable(lb=0,ub=3); h.addConstr(x+y<=5); h.maximize(x+2*y); print(h.getObjectiveValue())
""",
    "ortools": """
from ortools.sat.python import cp_model; m=cp_model.CpModel(); x=m.new_int_var(0,10,'x'); y=m.new_int_var(0,10,'y'); m.add(x+y<=12); m.maximize(2*x+y); s=cp_model.CpSolver(); s.parameters.num_workers=1; print(s.solve(m)==cp_model.OPTIMAL, s.objective_value)
""",
    "osqp": """
import osqp, numpy as np; from scipy import sparse; p=osqp.OSQP(); p.setup(sparse.csc_matrix([[4.,1],[1,2]]),np.array([1.,1]),sparse.csc_matrix([[1.,1],[1,0],[0,1]]),np.array([1.,0,0]),np.array([1.,.7,.7]),verbose=False); print(p.solve().x.round(3))
""",
    "scs": """
import scs, numpy as np; from scipy import sparse; s=scs.SCS(dict(P=sparse.csc_matrix([[3.,-1],[-1,2]]),A=sparse.csc_matrix([[-1.,1],[1,0],[0,1]]),b=np.array([-1,.3,-.5]),c=np.array([-1.,-1])),dict(z=1,l=2),verbose=False); print(s.solve()['info']['status'])
""",
    "clarabel": """
import clarabel; print(clarabel.DefaultSettings().max_iter)
""",
    "cvxpy": """
import cvxpy as cp; x=cp.Variable(2); p=cp.Problem(cp.Minimize(cp.sum_squares(x-1)),[x>=0,cp.sum(x)==1]); p.solve(solver='CLARABEL'); print(x.value.round(4))
""",
    "h3": """
import h3; print(h3.latlng_to_cell(37.77,-122.4,5), h3.cell_area(h3.latlng_to_cell(0,0,3)))
""",
    "pyogrio": """
import pyogrio; print(len(pyogrio.list_drivers())>5)
""",
    "fiona": """
import fiona; print('GeoJSON' in fiona.supported_drivers)
""",
    "rasterio": """
import rasterio, numpy as np; from rasterio.io import MemoryFile
with MemoryFile() as m:
    with m.open(driver='GTiff',height=4,width=4,count=1,dtype='uint8') as d: d.write(np.arange(16,dtype='uint8').reshape(4,4),1)
    with m.open() as d: print(d.read(1).sum(), d.shape)
""",
    "apsw": """
import apsw; c=apsw.Connection(':memory:'); c.create_scalar_function('f',lambda x:x*2); print(list(c.execute('select f(3), ?',('x',)))); 
try: c.execute('nope')
except apsw.SQLError as e: print(e)
""",
    "quickjs": """
import quickjs; c=quickjs.Context(); print(c.eval('[1,2,3].map(x=>x*2).join()'), quickjs.Function('f','function f(a){return a+1}')(4))
""",
    "mypy": """
import mypy.api; print(mypy.api.run(['-c','x: int = "a"', '--no-incremental'])[0][:80])
""",
    "datasketches": """
import datasketches as d; s=d.kll_floats_sketch(200); [s.update(i) for i in range(100)]; print(s.n, s.get_quantile(.5))
""",
    "sentencepiece": """
import sentencepiece as s; print(s.SentencePieceProcessor().__class__.__name__)
""",
    "geopandas": """
import geopandas as g; from shapely.geometry import Point; d=g.GeoDataFrame({'a':[1,2]},geometry=[Point(0,0),Point(1,1)]); print(d.buffer(1).area.round(3).tolist(), d.total_bounds)
""",
}
