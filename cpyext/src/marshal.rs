//! `marshal.h`: values in C streams and strings.

use crate::*;
use libc::FILE;
use pyrs_object::bytes;
use pyrs_stdlib::marshal;
use std::ffi::c_long;

unsafe fn put(data: &[u8], f: *mut FILE) {
    // SAFETY: the caller's stream is open.
    unsafe { libc::fwrite(data.as_ptr().cast(), 1, data.len(), f) };
}
/// Up to `n` bytes of a stream.
unsafe fn get(f: *mut FILE, n: usize) -> Vec<u8> {
    let mut data = Vec::new();
    while data.len() < n {
        let mut part = [0u8; 4096];
        let want = part.len().min(n - data.len());
        // SAFETY: the caller's stream is open; the buffer has room.
        let got = unsafe { libc::fread(part.as_mut_ptr().cast(), 1, want, f) };
        if got == 0 {
            break;
        }
        data.extend_from_slice(&part[..got]);
    }
    data
}
unsafe fn number<const N: usize>(f: *mut FILE) -> Option<[u8; N]> {
    // SAFETY: as `get`.
    let data = unsafe { get(f, N) };
    let found = data.try_into().ok();
    if found.is_none() {
        let _ = raise!(EOFError, "EOF read where data expected");
    }
    found
}

capi! {
    fn PyMarshal_WriteLongToFile(x: c_long, f: *mut FILE, _version: c_int) { put(&(x as i32).to_le_bytes(), f) }
    fn PyMarshal_WriteObjectToFile(o: O, f: *mut FILE, version: c_int) {
        // There is no way to report an error, and CPython writes nothing then either.
        match marshal::dump(val(o), version.into()) { Ok(data) => put(&data, f), Err(_) => pyrs_object::errors::clear() }
    }
    fn PyMarshal_WriteObjectToString(o: O, version: c_int) -> O {
        ret(marshal::dump(val(o), version.into()).map(|data| bytes::new(&data)))
    }
    fn PyMarshal_ReadShortFromFile(f: *mut FILE) -> c_int { number::<2>(f).map_or(-1, |b| i16::from_le_bytes(b).into()) }
    fn PyMarshal_ReadLongFromFile(f: *mut FILE) -> c_long { number::<4>(f).map_or(-1, |b| i32::from_le_bytes(b).into()) }
    fn PyMarshal_ReadObjectFromFile(f: *mut FILE) -> O {
        // Marshal data does not say how long it is: what was read too much is given back.
        let start = libc::ftell(f);
        match marshal::load_prefix(&get(f, usize::MAX)) {
            Ok((v, used)) => {
                libc::fseek(f, start + used as c_long, libc::SEEK_SET);
                boundary::to_c(v)
            }
            Err(_) => NULL,
        }
    }
    fn PyMarshal_ReadLastObjectFromFile(f: *mut FILE) -> O { ret(marshal::load(&get(f, usize::MAX))) }
    fn PyMarshal_ReadObjectFromString(data: *const c_char, n: isize) -> O {
        ret(marshal::load(std::slice::from_raw_parts(data.cast(), n.max(0) as usize)))
    }
}
