"""pyexpat: events in expat's pieces, errors with their places, entities, namespaces; ElementTree and sax on top."""
import io, xml.sax, xml.etree.ElementTree as ET
from xml.parsers import expat

NAMES = """StartElementHandler EndElementHandler ProcessingInstructionHandler CharacterDataHandler UnparsedEntityDeclHandler
NotationDeclHandler StartNamespaceDeclHandler EndNamespaceDeclHandler CommentHandler StartCdataSectionHandler
EndCdataSectionHandler ExternalEntityRefHandler StartDoctypeDeclHandler EndDoctypeDeclHandler EntityDeclHandler XmlDeclHandler
ElementDeclHandler AttlistDeclHandler SkippedEntityHandler""".split()

def run(data, *, ns=None, skip=(), default=None, step=None, encoding=None, **options):
    p = expat.ParserCreate(encoding, ns)
    for k, v in options.items():
        setattr(p, k, v)
    def handler(name):
        def f(*args):
            print(" ", name[:-7], args, p.CurrentByteIndex, p.CurrentLineNumber, p.CurrentColumnNumber)
            return 1
        return f
    for name in NAMES:
        if name not in skip:
            setattr(p, name, handler(name))
    if default:
        setattr(p, default, handler(default))
    print(repr(data[:50]), ns, default, options)
    try:
        if step:
            for i in range(0, len(data), step):
                p.Parse(data[i:i + step])
            p.Parse(b"", True)
        else:
            p.Parse(data, True)
    except expat.ExpatError as e:
        print("  error", e, e.code, e.lineno, e.offset, p.ErrorByteIndex)

doc = b"""<?xml version="1.0" encoding="iso-8859-1" standalone="no"?>
<?pi some data?>
<!-- a comment -->
<!DOCTYPE r PUBLIC " pub  id " "sys.dtd" [
<!ELEMENT r (a, (b | c)*, d?)+ >
<!ELEMENT m (#PCDATA | x)*>
<!ELEMENT e EMPTY>
<!ATTLIST r one CDATA #REQUIRED two (x|y) 'y' three NMTOKENS #FIXED " a  b ">
<!NOTATION n SYSTEM "n.jpg">
<!ENTITY int "a&#98;<i>c</i>">
<!ENTITY ext SYSTEM "ext.xml">
<!ENTITY unp SYSTEM "u" NDATA n>
<!ENTITY % par "text">
%undeclared;
]>
<r one="1 &int2; &#65;
x" b='&lt;'>text\r\nmore &amp; &int; &ext; <![CDATA[raw <x> ]] ]]>\xe9<e/>
</r>
<!-- end -->
"""
run(doc)
run(doc, step=1, buffer_text=True)
run(doc, default="DefaultHandler", skip=NAMES[:16], step=7)
run(doc, default="DefaultHandlerExpand", skip=NAMES)
run(doc, ordered_attributes=True, specified_attributes=True, skip=NAMES[3:])
spaces = b'<a xmlns="u" xmlns:p="v" p:x="1" y="2"><p:b xmlns:p="w" xmlns=""><c/></p:b></a>'
run(spaces)
run(spaces, ns=" ")
run(spaces, ns="!", namespace_prefixes=True)
run("<a>\u20ac</a>".encode("utf-16"))
run("<?xml version='1.0' encoding='koi8-r'?><a>\u0416</a>".encode("koi8-r"))
run("<a>\u20ac</a>")
bad = [b"", b"<", b"<a>", b"<a></b>", b"<a/><b/>", b"<a>&u;</a>", b"<a x='1' x='2'/>", b"<a x=1/>", b"<a>]]></a>", b"<a>\x01</a>", b"text", b"<a>&#0;</a>",
       b"<a>&lt</a>", b" <?xml version='1.0'?><a/>", b"<?xml version='1.0' encoding='utf-16'?><a/>", b"<?xml encoding='x'?><a/>", b"<a b='<'/>", b"<a>\xff</a>",
       b"<a>\xe2\x82", b"<!DOCTYPE a [<!ENTITY e '&e;'>]><a>&e;</a>", b"<!DOCTYPE a [<!ENTITY e '<b>'>]><a>&e;</a>", b"<!DOCTYPE a [<!FOO>]><a/>", b"<a><!-- -- --></a>",
       b"<a><?XML x?></a>", b"<a><![CDATA[x", b"<a/>x", b"<!DOCTYPE a SYSTEM 'x' [%p;]><a>&skipped;</a>", b"<a>\n\n  <b>\n</a>", b"<?xml version='1.0' encoding='nonsense'?><a/>",
       b"<!DOCTYPE a [<!ENTITY e SYSTEM 'x'>]><a b='&e;'/>", b"<!DOCTYPE a PUBLIC '\x7b' 's'><a/>", b"<a:b:c/>", b"<a b='1'c='2'/>"]
for data in bad:
    try:
        run(data, skip=NAMES)
    except (LookupError, ValueError) as e:
        print("  ", type(e).__name__, e)
for data in [b"<p:a/>", b"<a xmlns:xml='x'/>", b"<a xmlns:xmlns='x'/>", b"<a xmlns:p=''/>", b"<a xmlns:p='u' xmlns:q='u' p:x='' q:x=''/>", b"<a:b:c/>"]:
    run(data, ns=" ", skip=NAMES)
p = expat.ParserCreate()
p.ExternalEntityRefHandler = lambda *a: p.ExternalEntityParserCreate(a[0]).Parse(b"<?xml encoding='utf-8'?><x>in</x>", True)
seen = []
p.StartElementHandler = lambda n, a: seen.append(n)
p.Parse(b"<!DOCTYPE a [<!ENTITY e SYSTEM 'e'>]><a>&e;</a>", True)
print(seen)
p = expat.ParserCreate()
p.StartElementHandler = lambda n, a: 1 / 0
try:
    p.Parse(b"<a><b/></a>", True)
except ZeroDivisionError as e:
    print("raised", e, p.StartElementHandler)
root = ET.fromstring("<r a='1'>t<c/>tail<!-- c --></r>")
root.append(ET.Element("new", {"k": "\u20ac<&\""}))
print(ET.tostring(root), [(e, x.tag) for e, x in ET.iterparse(io.BytesIO(b"<a><b/></a>"), ("start", "end"))])
try:
    ET.fromstring("<a>&x;</a>")
except ET.ParseError as e:
    print(e, e.code, e.position)
class H(xml.sax.ContentHandler):
    def startElement(self, name, attrs): print("start", name, dict(attrs))
    def characters(self, c): print("chars", repr(c))
xml.sax.parseString(b"<a b='c'>d\n</a>", H())
