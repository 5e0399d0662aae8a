//! Walking strided memory.

use crate::layout::Py_buffer;

fn dims<'a>(p: *const isize, n: usize) -> Option<&'a [isize]> {
    // SAFETY: exporters give arrays of `ndim` entries, or null.
    (!p.is_null()).then(|| unsafe { std::slice::from_raw_parts(p, n) })
}
pub(super) fn shape(b: &Py_buffer) -> Vec<isize> {
    match dims(b.shape, b.ndim as usize) {
        Some(s) => s.to_vec(),
        None if b.ndim == 0 => Vec::new(),
        None => vec![b.len / b.itemsize.max(1)],
    }
}
pub(super) fn c_strides(shape: &[isize], itemsize: isize) -> Vec<isize> {
    let mut out = vec![itemsize; shape.len()];
    for i in (1..shape.len()).rev() {
        out[i - 1] = out[i] * shape[i];
    }
    out
}
pub(super) fn strides(b: &Py_buffer) -> Vec<isize> {
    match dims(b.strides, b.ndim as usize) {
        Some(s) if !b.shape.is_null() => s.to_vec(),
        _ => c_strides(&shape(b), b.itemsize),
    }
}

/// `PyBuffer_IsContiguous`
pub(super) fn is_contiguous(b: &Py_buffer, order: u8) -> bool {
    if !b.suboffsets.is_null() {
        return false;
    }
    if b.len == 0 || b.strides.is_null() && order != b'F' {
        return true;
    }
    let (shape, strides) = (shape(b), strides(b));
    let check = |dims: &mut dyn Iterator<Item = usize>| {
        let mut step = b.itemsize;
        for i in dims {
            if shape[i] > 1 && strides[i] != step {
                return false;
            }
            step *= shape[i];
        }
        true
    };
    let n = shape.len();
    let c = check(&mut (0..n).rev());
    let f = check(&mut (0..n));
    match order {
        b'C' => c,
        b'F' => f,
        _ => c || f,
    }
}

/// The address of an item from the address of its row: one dimension's step.
///
/// # Safety
/// `i` lies in dimension `dim` of the buffer, and `p` is its start.
pub(super) unsafe fn step(
    b: &Py_buffer,
    p: *mut u8,
    dim: usize,
    i: isize,
    stride: isize,
) -> *mut u8 {
    // SAFETY: by contract; a suboffset means that a pointer lies there.
    unsafe {
        let p = p.offset(i * stride);
        match dims(b.suboffsets, b.ndim as usize) {
            Some(s) if s[dim] >= 0 => (*p.cast::<*mut u8>()).offset(s[dim]),
            _ => p,
        }
    }
}

/// Calls `f` with the address of each item, in C or Fortran order.
pub(super) fn for_each_item(b: &Py_buffer, order: u8, f: &mut dyn FnMut(*mut u8)) {
    let (shape, strides) = (shape(b), strides(b));
    if shape.contains(&0) {
        return;
    }
    let mut index = vec![0isize; shape.len()];
    loop {
        let mut p = b.buf.cast::<u8>();
        for (dim, &i) in index.iter().enumerate() {
            // SAFETY: the index is within the shape.
            p = unsafe { step(b, p, dim, i, strides[dim]) };
        }
        f(p);
        let n = index.len();
        let mut turn = 0;
        loop {
            if turn == n {
                return;
            }
            let dim = if order == b'F' { turn } else { n - 1 - turn };
            index[dim] += 1;
            if index[dim] < shape[dim] {
                break;
            }
            index[dim] = 0;
            turn += 1;
        }
    }
}

/// All items one after another.
pub(super) fn gather(b: &Py_buffer, order: u8) -> Vec<u8> {
    if b.len > 0 && is_contiguous(b, order) {
        // SAFETY: contiguous memory of `len` bytes.
        return unsafe { std::slice::from_raw_parts(b.buf.cast::<u8>(), b.len as usize) }.to_vec();
    }
    let n = b.itemsize.max(0) as usize;
    let mut out = Vec::with_capacity(b.len.max(0) as usize);
    for_each_item(b, order, &mut |p| {
        // SAFETY: an item has `itemsize` bytes.
        out.extend_from_slice(unsafe { std::slice::from_raw_parts(p, n) })
    });
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gathers_strided_items() {
        let mut data = [1u8, 2, 3, 4, 5, 6];
        let (mut shape, mut strides) = ([2isize, 3], [3isize, 1]);
        let mut b = crate::memory::EMPTY_BUFFER;
        b.buf = data.as_mut_ptr().cast();
        (b.len, b.itemsize, b.ndim) = (6, 1, 2);
        (b.shape, b.strides) = (shape.as_mut_ptr(), strides.as_mut_ptr());
        assert!(is_contiguous(&b, b'C') && !is_contiguous(&b, b'F') && is_contiguous(&b, b'A'));
        assert_eq!(gather(&b, b'C'), [1, 2, 3, 4, 5, 6]);
        assert_eq!(gather(&b, b'F'), [1, 4, 2, 5, 3, 6]);
        strides = [-3, 1];
        b.strides = strides.as_mut_ptr();
        b.buf = (&raw mut data[3]).cast();
        assert!(!is_contiguous(&b, b'A'));
        assert_eq!(gather(&b, b'C'), [4, 5, 6, 1, 2, 3]);
    }
}
