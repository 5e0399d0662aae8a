//! The methods of arrays.

use super::item::{Packed, pack};
use super::*;
use pyrs_object::{check_positional, exceptions, getset, intern, memory};

methods! { pub(super) static METHODS = [
    "append" O append, "append($self, v, /)\n--\n\nAppend new value v to the end of the array.";
    "buffer_info" NOARGS buffer_info, "buffer_info($self, /)\n--\n\nReturn a tuple (address, length) giving the current memory address and the length in items of the buffer used to hold array's contents.";
    "byteswap" NOARGS byteswap, "byteswap($self, /)\n--\n\nByteswap all items of the array.";
    "__copy__" NOARGS copy, "__copy__($self, /)\n--\n\nReturn a copy of the array.";
    "count" O count, "count($self, v, /)\n--\n\nReturn number of occurrences of v in the array.";
    "__deepcopy__" O deepcopy, "__deepcopy__($self, unused, /)\n--\n\nReturn a copy of the array.";
    "extend" O extend, "extend($self, bb, /)\n--\n\nAppend items to the end of the array.";
    "fromfile" FAST fromfile, "fromfile($self, f, n, /)\n--\n\nRead n objects from the file object f and append them to the end of the array.";
    "fromlist" O fromlist, "fromlist($self, list, /)\n--\n\nAppend items to array from list.";
    "frombytes" O frombytes, "frombytes($self, buffer, /)\n--\n\nAppends items from the string, interpreting it as an array of machine values.";
    "fromunicode" O fromunicode, "fromunicode($self, ustr, /)\n--\n\nExtends this array with data from the unicode string ustr.";
    "index" FAST index, "index($self, v, start=0, stop=sys.maxsize, /)\n--\n\nReturn index of first occurrence of v in the array.";
    "insert" FAST insert, "insert($self, i, v, /)\n--\n\nInsert a new item v into the array before position i.";
    "pop" FAST pop, "pop($self, i=-1, /)\n--\n\nReturn the i-th element and delete it from the array.";
    "__reduce_ex__" O reduce_ex, "__reduce_ex__($self, value, /)\n--\n\nReturn state information for pickling.";
    "remove" O remove, "remove($self, v, /)\n--\n\nRemove the first occurrence of v in the array.";
    "reverse" NOARGS reverse, "reverse($self, /)\n--\n\nReverse the order of the items in the array.";
    "tofile" O tofile, "tofile($self, f, /)\n--\n\nWrite all items (as machine values) to the file object f.";
    "tolist" NOARGS tolist, "tolist($self, /)\n--\n\nConvert array to an ordinary list with the same items.";
    "tobytes" NOARGS tobytes, "tobytes($self, /)\n--\n\nConvert the array to an array of machine values and return the bytes representation.";
    "tounicode" NOARGS tounicode, "tounicode($self, /)\n--\n\nConvert the array to a unicode string.";
    "__sizeof__" NOARGS sizeof, "__sizeof__($self, /)\n--\n\nSize of the array in memory, in bytes.";
] }
getset! { pub(super) static GETSET = [
    "typecode" get_typecode, None, "the typecode character used to create the array";
    "itemsize" get_itemsize, None, "the size, in bytes, of one array item";
] }

fn get_typecode(v: Value) -> PyResult {
    Ok(str::from_char(u32::from(descriptor(v).code())))
}
fn get_itemsize(v: Value) -> PyResult {
    Ok(Ref::int(descriptor(v).size() as i64))
}
fn append(v: Value, item: Value) -> PyResult {
    let item = pack(descriptor(v), item)?;
    push(v, item)?;
    Ok(Ref::none())
}
fn buffer_info(v: Value) -> PyResult {
    // SAFETY: a live array.
    let address = unsafe { (*raw(v)).items }.addr();
    Ok(tuple::pair(
        pyrs_object::int::from_u64(address as u64),
        Ref::int(len(v) as i64),
    ))
}
fn byteswap(v: Value) -> PyResult {
    fn swap<const N: usize>(s: &mut [u8]) {
        s.as_chunks_mut::<N>()
            .0
            .iter_mut()
            .for_each(|c| c.reverse());
    }
    let s = data_mut(v);
    match descriptor(v).size() {
        2 => swap::<2>(s),
        4 => swap::<4>(s),
        8 => swap::<8>(s),
        _ => {}
    }
    Ok(Ref::none())
}
fn copy(v: Value) -> PyResult {
    from_data(ty!(PyArray_Type), descriptor(v), data(v))
}
fn deepcopy(v: Value, _: Value) -> PyResult {
    copy(v)
}
fn extend(v: Value, other: Value) -> PyResult {
    extend_with(v, other)?;
    Ok(Ref::none())
}

/// The first position in `[low, high)` of an item equal to `wanted`.
pub(super) fn find(v: Value, wanted: Value, low: usize, high: isize) -> PyResult<Option<usize>> {
    let mut i = low;
    while (i as isize) < high {
        let Some(item) = get(v, i)? else { break };
        if eq_fast(item.value(), wanted)? {
            return Ok(Some(i));
        }
        i += 1;
    }
    Ok(None)
}
fn count(v: Value, wanted: Value) -> PyResult {
    let mut n = 0;
    let mut at = 0;
    while let Some(i) = find(v, wanted, at, isize::MAX)? {
        n += 1;
        at = i + 1;
    }
    Ok(Ref::int(n))
}
fn index(v: Value, args: &[Value]) -> PyResult {
    let (wanted, low, high) = pyrs_object::list::common::index_arguments("index", args, len(v))?;
    match find(v, wanted, low.max(0) as usize, high)? {
        Some(i) => Ok(Ref::int(i as i64)),
        None => Err(raise!(ValueError, "array.index(x): x not in array")),
    }
}
fn remove(v: Value, wanted: Value) -> PyResult {
    match find(v, wanted, 0, isize::MAX)? {
        Some(i) if i < len(v) => {
            splice(v, i, i + 1, &[])?;
            Ok(Ref::none())
        }
        _ => Err(raise!(ValueError, "array.remove(x): x not in array")),
    }
}
fn insert(v: Value, args: &[Value]) -> PyResult {
    check_positional("insert", args.len(), 2, 2)?;
    let i = ops::index_as_isize(args[0])?;
    let (item, size): Packed = pack(descriptor(v), args[1])?;
    let n = len(v) as isize;
    let i = if i < 0 {
        i.saturating_add(n).max(0)
    } else {
        i.min(n)
    } as usize;
    splice(v, i, i, &item[..size])?;
    Ok(Ref::none())
}
fn pop(v: Value, args: &[Value]) -> PyResult {
    check_positional("pop", args.len(), 0, 1)?;
    let i = args.first().map_or(Ok(-1), |i| ops::index_as_isize(*i))?;
    if len(v) == 0 {
        return Err(raise!(IndexError, "pop from empty array"));
    }
    let i = if i < 0 {
        i.saturating_add(len(v) as isize)
    } else {
        i
    };
    let found = match usize::try_from(i) {
        Ok(i) => get(v, i)?.map(|item| (i, item)),
        Err(_) => None,
    };
    let Some((i, item)) = found else {
        return Err(raise!(IndexError, "pop index out of range"));
    };
    splice(v, i, i + 1, &[])?;
    Ok(item)
}
fn reverse(v: Value) -> PyResult {
    let size = descriptor(v).size();
    let s = data_mut(v);
    // Reversing all bytes and then each item's keeps the items whole.
    s.reverse();
    s.chunks_exact_mut(size).for_each(<[u8]>::reverse);
    Ok(Ref::none())
}

fn frombytes(v: Value, buffer: Value) -> PyResult {
    let b = memory::bytes_like(buffer)?;
    if b.raw.itemsize != 1 {
        return Err(raise!(TypeError, "a bytes-like object is required"));
    }
    push_bytes(v, b.bytes())?;
    Ok(Ref::none())
}
fn fromfile(v: Value, args: &[Value]) -> PyResult {
    check_positional("fromfile", args.len(), 2, 2)?;
    let n = ops::index_as_isize(args[1])?;
    let Ok(n) = usize::try_from(n) else {
        return Err(raise!(ValueError, "negative count"));
    };
    let size = n
        .checked_mul(descriptor(v).size())
        .filter(|s| *s <= isize::MAX as usize)
        .ok_or_else(errors::no_memory)?;
    let b = ops::call_method(args[0], intern!("read"), &[Ref::int(size as i64).value()])?;
    if !bytes::is_bytes(b.value()) {
        return Err(raise!(TypeError, "read() didn't return bytes"));
    }
    push_bytes(v, bytes::data(b.value()))?;
    if bytes::data(b.value()).len() != size {
        return Err(raise!(EOFError, "read() didn't return enough bytes"));
    }
    Ok(Ref::none())
}
fn tofile(v: Value, file: Value) -> PyResult {
    const BLOCK: usize = 64 * 1024;
    let mut at = 0;
    // The array may change while the file is written.
    while at < data(v).len() {
        let end = (at + BLOCK).min(data(v).len());
        let block = bytes::new(&data(v)[at..end]);
        ops::call_method(file, intern!("write"), &[block.value()])?;
        at = end;
    }
    Ok(Ref::none())
}
fn fromlist(v: Value, items: Value) -> PyResult {
    if !list::is_list(items) {
        return Err(raise!(TypeError, "arg must be list"));
    }
    let (old, n, d) = (len(v), list::len(items), descriptor(v));
    let mut new = Vec::with_capacity(n * d.size());
    for i in 0..n {
        let Some(item) = list::get(items, i) else {
            break;
        };
        let (item, size) = pack(d, item.value())?;
        if list::len(items) != n {
            return Err(raise!(RuntimeError, "list changed size during iteration"));
        }
        new.extend_from_slice(&item[..size]);
    }
    splice(v, old.min(len(v)), old.min(len(v)), &new)?;
    Ok(Ref::none())
}
fn fromunicode(v: Value, text: Value) -> PyResult {
    if !text.has_flag(tpflags::UNICODE_SUBCLASS) {
        return Err(raise!(
            TypeError,
            "fromunicode() argument must be str, not {}",
            text.ty().message_name()
        ));
    }
    if descriptor(v).code() != b'u' {
        return Err(raise!(
            ValueError,
            "fromunicode() may only be called on unicode type arrays"
        ));
    }
    push_characters(v, text)?;
    Ok(Ref::none())
}
pub(super) fn tolist(v: Value) -> PyResult {
    let mut items = Vec::with_capacity(len(v));
    while let Some(item) = get(v, items.len())? {
        items.push(item);
    }
    Ok(list::from_vec(items))
}
fn tobytes(v: Value) -> PyResult {
    Ok(bytes::new(data(v)))
}
pub(super) fn tounicode(v: Value) -> PyResult {
    if descriptor(v).code() != b'u' {
        return Err(raise!(
            ValueError,
            "tounicode() may only be called on unicode type arrays"
        ));
    }
    let units: Vec<u32> = data(v)
        .as_chunks::<4>()
        .0
        .iter()
        .map(|c| u32::from_ne_bytes(*c))
        .collect();
    for c in &units {
        super::item::check_character(*c)?;
    }
    Ok(str::from_ucs4(&units))
}
fn sizeof(v: Value) -> PyResult {
    // SAFETY: a live array.
    let allocated = unsafe { (*raw(v)).allocated } as i64;
    Ok(Ref::int(
        v.ty().tp_basicsize as i64 + allocated * descriptor(v).size() as i64,
    ))
}
fn reduce_ex(v: Value, protocol: Value) -> PyResult {
    if !pyrs_object::int::is_int_instance(protocol) {
        return Err(raise!(
            TypeError,
            "__reduce_ex__ argument should be an integer"
        ));
    }
    let protocol = crate::convert::c_long(protocol)?;
    let attribute = errors::absorb(
        ops::getattr(v, intern!("__dict__")),
        exceptions::AttributeError,
    )?;
    let state = attribute.unwrap_or_else(Ref::none);
    let (class, code) = (v.ty().to_ref(), get_typecode(v)?);
    if protocol < 3 {
        let args = tuple::from_vec(vec![code, tolist(v)?]);
        return Ok(tuple::from_vec(vec![class, args, state]));
    }
    let module = (pyrs_object::hooks().import)("array")?;
    let function = ops::getattr_str(module.value(), "_array_reconstructor")?;
    let format = Ref::int(descriptor(v).machine_format() as i64);
    let args = tuple::from_vec(vec![class, code, format, tobytes(v)?]);
    Ok(tuple::from_vec(vec![function, args, state]))
}
