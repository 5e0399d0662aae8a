"""`_elementtree`: elements, builder, parser, and what they refuse."""
import copy
import pickle
import re
import warnings
import xml.etree.ElementTree as ET

warnings.simplefilter("error")
E = ET.Element


def show(f):
    try:
        r = f()
    except BaseException as e:
        r = f"{type(e).__module__}.{type(e).__name__}: {e}"
    print(re.sub("0x[0-9a-f]+", "0x", str(r)))


e=E('a')
show(lambda: repr(e)[:20]); show(lambda: bool(e)); show(lambda: E()); show(lambda: E('a',1)); show(lambda: E('a',attrib=1)); show(lambda:E('a',{},1)); show(lambda:E(tag='x'))
show(lambda:E('a',{'x':'1'},y='2').attrib); show(lambda:E('a',attrib={'x':'1'},y='2').attrib)
show(lambda:e.append(1)); show(lambda:e.extend([1])); show(lambda:e.extend(1)); show(lambda:e.insert(0,1)); show(lambda:e.insert('a',e)); show(lambda: e.insert()); show(lambda:e.remove(1)); show(lambda:e.remove(E('b')))
show(lambda:e[0]); show(lambda:e['x']); show(lambda:e.__setitem__(0,E('x'))); show(lambda:e.__setitem__(0,1)); show(lambda:e.__setitem__(slice(0,1),1));show(lambda:e.__setitem__(slice(0,1),[1])); show(lambda:e.__setitem__('x',1)); show(lambda:e.__delitem__(0)); show(lambda:e.__delitem__('x'))
def s(n,v): setattr(e,n,v)
show(lambda:s('attrib',1)); show(lambda:delattr(e,'tag')); show(lambda:delattr(e,'attrib')); show(lambda: s('foo',1)); show(lambda: e.foo)
show(lambda: ET.SubElement(1,'a')); show(lambda: ET.SubElement(e)); show(lambda: ET.SubElement(e,'b',1)); show(lambda:ET.SubElement(e,'b',attrib=1))
show(lambda: e.find()); show(lambda: e.find(1)); show(lambda: e.find('a', b=1)); show(lambda:e.findtext('q','d')); show(lambda:e.findall('q')); show(lambda:e.iterfind('q')); show(lambda:e.get()); show(lambda:e.get('a',3)); show(lambda: e.set('a')); show(lambda:e.keys()); show(lambda:e.items())
show(lambda:e.makeelement('x')); show(lambda:e.makeelement('x',1)); show(lambda:e.makeelement('x',{'a':'b'}).attrib)
show(lambda:copy.copy(E('q',{'s':'t'})).attrib); x=E('q',{'s':'t'}); show(lambda:copy.copy(x).attrib is x.attrib); show(lambda:e.__deepcopy__(1)); show(lambda:e.__getstate__()); show(lambda:e.__setstate__(1)); show(lambda:e.__setstate__({})); show(lambda:e.__setstate__({'tag':1,'_children':3})); show(lambda:e.__setstate__({'tag':1,'_children':[3]})); show(lambda:e.__setstate__({'bad':1}));
show(lambda:[type(E('x').iter()), type(E), ET.TreeBuilder, ET.XMLParser, ET.ParseError]); show(lambda:type(E('x').iter())())
show(lambda:ET.TreeBuilder().end('x')); show(lambda:ET.TreeBuilder().start('x')); show(lambda:ET.TreeBuilder().start('x',1)); show(lambda:ET.TreeBuilder(1).start('x',{})); show(lambda:ET.TreeBuilder(None,None)); show(lambda:ET.TreeBuilder().close()); show(lambda:ET.TreeBuilder().comment('q')); show(lambda:ET.TreeBuilder().pi('q')); show(lambda: ET.TreeBuilder(comment_factory=1).comment('x')); 
p=ET.XMLParser(); show(lambda:p.entity); show(lambda:p.target); show(lambda:p.version); show(lambda:p.feed(1)); show(lambda:p.feed("<a>&b;</a>")); show(lambda:ET.XMLParser(1)); show(lambda:ET.XMLParser(encoding=1)); show(lambda:ET.XMLParser(foo=1)); show(lambda:ET.XMLParser.__new__(ET.XMLParser).feed('x')); show(lambda:ET.XMLParser(target=1).feed('<a/>')); show(lambda:ET.XMLParser(target=1).close())
show(lambda:ET.fromstring("<a><b></a>")); show(lambda:ET.fromstring("<a/><b/>")); show(lambda:ET.fromstring("")); show(lambda:ET.XMLParser()._setevents(1)); show(lambda:ET.XMLParser()._setevents([],1)); show(lambda:ET.XMLParser()._setevents([],[1])); show(lambda:ET.XMLParser()._setevents([],['q'])); show(lambda:ET.XMLParser(target=1)._setevents([],['q'])); show(lambda:ET.XMLParser()._parse_whole(1))
try: ET.fromstring("<a>&b;</a>")
except ET.ParseError as e2: print(e2.code, e2.position, e2.args, e2.msg, e2.lineno)
x=ET.fromstring("<a>x<!--c-->y<?pi z?>w<b>q</b>t<b/>u</a>"); show(lambda:list(x.itertext())); show(lambda:x.text)
x.append(ET.Comment('hi')); x[-1].tail='tt'; show(lambda:list(x.itertext()))
show(lambda:ET.TreeBuilder.__init__.__doc__); show(lambda:sorted(set(dir(E))-set(dir(object)))); show(lambda: sorted(set(dir(ET.XMLParser))-set(dir(object))));show(lambda: sorted(set(dir(ET.TreeBuilder))-set(dir(object))))
import _elementtree; show(lambda:sorted(dir(_elementtree))); show(lambda:ET.XMLParser.entity); show(lambda: E.tag); show(lambda:ET.XMLParser().__class__.version)
show(lambda: setattr(ET.XMLParser(),'entity',1)); show(lambda:setattr(ET.XMLParser(),'version',1)); show(lambda: setattr(ET.XMLParser(),'x',1))
show(lambda:_elementtree._set_factories(1,2)); show(lambda:_elementtree._set_factories(ET.Comment,ET.PI)); 
class T: 
    def doctype(self,*a): print('dt',a)
    def close(self): return 5
q=ET.XMLParser(target=T()); show(lambda:q.feed('<!DOCTYPE html PUBLIC "p" "s"><html/>')); show(lambda:q.close())
class P(ET.XMLParser):
    def doctype(self,*a): print('dt',a)
q=P(); show(lambda:q.feed('<!DOCTYPE html PUBLIC "p" "s"><html/>'))
show(lambda: _elementtree.SubElement); show(lambda: E.__reduce_ex__); show(lambda: E('a').__sizeof__() > 0)
# Trees with namespaces, entities, comments; pulled events; copies and pickles.
DOC = """<?xml version="1.0"?><!DOCTYPE r [<!ENTITY e "ent<b/>ity"><!ATTLIST r d CDATA "dflt">]>
<r xmlns="urn:d" xmlns:p="urn:p" p:a="1" b="&lt;2&gt;">t&e;<p:c/>tail<!--com--><?pi some data?>&#233;<d>x</d>
</r>"""
root = ET.fromstring(DOC)
print(ET.tostring(root), [c.tag for c in root], root.attrib, root[0].tail)
for insert in (False, True):
    builder = ET.TreeBuilder(insert_comments=insert, insert_pis=insert)
    parser = ET.XMLParser(target=builder)
    parser.feed(DOC)
    print(ET.tostring(parser.close()))
pull = ET.XMLPullParser(["start", "end", "start-ns", "end-ns", "comment", "pi"])
for i in range(0, len(DOC), 7):
    pull.feed(DOC[i : i + 7])
    for kind, what in pull.read_events():
        print(kind, what if isinstance(what, tuple) or what is None else (getattr(what, "text", what)))
for other in (copy.copy(root), copy.deepcopy(root), pickle.loads(pickle.dumps(root))):
    print(ET.tostring(other) == ET.tostring(root), other is root, other[1] is root[1])


class Sub(ET.Element):
    def __init__(self, tag, **kw):
        super().__init__(tag, kw)
        self.extra = 5


s = Sub("s", q="1")
s.append(Sub("k"))
s.append(ET.Element("k"))
print(len(s), s.extra, s.find("k").extra, s.findall("k")[1].tag, [type(x).__name__ for x in s.iter("k")])
e = ET.Element("top")
e[:] = [ET.Element(c) for c in "abcdefg"]
del e[1::2]
print([c.tag for c in e])
e[::2] = [ET.Element("x"), ET.Element("y")]
print([c.tag for c in e], [c.tag for c in e[::-1]], [c.tag for c in e[-2:]])
show(lambda: e.__setitem__(slice(0, 3, 2), []))
e.insert(-1, ET.Element("i"))
e.remove(e[0])
print([c.tag for c in e], e.find("*").tag, e.findtext("i"), e.find("{*}i").tag)


class Target:
    def __getattr__(self, name):
        if name.startswith("_") or name == "doctype":
            raise AttributeError(name)
        return lambda *a: print(name, a)


p = ET.XMLParser(target=Target())
p.feed(DOC)
p.close()


class Failing(ET.TreeBuilder):
    def start(self, tag, attrs):
        raise KeyError(tag)


p = ET.XMLParser(target=Failing())
show(lambda: p.feed("<a><b>"))
p = ET.XMLParser()
p.entity["known"] = "K"
p.feed('<!DOCTYPE a SYSTEM "x"><a>1&known;2')
show(lambda: p.feed("&unknown;</a>"))
for encoding in ("latin-1", "utf-16", "cp1252", "no-such", "cp037"):
    show(lambda: ET.fromstring(f"<?xml version='1.0' encoding='{encoding}'?><a>é</a>".encode("latin-1")).text)

# The dict of attributes goes while it is asked.
class Drops(str):
    def __hash__(self):
        e.attrib = {}
        [{"x": i} for i in range(50)]
        return 13


for use in (lambda: e.get(Drops("b")), lambda: e.set(Drops("b"), 1), lambda: e.find(Drops("b"))):
    e = ET.Element("e", {str(i): i for i in range(20)})
    print(use(), e.attrib)
