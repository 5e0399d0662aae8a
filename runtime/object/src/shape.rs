//! Hidden classes: attributes of instances of Python classes in inline slots.
//!
//! Instances of types with `MANAGED_DICT` have two words before their GC head:
//!
//! ```text
//! -24  0: untouched | Shape* | 1: dictionary mode
//! -32  the first slot (Shape mode) | the dict, or null (dictionary mode) | null or the first slot (untouched)
//! ```
//! The word before the first slot is their [capacity](CAPACITY_OFFSET), with [`OWNED`] set when the array is an allocation of its own instead
//! of the area behind `tp_basicsize`. In dictionary mode the address `object - 32` is what `_PyObject_GetDictPtr` gives.
//! A shape says which interned name lies in which slot; adding an attribute goes to a child shape, deleting one of few to
//! the shape of the others. Deleting one of many, having more than [`MAX_ATTRIBUTES`], or asking for `__dict__` switches to a real dict
//! for good.
//! Shapes die with their class. Inline caches and compiled code may hold them longer: to compare, not to follow.

use crate::layout::*;
use crate::{PyResult, Ref, Type, Value, ValueExt, heap};
use std::cell::UnsafeCell;
use std::ffi::{c_int, c_void};
use std::ptr;

/// More attributes than this live in a dict.
pub const MAX_ATTRIBUTES: u32 = 64;
const INLINE_START: u32 = 4;
const INLINE_MAX: u32 = 32;
/// Below this many names a scan beats hashing.
const SCAN: usize = 8;
/// Shapes that may follow one before deletions make no more.
const MOST_WAYS: usize = 3;
/// Capacity bit: the slots are an allocation of their own.
pub const OWNED: u64 = 1 << 63;
/// Offsets of the two words from the object.
pub const SHAPE_OFFSET: isize = -24;
pub const SLOTS_OFFSET: isize = -32;
/// Offset of the capacity from the first slot.
pub const CAPACITY_OFFSET: isize = -8;
/// The shape word of an instance whose attributes are in a dict.
pub const DICT_MODE: usize = 1;
/// The slots of an instance in shape mode that has no room: a capacity of none.
static NO_SLOTS: u64 = 0;

/// One layout of attributes, or none; see the module text. Equal values are the same shape for all time: memory that is used
/// again has another number in the high bits.
#[repr(transparent)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Shape(usize);

/// What a [`Shape`] stands for.
struct Node {
    /// The shape itself.
    shape: Shape,
    owner: *mut PyTypeObject,
    parent: Shape,
    /// The interned names by slot.
    names: Vec<Value>,
    /// Open addressing by name address; slot + 1, 0 for free. Empty for few names.
    table: Vec<u8>,
    transitions: Vec<(Value, Shape)>,
}

/// Bits of addresses; above them is how often the memory has been used before.
const ADDRESS: usize = (1 << 48) - 1;
const GENERATION: usize = ADDRESS + 1;
const LAST_GENERATION: usize = usize::MAX / GENERATION;

/// Memory of shapes whose classes are dead. What has had its last number is not in the list: no number comes twice.
struct Free(UnsafeCell<Vec<*mut Node>>);
// SAFETY: only touched under the GIL.
unsafe impl Sync for Free {}
static FREE: Free = Free(UnsafeCell::new(Vec::new()));

fn hash_name(name: Value) -> usize {
    (name.bits() >> 4).wrapping_mul(0x9E37_79B9_7F4A_7C15) as usize >> 40
}

impl Shape {
    pub const NONE: Shape = Shape(0);

    pub fn is_none(self) -> bool {
        self.0 == 0
    }
    /// What inline caches and machine code compare with the word of an instance.
    pub fn bits(self) -> u64 {
        self.0 as u64
    }
    pub fn from_bits(bits: u64) -> Shape {
        Shape(bits as usize)
    }
    /// Number of slots in use.
    ///
    /// # Safety
    /// The shape is live: its class is.
    #[inline(always)]
    pub unsafe fn count(self) -> u32 {
        // SAFETY: by contract.
        unsafe { (*self.node()).names.len() as u32 }
    }
    #[inline(always)]
    fn node(self) -> *mut Node {
        (self.0 & ADDRESS) as *mut Node
    }

    fn make(owner: *mut PyTypeObject, parent: Shape, names: Vec<Value>) -> Shape {
        let mut table = Vec::new();
        if names.len() > SCAN {
            table = vec![0u8; (names.len() * 2).next_power_of_two()];
            let mask = table.len() - 1;
            for (i, name) in names.iter().enumerate() {
                let mut at = hash_name(*name) & mask;
                while table[at] != 0 {
                    at = (at + 1) & mask;
                }
                table[at] = i as u8 + 1;
            }
        }
        let mut node = Node {
            shape: Shape::NONE,
            owner,
            parent,
            names,
            table,
            transitions: Vec::new(),
        };
        // SAFETY: under the GIL. What is in the list belongs to nobody.
        unsafe {
            let Some(place) = (*FREE.0.get()).pop() else {
                let place = Box::into_raw(Box::new(node));
                assert!(place.addr() <= ADDRESS, "addresses have 48 bits");
                (*place).shape = Shape(place.addr());
                return (*place).shape;
            };
            let shape = Shape((*place).shape.0 + GENERATION);
            node.shape = shape;
            *place = node;
            shape
        }
    }
}

impl Node {
    /// Slot of an interned name.
    #[inline]
    fn find(&self, name: Value) -> Option<u32> {
        if self.table.is_empty() {
            return self.names.iter().position(|n| *n == name).map(|i| i as u32);
        }
        let mask = self.table.len() - 1;
        let mut at = hash_name(name) & mask;
        loop {
            match self.table[at] {
                0 => return None,
                n if self.names[n as usize - 1] == name => return Some(n as u32 - 1),
                _ => at = (at + 1) & mask,
            }
        }
    }
}

/// Gives up the shape tree of a class that dies, and that no instance has any more.
///
/// # Safety
/// `root` is null or the extension's root shape, which nobody follows afterwards.
pub(crate) unsafe fn free_tree(root: *mut c_void) {
    let mut left = vec![Shape(root.addr())];
    while let Some(shape) = left.pop() {
        if shape.is_none() {
            continue;
        }
        // SAFETY: a node of the tree; each has one parent.
        unsafe {
            let node = &mut *shape.node();
            left.extend(node.transitions.iter().map(|(_, child)| *child));
            let newest = node
                .names
                .last()
                .copied()
                .filter(|_| !node.parent.is_none());
            (node.names, node.table, node.transitions) = Default::default();
            if shape.0 / GENERATION < LAST_GENERATION {
                (*FREE.0.get()).push(shape.node());
            }
            // Gives up a str, which runs nothing.
            if let Some(name) = newest {
                heap::decref(name);
            }
        }
    }
}

#[inline(always)]
unsafe fn shape_word(object: *mut PyObject) -> *mut usize {
    // SAFETY: by contract `object` has the managed pre-header.
    unsafe { object.cast::<u8>().offset(SHAPE_OFFSET).cast() }
}
#[inline(always)]
unsafe fn slots_word(object: *mut PyObject) -> *mut *mut Value {
    // SAFETY: as above.
    unsafe { object.cast::<u8>().offset(SLOTS_OFFSET).cast() }
}

/// Bytes behind `tp_basicsize` that instances get for inline attribute slots.
#[inline]
pub fn inline_bytes(t: Type) -> usize {
    if t.tp_flags & tpflags::MANAGED_DICT == 0 {
        return 0;
    }
    let ext = t.ext();
    // SAFETY: the extension of a ready type.
    unsafe {
        if (*ext).inline_slots == 0 {
            (*ext).inline_slots = INLINE_START;
        }
        8 + 8 * (*ext).inline_slots as usize
    }
}

/// Sets up the managed pre-header of a fresh instance whose inline area starts at `size`; the slots are not touched.
///
/// # Safety
/// `object` is a fresh instance of `t` with `inline_bytes(t)` bytes behind `size`.
#[inline]
pub unsafe fn init_instance(object: *mut PyObject, t: Type, size: usize) {
    // SAFETY: by contract.
    unsafe {
        let area = object.cast::<u8>().add(size).cast::<u64>();
        *area = (*t.ext()).inline_slots as u64;
        *slots_word(object) = area.add(1).cast();
        *shape_word(object) = root_shape(t).0;
    }
}

/// Sets the two words of a fresh instance.
///
/// # Safety
/// As [`init_instance`]; the word before `slots` says how many there are.
#[inline]
pub unsafe fn init_words(object: *mut PyObject, shape: Shape, slots: *mut Value) {
    // SAFETY: by contract.
    unsafe {
        *slots_word(object) = slots;
        *shape_word(object) = shape.0;
    }
}

/// The shape of instances of `t` without attributes.
#[inline]
pub fn root_shape(t: Type) -> Shape {
    // SAFETY: the extension of a ready type.
    unsafe {
        let ext = t.ext();
        if (*ext).root_shape.is_null() {
            let root = Shape::make(t.as_ptr(), Shape::NONE, Vec::new());
            (*ext).root_shape = ptr::without_provenance_mut(root.0);
        }
        Shape((*ext).root_shape.addr())
    }
}

/// The shape of a managed instance, none in dictionary mode.
///
/// # Safety
/// The type of `object` has `MANAGED_DICT`. (The same holds for the functions below.)
#[inline]
pub unsafe fn shape_of(object: *mut PyObject) -> Shape {
    // SAFETY: by contract.
    unsafe {
        let word = *shape_word(object);
        if word > DICT_MODE {
            return Shape(word);
        }
        if word == DICT_MODE {
            return Shape::NONE;
        }
        let root = root_shape(Type::of_ptr(object));
        *shape_word(object) = root.0;
        if slots(object).is_null() {
            *slots_word(object) = (&raw const NO_SLOTS).cast::<Value>().cast_mut().add(1);
        }
        root
    }
}

/// Slot of an interned name.
///
/// # Safety
/// `shape` is a live shape.
#[inline]
pub unsafe fn slot_index(shape: Shape, name: Value) -> Option<u32> {
    // SAFETY: by contract.
    unsafe { (*shape.node()).find(name) }
}

/// The first attribute slot; the word before it says how many there are.
///
/// # Safety
/// As [`shape_of`], and not in dictionary mode.
#[inline(always)]
pub unsafe fn slots(object: *mut PyObject) -> *mut Value {
    // SAFETY: by contract.
    unsafe { *slots_word(object) }
}

/// The dict of an instance in dictionary mode (borrowed), or null.
///
/// # Safety
/// As [`shape_of`].
#[inline]
pub unsafe fn dict_if_materialised(object: *mut PyObject) -> *mut PyObject {
    // SAFETY: by contract.
    unsafe {
        if *shape_word(object) == DICT_MODE {
            (*slots_word(object)).cast()
        } else {
            ptr::null_mut()
        }
    }
}

/// Attributes that there is room for.
///
/// # Safety
/// `slots` are an instance's in shape mode.
pub unsafe fn capacity(slots: *mut Value) -> u64 {
    // SAFETY: the word before the first slot is the capacity.
    unsafe { *slots.cast::<u64>().sub(1) & !OWNED }
}
unsafe fn free_slots(slots: *mut Value) {
    if slots.is_null() {
        return;
    }
    // SAFETY: as above; an owned array starts with its capacity word.
    unsafe {
        let head = slots.cast::<u64>().sub(1);
        if *head & OWNED != 0 {
            heap::free(head.cast());
        }
    }
}

/// The shape after adding `name` (interned) to `shape`; none when there are too many attributes.
///
/// # Safety
/// `shape` is a live shape.
pub unsafe fn add_transition(shape: Shape, name: Value) -> Shape {
    // SAFETY: by contract; shapes are only touched under the GIL.
    unsafe {
        let s = &mut *shape.node();
        if let Some((_, child)) = s.transitions.iter().find(|(n, _)| *n == name) {
            return *child;
        }
        if s.names.len() >= MAX_ATTRIBUTES as usize {
            return Shape::NONE;
        }
        let mut names = Vec::with_capacity(s.names.len() + 1);
        names.extend_from_slice(&s.names);
        names.push(name);
        // The shape keeps its newest name alive; its ancestors keep the others.
        heap::incref(name);
        let child = Shape::make(s.owner, shape, names);
        // Most have one.
        s.transitions.reserve_exact(1);
        s.transitions.push((name, child));
        child
    }
}

/// The shape of the attributes of `shape` but the one in slot `index`; none if there are many, or many ways to go on without one
/// have been seen: then a dict it is.
unsafe fn without(shape: Shape, index: usize) -> Shape {
    // SAFETY: a live shape; its ancestors are.
    unsafe {
        let names = &(*shape.node()).names;
        if names.len() > SCAN {
            return Shape::NONE;
        }
        let mut at = shape;
        for _ in index..names.len() {
            at = (*at.node()).parent;
        }
        for name in &names[index + 1..] {
            let ways = &(*at.node()).transitions;
            if ways.len() >= MOST_WAYS && !ways.iter().any(|(n, _)| n == name) {
                return Shape::NONE;
            }
            at = add_transition(at, *name);
        }
        at
    }
}
/// Gives up slot `index`; `rest` is the shape of the others.
unsafe fn remove_slot(object: *mut PyObject, rest: Shape, index: usize) {
    // SAFETY: the instance has one slot more than `rest` has names; those behind move down.
    unsafe {
        let (first, last) = (slots(object), rest.count() as usize);
        let old = *first.add(index);
        ptr::copy(first.add(index + 1), first.add(index), last - index);
        *first.add(last) = Value::EMPTY;
        *shape_word(object) = rest.0;
        heap::decref(old);
    }
}

/// Overwrites slot `index`; the old value is given up last.
///
/// # Safety
/// As [`slots`]; `index` is below the shape's count.
#[inline]
pub unsafe fn store_slot(object: *mut PyObject, index: u32, value: Ref) {
    // SAFETY: by contract.
    let old = unsafe { ptr::replace(slots(object).add(index as usize), value.into_value()) };
    heap::decref(old);
}

/// Adds the attribute that leads from `old_shape` to `new_shape`.
///
/// # Safety
/// `shape_of(object) == old_shape`, `new_shape` is its child and `index == old_shape.count`.
#[inline]
pub unsafe fn store_new(
    object: *mut PyObject,
    old_shape: Shape,
    new_shape: Shape,
    index: u32,
    value: Ref,
) {
    // SAFETY: by contract.
    unsafe {
        debug_assert!(shape_of(object) == old_shape && (*new_shape.node()).parent == old_shape);
        if u64::from(index) >= capacity(slots(object)) {
            grow(object, index);
        }
        *slots(object).add(index as usize) = value.into_value();
        *shape_word(object) = new_shape.0;
    }
}

#[cold]
unsafe fn grow(object: *mut PyObject, used: u32) {
    // SAFETY: `used` slots are filled; the new array has room for more.
    unsafe {
        let new_capacity = u64::from((used * 2).clamp(4, MAX_ATTRIBUTES));
        let block = heap::malloc(8 + 8 * new_capacity as usize).cast::<u64>();
        *block = new_capacity | OWNED;
        let new = block.add(1).cast::<Value>();
        let old = slots(object);
        if used > 0 {
            ptr::copy_nonoverlapping(old, new, used as usize);
        }
        *slots_word(object) = new;
        free_slots(old);
        let ext = Type::of_ptr(object).ext();
        if (*ext).inline_slots < INLINE_MAX {
            (*ext).inline_slots = (used + 2).clamp(INLINE_START, INLINE_MAX);
        }
    }
}

/// The address of the instance's dict pointer, with the dict made: from here on the dict is the only truth.
///
/// # Safety
/// As [`shape_of`].
pub unsafe fn materialise(object: *mut PyObject) -> PyResult<*mut *mut PyObject> {
    // SAFETY: by contract; values move from slots to the dict.
    unsafe {
        let shape = shape_of(object);
        let place = slots_word(object).cast::<*mut PyObject>();
        if shape.is_none() {
            if (*place).is_null() {
                *place = crate::dict::new().into_ptr();
            }
            return Ok(place);
        }
        let old = slots(object);
        let names = &(*shape.node()).names;
        let count = names.len();
        let dict = crate::dict::with_capacity(count);
        for (i, name) in names.iter().enumerate() {
            let value = *old.add(i);
            crate::dict::set_item(dict.value(), *name, value)?;
        }
        let values: smallvec::SmallVec<[Value; 16]> = (0..count).map(|i| *old.add(i)).collect();
        *shape_word(object) = DICT_MODE;
        *place = dict.into_ptr();
        free_slots(old);
        for v in values {
            heap::decref(v);
        }
        Ok(place)
    }
}

/// Replaces the instance's dict (`obj.__dict__ = d`); empty deletes it.
///
/// # Safety
/// As [`shape_of`].
pub unsafe fn replace_dict(object: *mut PyObject, dict: Value) {
    let new = if dict.is_empty() {
        ptr::null_mut()
    } else {
        Ref::new(dict).into_ptr()
    };
    // SAFETY: by contract; the old contents are given up after the new dict is in place.
    unsafe {
        let mut old: smallvec::SmallVec<[Value; 16]> = smallvec::smallvec![];
        let array = take_contents(object, &mut old);
        *shape_word(object) = DICT_MODE;
        *slots_word(object) = new.cast();
        free_slots(array);
        for v in old {
            heap::decref(v);
        }
    }
}

/// Empties the instance into `out` and gives back the slot array (to be freed), or null.
unsafe fn take_contents(
    object: *mut PyObject,
    out: &mut smallvec::SmallVec<[Value; 16]>,
) -> *mut Value {
    // SAFETY: by the callers' contract.
    unsafe {
        let word = *shape_word(object);
        let place = *slots_word(object);
        *shape_word(object) = 0;
        *slots_word(object) = ptr::null_mut();
        if word == DICT_MODE {
            out.push(Value::from_object(place.cast()));
            return ptr::null_mut();
        }
        if word != 0 {
            out.extend((0..Shape(word).count() as usize).map(|i| *place.add(i)));
        }
        place
    }
}

/// Gives up all attributes (deallocation and `tp_clear`).
///
/// # Safety
/// As [`shape_of`].
pub unsafe fn clear(object: *mut PyObject) {
    // SAFETY: by contract.
    unsafe {
        if *shape_word(object) == 0 && (*slots_word(object)).is_null() {
            return;
        }
        let mut old: smallvec::SmallVec<[Value; 16]> = smallvec::smallvec![];
        let array = take_contents(object, &mut old);
        free_slots(array);
        for v in old {
            heap::decref(v);
        }
    }
}

/// As [`clear`] for an object that nobody can reach any more: nothing is set aside.
///
/// # Safety
/// As [`shape_of`]; the count of `object` is zero, and its memory stays until this returns.
pub unsafe fn end(object: *mut PyObject) {
    // SAFETY: by contract.
    unsafe {
        let word = *shape_word(object);
        let place = *slots_word(object);
        if word == DICT_MODE {
            return heap::xdecref_ptr(place.cast());
        }
        if word != 0 {
            for i in 0..Shape(word).count() as usize {
                heap::decref(*place.add(i));
            }
        }
        free_slots(place);
    }
}

/// Visits what the instance's attributes refer to, as long as `visit` gives 0; gives its last answer.
///
/// # Safety
/// As [`shape_of`].
#[inline(always)]
pub(crate) unsafe fn each_referent(
    object: *mut PyObject,
    mut visit: impl FnMut(*mut PyObject) -> c_int,
) -> c_int {
    // SAFETY: by contract.
    unsafe {
        let word = *shape_word(object);
        let place = *slots_word(object);
        if word == DICT_MODE {
            return if place.is_null() {
                0
            } else {
                visit(place.cast())
            };
        }
        if word == 0 {
            return 0;
        }
        for i in 0..Shape(word).count() as usize {
            let v = *place.add(i);
            if v.is_object() {
                let r = visit(v.as_ptr());
                if r != 0 {
                    return r;
                }
            }
        }
        0
    }
}

/// Moves the instance's attributes to the shape tree of another class (`__class__` assignment).
///
/// # Safety
/// As [`shape_of`], before `ob_type` changes.
pub unsafe fn change_owner(object: *mut PyObject, to: Type) {
    // SAFETY: by contract; slot numbers stay the same because names are added in the same order.
    unsafe {
        let shape = shape_of(object);
        if shape.is_none() {
            return;
        }
        let mut new = root_shape(to);
        for name in (*shape.node()).names.iter() {
            // Cannot be null: the old shape has at most MAX_ATTRIBUTES names.
            new = add_transition(new, *name);
        }
        *shape_word(object) = new.0;
    }
}

/// `name` interned, if it is an exact str.
#[inline]
fn interned(name: Value) -> Option<Ref> {
    if !crate::str::is_exact(name) {
        return None;
    }
    Some(if crate::str::is_interned(name) {
        Ref::new(name)
    } else {
        crate::str::intern_value(Ref::new(name))
    })
}

/// The attribute `name` of a managed instance.
///
/// # Safety
/// As [`shape_of`].
#[inline]
pub unsafe fn get_attribute(object: *mut PyObject, name: Value) -> PyResult<Option<Ref>> {
    // SAFETY: by contract.
    unsafe {
        let shape = shape_of(object);
        if !shape.is_none() {
            if let Some(i) = slot_index(shape, name) {
                return Ok(Some(Ref::new(*slots(object).add(i as usize))));
            }
            if crate::str::is_interned(name) || shape.count() == 0 {
                return Ok(None);
            }
            match interned(name) {
                Some(name) => {
                    return Ok(slot_index(shape, name.value())
                        .map(|i| Ref::new(*slots(object).add(i as usize))));
                }
                None => {
                    materialise(object)?;
                }
            }
        }
        let dict = Value::from_object(dict_if_materialised(object));
        if dict.is_empty() {
            return Ok(None);
        }
        let dict = Ref::new(dict);
        crate::dict::get(dict.value(), name)
    }
}

/// Sets the attribute `name`; an empty value deletes and `false` says that there was none.
///
/// # Safety
/// As [`shape_of`].
pub unsafe fn set_attribute(object: *mut PyObject, name: Value, value: Value) -> PyResult<bool> {
    // SAFETY: by contract.
    unsafe {
        let shape = shape_of(object);
        if !shape.is_none()
            && let Some(name) = interned(name)
        {
            let name = name.value();
            match slot_index(shape, name) {
                Some(i) if !value.is_empty() => {
                    store_slot(object, i, Ref::new(value));
                    return Ok(true);
                }
                None if value.is_empty() => return Ok(false),
                None => {
                    let new = add_transition(shape, name);
                    if !new.is_none() {
                        store_new(object, shape, new, shape.count(), Ref::new(value));
                        return Ok(true);
                    }
                }
                Some(i) => {
                    let rest = without(shape, i as usize);
                    if !rest.is_none() {
                        remove_slot(object, rest, i as usize);
                        return Ok(true);
                    }
                }
            }
        }
        let place = materialise(object)?;
        let dict = Ref::new(Value::from_object(*place));
        if value.is_empty() {
            crate::dict::del_item(dict.value(), name)
        } else {
            crate::dict::set_item(dict.value(), name, value)?;
            Ok(true)
        }
    }
}

/// Whether instances of the type of `v` have managed attributes.
#[inline(always)]
pub fn is_managed(v: Value) -> bool {
    v.is_object() && v.ty().tp_flags & tpflags::MANAGED_DICT != 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transitions_are_shared_and_names_keep_their_slots() {
        let _gil = crate::test_gil();
        // Immediates stand in for interned names: shapes only compare words.
        let name = |i: i64| Value::int_unchecked(i * 16);
        let root = Shape::make(ptr::null_mut(), Shape::NONE, Vec::new());
        // SAFETY: shapes made here.
        unsafe {
            let mut at = root;
            for i in 0..i64::from(MAX_ATTRIBUTES) {
                let next = add_transition(at, name(i));
                assert_eq!(next, add_transition(at, name(i)));
                assert_ne!(next, at);
                at = next;
            }
            for i in 0..i64::from(MAX_ATTRIBUTES) {
                assert_eq!(slot_index(at, name(i)), Some(i as u32));
            }
            assert_eq!(slot_index(at, name(1000)), None);
            assert!(add_transition(at, name(1000)).is_none());
            assert_ne!(add_transition(root, name(7)), add_transition(root, name(8)));
        }
    }

    #[test]
    fn memory_of_dead_shapes_is_used_again_under_another_name() {
        let _gil = crate::test_gil();
        let name = Value::int_unchecked(1);
        let make = || {
            let root = Shape::make(ptr::null_mut(), Shape::NONE, Vec::new());
            // SAFETY: a shape made here.
            (root, unsafe { add_transition(root, name) })
        };
        let dead = make();
        // SAFETY: nobody follows them any more.
        unsafe { free_tree(ptr::without_provenance_mut(dead.0.0)) };
        let live = make();
        let nodes = |(a, b): (Shape, Shape)| {
            let mut nodes = [a.node(), b.node()];
            nodes.sort();
            nodes
        };
        assert_eq!(nodes(dead), nodes(live));
        for s in [live.0, live.1] {
            assert!(s != dead.0 && s != dead.1);
        }
        // SAFETY: live shapes.
        unsafe {
            assert_eq!(slot_index(live.0, name), None);
            assert_eq!(slot_index(live.1, name), Some(0));
        }
    }
}
