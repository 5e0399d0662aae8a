//! `re.Match`: positions only; the groups become objects when they are asked for.

use super::object;
use super::pattern::{self, PatternObject, class_getitem};
use super::subject::Text;
use pyrs_layout::{PyObject, PyVarObject, membertype};
use pyrs_object::{
    Args, PyResult, Ref, Signature, Value, ValueExt, dict, gc, getset, heap, int, intern, members,
    methods, ops, py_type, raise, singletons, str, tuple, ty,
};
use pyrs_sre::State;
use std::ffi::{c_int, c_void};
use std::mem::offset_of;

#[repr(C)]
pub(super) struct MatchObject {
    ob_base: PyVarObject,
    string: *mut PyObject,
    /// `regs`, made on demand.
    regs: *mut PyObject,
    pattern: *mut PyObject,
    pos: isize,
    endpos: isize,
    /// -1 without a closed group.
    lastindex: isize,
    groups: isize,
    /// Start and end of each group, the match first; -1 for one that took no part. As many as `groups` says.
    mark: [isize; 1],
}

methods! { static METHODS = [
    "group" FAST group, "group([group1, ...]) -> str or tuple.\nReturn subgroup(s) of the match by indices or names.\nFor 0 returns the entire match.";
    "start" FAST start, "start($self, group=0, /)\n--\n\nIndex of the start of the substring matched by group.";
    "end" FAST end, "end($self, group=0, /)\n--\n\nIndex of the end of the substring matched by group.";
    "span" FAST span, "span($self, group=0, /)\n--\n\nFor match object m, the 2-tuple (m.start(group), m.end(group)).";
    "groups" KW groups, "groups($self, /, default=None)\n--\n\nA tuple containing all the subgroups of the match, from 1.";
    "groupdict" KW groupdict, "groupdict($self, /, default=None)\n--\n\nA dictionary of all the named subgroups, keyed by the subgroup name.";
    "expand" KW expand, "expand($self, /, template)\n--\n\nThe string that backslash substitution on the template gives, as done by the sub() method.";
    "__copy__" NOARGS copy, "__copy__($self, /)\n--\n\n";
    "__deepcopy__" O deepcopy, "__deepcopy__($self, memo, /)\n--\n\n";
    "__class_getitem__" O | CLASS class_getitem, "See PEP 585";
] }
members! { static MEMBERS = [
    "string" OBJECT, offset_of!(MatchObject, string), membertype::READONLY, "The string passed to match() or search().";
    "re" OBJECT, offset_of!(MatchObject, pattern), membertype::READONLY, "The regular expression object.";
    "pos" PYSSIZET, offset_of!(MatchObject, pos), membertype::READONLY, "The index into the string at which the RE engine started looking for a match.";
    "endpos" PYSSIZET, offset_of!(MatchObject, endpos), membertype::READONLY, "The index into the string beyond which the RE engine will not go.";
] }
getset! { static GETSET = [
    "lastindex" get_lastindex, None, "The integer index of the last matched capturing group.";
    "lastgroup" get_lastgroup, None, "The name of the last matched capturing group.";
    "regs" get_regs, None, "";
] }
py_type! {
    /// `re.Match`.
    pub(super) static SreMatch_Type: MatchObject = "re.Match" {
        flags: HAVE_GC | DISALLOW_INSTANTIATION;
        fields { tp_itemsize: 8 }
        doc: "The result of re.match() and re.search().\nMatch objects always have a boolean value of True.";
        raw { tp_dealloc: dealloc, tp_traverse: traverse, tp_clear: clear }
        slots { tp_repr: repr }
        mapping { mp_subscript: getitem }
        methods: METHODS;
        getset: GETSET;
        members: MEMBERS;
    }
}

/// The match that `state` holds.
pub(super) fn new(pattern: Value, string: Value, state: &State, pos: usize, endpos: usize) -> Ref {
    let groups = pattern::get(pattern).program().groups() + 1;
    let size = offset_of!(MatchObject, mark) + 2 * groups * size_of::<isize>();
    let o = heap::alloc_uninit(ty!(SreMatch_Type), size);
    // SAFETY: a new object with room for the marks; every field is written.
    unsafe {
        let m = o.cast::<MatchObject>();
        (*m).ob_base.ob_size = 2 * groups as isize;
        (*m).string = Ref::new(string).into_ptr();
        (*m).regs = std::ptr::null_mut();
        (*m).pattern = Ref::new(pattern).into_ptr();
        (*m).pos = pos as isize;
        (*m).endpos = endpos as isize;
        (*m).lastindex = state.lastindex().map_or(-1, |i| i as isize);
        (*m).groups = groups as isize;
        let marks = (&raw mut (*m).mark).cast::<isize>();
        for i in 0..groups {
            let (start, end) = state
                .span(i)
                .map_or((-1, -1), |(s, e)| (s as isize, e as isize));
            *marks.add(2 * i) = start;
            *marks.add(2 * i + 1) = end;
        }
        gc::track(o);
        Ref::from_owned_ptr(o)
    }
}
unsafe extern "C" fn dealloc(o: *mut PyObject) {
    // SAFETY: a dead match owns its fields.
    unsafe {
        gc::untrack(o);
        clear(o);
        heap::finish_dealloc(o);
    }
}
unsafe extern "C" fn traverse(
    o: *mut PyObject,
    visit: pyrs_layout::visitproc,
    arg: *mut c_void,
) -> c_int {
    let m = o.cast::<MatchObject>();
    // SAFETY: called by the collector for a live match.
    unsafe {
        pyrs_object::visit_fields!(
            visit,
            arg,
            Value::from_object((*m).string),
            Value::from_object((*m).regs),
            Value::from_object((*m).pattern)
        )
    }
}
unsafe extern "C" fn clear(o: *mut PyObject) -> c_int {
    let m = o.cast::<MatchObject>();
    // SAFETY: each field owns what it holds.
    unsafe {
        heap::clear_field(&raw mut (*m).string);
        heap::clear_field(&raw mut (*m).regs);
        heap::clear_field(&raw mut (*m).pattern);
    }
    0
}

fn get<'a>(v: Value) -> &'a MatchObject {
    // SAFETY: methods are called with instances only.
    unsafe { &*object(v) }
}
impl MatchObject {
    fn marks(&self) -> &[isize] {
        // SAFETY: the object was allocated with two marks a group.
        unsafe {
            std::slice::from_raw_parts((&raw const self.mark).cast(), 2 * self.groups as usize)
        }
    }
    fn span(&self, i: usize) -> (isize, isize) {
        let marks = self.marks();
        (marks[2 * i], marks[2 * i + 1])
    }
    fn pattern<'a>(&self) -> &'a PatternObject {
        pattern::get(Value::from_object(self.pattern))
    }
    /// The number of the group that an index or name means.
    fn index(&self, group: Value) -> PyResult<usize> {
        let mut i = -1;
        if group.is_int() || ops::has_index(group) {
            i = ops::index_clipped(group)?;
        } else if let Some(n) = dict::get(self.pattern().groupindex(), group)? {
            i = int::to_i64(n.value()).map_or(-1, |n| n as isize);
        }
        match usize::try_from(i) {
            Ok(i) if i < self.groups as usize => Ok(i),
            _ => Err(raise!(IndexError, "no such group")),
        }
    }
    /// Group `i` as an object, or `absent`.
    fn slice(&self, i: usize, absent: Value) -> PyResult {
        let (start, end) = self.span(i);
        if start < 0 || self.string.is_null() {
            return Ok(Ref::new(absent));
        }
        Ok(Text::of(Value::from_object(self.string))?.slice(start as usize, end.max(0) as usize))
    }
}

fn group(v: Value, args: &[Value]) -> PyResult {
    let m = get(v);
    let none = singletons::none();
    match args {
        [] => m.slice(0, none),
        [i] => m.slice(m.index(*i)?, none),
        several => {
            let parts: PyResult<Vec<Ref>> = several
                .iter()
                .map(|i| m.slice(m.index(*i)?, none))
                .collect();
            Ok(tuple::from_vec(parts?))
        }
    }
}
fn getitem(v: Value, i: Value) -> PyResult {
    let m = get(v);
    m.slice(m.index(i)?, singletons::none())
}
fn bounds(v: Value, args: &[Value], name: &str) -> PyResult<(isize, isize)> {
    pyrs_object::check_positional(name, args.len(), 0, 1)?;
    let m = get(v);
    Ok(m.span(args.first().map_or(Ok(0), |i| m.index(*i))?))
}
fn start(v: Value, args: &[Value]) -> PyResult {
    Ok(Ref::int(bounds(v, args, "start")?.0 as i64))
}
fn end(v: Value, args: &[Value]) -> PyResult {
    Ok(Ref::int(bounds(v, args, "end")?.1 as i64))
}
fn pair((start, end): (isize, isize)) -> Ref {
    tuple::pair(Ref::int(start as i64), Ref::int(end as i64))
}
fn span(v: Value, args: &[Value]) -> PyResult {
    Ok(pair(bounds(v, args, "span")?))
}
const fn default(name: &'static str) -> Signature<1> {
    Signature {
        name,
        params: ["default"],
        posonly: 0,
        positional: 1,
        required: 0,
    }
}
fn groups(v: Value, args: Args<'_>) -> PyResult {
    let [absent] = args.bind(&const { default("groups") })?;
    let absent = absent.non_empty().unwrap_or(singletons::none());
    let m = get(v);
    let all: PyResult<Vec<Ref>> = (1..m.groups as usize).map(|i| m.slice(i, absent)).collect();
    Ok(tuple::from_vec(all?))
}
fn groupdict(v: Value, args: Args<'_>) -> PyResult {
    let [absent] = args.bind(&const { default("groupdict") })?;
    let absent = absent.non_empty().unwrap_or(singletons::none());
    let m = get(v);
    let result = dict::new();
    let mut names = Vec::new();
    dict::for_each(m.pattern().groupindex(), |name, _| {
        names.push(Ref::new(name))
    });
    for name in names {
        let value = m.slice(m.index(name.value())?, absent)?;
        dict::set_item(result.value(), name.value(), value.value())?;
    }
    Ok(result)
}
fn expand(v: Value, args: Args<'_>) -> PyResult {
    const EXPAND: Signature<1> = Signature {
        name: "expand",
        params: ["template"],
        posonly: 0,
        positional: 1,
        required: 1,
    };
    let [template] = args.bind(&EXPAND)?;
    let re = (pyrs_object::hooks().import)("re")?;
    let pattern = Value::from_object(get(v).pattern);
    ops::call_method(re.value(), intern!("_expand"), &[pattern, v, template])
}
fn copy(v: Value) -> PyResult {
    Ok(Ref::new(v))
}
fn deepcopy(v: Value, _: Value) -> PyResult {
    Ok(Ref::new(v))
}

fn get_lastindex(v: Value) -> PyResult {
    match get(v).lastindex {
        i if i >= 0 => Ok(Ref::int(i as i64)),
        _ => Ok(Ref::none()),
    }
}
fn get_lastgroup(v: Value) -> PyResult {
    let m = get(v);
    let names = tuple::items(m.pattern().indexgroup());
    let name = usize::try_from(m.lastindex).ok().and_then(|i| names.get(i));
    Ok(name.map_or_else(Ref::none, |n| Ref::new(*n)))
}
fn get_regs(v: Value) -> PyResult {
    let m = object::<MatchObject>(v);
    // SAFETY: a live match; the tuple is complete before it is stored.
    unsafe {
        if (*m).regs.is_null() {
            let spans = (0..(*m).groups as usize)
                .map(|i| pair((*m).span(i)))
                .collect();
            (*m).regs = tuple::from_vec(spans).into_ptr();
        }
        Ok(Ref::new(Value::from_object((*m).regs)))
    }
}
fn repr(v: Value) -> PyResult {
    let m = get(v);
    let matched = ops::repr(m.slice(0, singletons::none())?.value())?;
    let (start, end) = m.span(0);
    let mut out = str::Builder::new();
    out.push_str(&format!(
        "<{} object; span=({start}, {end}), match=",
        v.ty().full_name()
    ));
    out.push_value(matched.value());
    out.push_str(">");
    out.finish()
}
