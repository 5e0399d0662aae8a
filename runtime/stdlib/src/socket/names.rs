//! Names and numbers: resolving hosts, services, protocols and interfaces; byte orders.

use super::address::*;
use crate::convert::*;
use pyrs_object::layout::*;
use pyrs_object::{
    Args, PyResult, Ref, Signature, Value, ValueExt, audit, bytes, check_positional, codec, errors,
    exceptions, int, list, memory, ops, raise, str, tuple,
};
use std::ffi::{CStr, CString, c_char};

pub(super) fn gethostname(_: Value) -> PyResult {
    audit!("socket.gethostname")?;
    let mut name = [0u8; 256];
    // SAFETY: room for the name.
    none_or_errno(unsafe { libc::gethostname(name.as_mut_ptr().cast(), name.len()) })?;
    let end = name.iter().position(|c| *c == 0).unwrap_or(name.len());
    Ok(codec::decode_fs(&name[..end]))
}
pub(super) fn sethostname(_: Value, name: Value) -> PyResult {
    audit!("socket.sethostname", name)?;
    let name = fs_text(name)?;
    // SAFETY: a buffer of that length.
    none_or_errno(unsafe { libc::sethostname(name.as_ptr(), name.as_bytes().len()) })
}
const GETADDRINFO: Signature<6> = Signature {
    name: "getaddrinfo",
    params: ["host", "port", "family", "type", "proto", "flags"],
    posonly: 0,
    positional: 6,
    required: 2,
};
pub(super) fn getaddrinfo(_: Value, args: Args<'_>) -> PyResult {
    let [host, port, family, kind, proto, flags] = args.bind(&GETADDRINFO)?;
    let host_name = if host.is_none() {
        None
    } else if host.has_flag(tpflags::UNICODE_SUBCLASS) || bytes::is_bytes(host) {
        Some(host_text(host)?)
    } else {
        return Err(raise!(
            TypeError,
            "getaddrinfo() argument 1 must be string or None"
        ));
    };
    let service = if port.is_none() {
        None
    } else if int::is_int_instance(port) {
        CString::new(c_long(port)?.to_string()).ok()
    } else if port.has_flag(tpflags::UNICODE_SUBCLASS) {
        Some(
            CString::new(str::as_utf8(port)?)
                .map_err(|_| raise!(ValueError, "embedded null byte"))?,
        )
    } else if bytes::is_bytes(port) {
        Some(
            CString::new(bytes::data(port))
                .map_err(|_| raise!(ValueError, "embedded null byte"))?,
        )
    } else {
        return Err(raise!(OSError, "Int or String expected"));
    };
    audit!(
        "socket.getaddrinfo",
        host,
        port,
        c_int_or(family, 0)?,
        c_int_or(kind, 0)?,
        c_int_or(proto, 0)?
    )?;
    // SAFETY: all-zero hints are valid.
    let mut hints: libc::addrinfo = unsafe { std::mem::zeroed() };
    hints.ai_family = c_int_or(family, libc::AF_UNSPEC)?;
    hints.ai_socktype = c_int_or(kind, 0)?;
    hints.ai_protocol = c_int_or(proto, 0)?;
    hints.ai_flags = c_int_or(flags, 0)?;
    let found = look_up(host_name.as_ref(), service.as_ref(), &hints)?;
    let all = list::new();
    let mut at = found.0;
    while !at.is_null() {
        // SAFETY: an entry of the list.
        unsafe {
            let info = &*at;
            let canonical = if info.ai_canonname.is_null() {
                str::empty()
            } else {
                codec::decode_fs(CStr::from_ptr(info.ai_canonname).to_bytes())
            };
            let n = |n: i32| Ref::int(i64::from(n));
            let address = from_info(info).object()?;
            list::append(
                all.value(),
                tuple::from_vec(vec![
                    n(info.ai_family),
                    n(info.ai_socktype),
                    n(info.ai_protocol),
                    canonical,
                    address,
                ]),
            )?;
            at = info.ai_next;
        }
    }
    Ok(all)
}
pub(super) fn getnameinfo(_: Value, args: &[Value]) -> PyResult {
    check_positional("getnameinfo", args.len(), 2, 2)?;
    let flags = c_int(args[1])?;
    let sa = args[0];
    if !tuple::is_tuple(sa) {
        return Err(raise!(
            TypeError,
            "getnameinfo() argument 1 must be a tuple"
        ));
    }
    let n = tuple::len(sa);
    if !(2..=4).contains(&n) {
        return Err(raise!(
            TypeError,
            "getnameinfo(): illegal sockaddr argument"
        ));
    }
    if !tuple::get(sa, 0).has_flag(tpflags::UNICODE_SUBCLASS) {
        return Err(raise!(
            TypeError,
            "getnameinfo(): illegal sockaddr argument"
        ));
    }
    let host = host_text(tuple::get(sa, 0))?;
    let port = c_int(tuple::get(sa, 1))?;
    let flow = if n > 2 { c_uint(tuple::get(sa, 2))? } else { 0 };
    let scope = if n > 3 { c_uint(tuple::get(sa, 3))? } else { 0 };
    if flow > 0xFFFFF {
        return Err(raise!(
            OverflowError,
            "getnameinfo(): flowinfo must be 0-1048575."
        ));
    }
    audit!("socket.getnameinfo", sa)?;
    // SAFETY: all-zero hints are valid.
    let mut hints: libc::addrinfo = unsafe { std::mem::zeroed() };
    hints.ai_socktype = libc::SOCK_DGRAM;
    hints.ai_flags = libc::AI_NUMERICHOST;
    let service = CString::new(port.to_string()).ok();
    let found = look_up(Some(&host), service.as_ref(), &hints)?;
    let mut hostname = [0u8; 1025];
    let mut servname = [0u8; 32];
    // SAFETY: a list with at least one entry; room for the texts.
    let code = unsafe {
        if !(*found.0).ai_next.is_null() {
            return Err(raise!(OSError, "sockaddr resolved to multiple addresses"));
        }
        let mut a = from_info(&*found.0);
        if (*found.0).ai_family == libc::AF_INET6 {
            let p = a.ptr_mut().cast::<libc::sockaddr_in6>();
            (*p).sin6_flowinfo = flow.to_be();
            (*p).sin6_scope_id = scope;
        } else if n != 2 {
            return Err(raise!(OSError, "IPv4 sockaddr must be 2 tuple"));
        }
        let (h, s) = (hostname.as_mut_ptr(), servname.as_mut_ptr());
        pyrs_vm::threads::without_gil(|| {
            libc::getnameinfo(a.ptr(), a.len, h.cast(), 1025, s.cast(), 32, flags)
        })
    };
    if code != 0 {
        return Err(gai_error(code));
    }
    let text = |b: &[u8]| codec::decode_fs(&b[..b.iter().position(|c| *c == 0).unwrap_or(b.len())]);
    Ok(tuple::from_vec(vec![text(&hostname), text(&servname)]))
}
pub(super) fn gethostbyname(_: Value, name: Value) -> PyResult {
    let host = host_text(name)?;
    audit!("socket.gethostbyname", name)?;
    let a = resolve(&host, libc::AF_INET)?.object()?;
    Ok(Ref::new(tuple::get(a.value(), 0)))
}
fn h_error() -> pyrs_object::Raised {
    let text = str::new("Unknown host");
    match exceptions::new_instance(HERROR.get(), &[Ref::int(1).value(), text.value()]) {
        Ok(e) => errors::set(e),
        Err(e) => e,
    }
}
/// # Safety
/// `h` is null or an entry of the host database that is read at once.
unsafe fn host_entry(h: *const libc::hostent) -> PyResult {
    // SAFETY: by contract; the lists end with null.
    unsafe {
        if h.is_null() {
            return Err(h_error());
        }
        let h = &*h;
        let name = codec::decode_fs(CStr::from_ptr(h.h_name).to_bytes());
        let (aliases, addresses) = (list::new(), list::new());
        let mut at = h.h_aliases;
        while !at.is_null() && !(*at).is_null() {
            list::append(
                aliases.value(),
                codec::decode_fs(CStr::from_ptr(*at).to_bytes()),
            )?;
            at = at.add(1);
        }
        let mut at = h.h_addr_list;
        while !at.is_null() && !(*at).is_null() {
            let raw = std::slice::from_raw_parts((*at).cast::<u8>(), h.h_length as usize);
            list::append(addresses.value(), packed_text(h.h_addrtype, raw)?)?;
            at = at.add(1);
        }
        Ok(tuple::from_vec(vec![name, aliases, addresses]))
    }
}
pub(super) fn gethostbyname_ex(_: Value, name: Value) -> PyResult {
    let host = host_text(name)?;
    audit!("socket.gethostbyname", name)?;
    resolve(&host, libc::AF_INET)?;
    unsafe extern "C" {
        fn gethostbyname(name: *const c_char) -> *mut libc::hostent;
    }
    // SAFETY: a C string; the entry is read at once under the GIL.
    unsafe { host_entry(gethostbyname(host.as_ptr())) }
}
pub(super) fn gethostbyaddr(_: Value, ip: Value) -> PyResult {
    let host = host_text(ip)?;
    audit!("socket.gethostbyaddr", ip)?;
    let a = resolve(&host, libc::AF_UNSPEC)?;
    unsafe extern "C" {
        fn gethostbyaddr(addr: *const u8, len: libc::socklen_t, kind: i32) -> *mut libc::hostent;
    }
    // SAFETY: the family says which structure it is; the entry is read at once under the GIL.
    unsafe {
        match i32::from(a.storage.ss_family) {
            libc::AF_INET => {
                let p = &raw const (*a.ptr().cast::<libc::sockaddr_in>()).sin_addr;
                host_entry(gethostbyaddr(p.cast(), 4, libc::AF_INET))
            }
            libc::AF_INET6 => {
                let p = &raw const (*a.ptr().cast::<libc::sockaddr_in6>()).sin6_addr;
                host_entry(gethostbyaddr(p.cast(), 16, libc::AF_INET6))
            }
            _ => Err(raise!(OSError, "unsupported address family")),
        }
    }
}
unsafe extern "C" {
    fn getservbyname(name: *const c_char, proto: *const c_char) -> *const libc::servent;
    fn getservbyport(port: i32, proto: *const c_char) -> *const libc::servent;
    fn getprotobyname(name: *const c_char) -> *const libc::protoent;
}
fn protocol(args: &[Value], function: &str) -> PyResult<Option<CString>> {
    args.get(1).map(|v| c_text(*v, function, "2")).transpose()
}
pub(super) fn serv_by_name(_: Value, args: &[Value]) -> PyResult {
    check_positional("getservbyname", args.len(), 1, 2)?;
    let name = c_text(args[0], "getservbyname", "1")?;
    let proto = protocol(args, "getservbyname")?;
    let shown = args.get(1).copied().unwrap_or(Value::EMPTY);
    audit!("socket.getservbyname", args[0], shown)?;
    // SAFETY: C strings or null; the entry is read at once (so below).
    unsafe {
        let s = getservbyname(
            name.as_ptr(),
            proto.as_ref().map_or(std::ptr::null(), |p| p.as_ptr()),
        );
        if s.is_null() {
            return Err(raise!(OSError, "service/proto not found"));
        }
        Ok(Ref::int(i64::from(u16::from_be((*s).s_port as u16))))
    }
}
pub(super) fn serv_by_port(_: Value, args: &[Value]) -> PyResult {
    check_positional("getservbyport", args.len(), 1, 2)?;
    let port = c_int(args[0])?;
    let proto = protocol(args, "getservbyport")?;
    let Ok(port) = u16::try_from(port) else {
        return Err(raise!(
            OverflowError,
            "getservbyport: port must be 0-65535."
        ));
    };
    let shown = args.get(1).copied().unwrap_or(Value::EMPTY);
    audit!("socket.getservbyport", i32::from(port), shown)?;
    // SAFETY: as above.
    unsafe {
        let s = getservbyport(
            i32::from(port.to_be()),
            proto.as_ref().map_or(std::ptr::null(), |p| p.as_ptr()),
        );
        if s.is_null() {
            return Err(raise!(OSError, "port/proto not found"));
        }
        Ok(codec::decode_fs(CStr::from_ptr((*s).s_name).to_bytes()))
    }
}
pub(super) fn proto_by_name(_: Value, name: Value) -> PyResult {
    let name = c_text(name, "getprotobyname", "1")?;
    // SAFETY: as above.
    unsafe {
        let p = getprotobyname(name.as_ptr());
        if p.is_null() {
            Err(raise!(OSError, "protocol not found"))
        } else {
            Ok(Ref::int(i64::from((*p).p_proto)))
        }
    }
}
fn u16_arg(v: Value, name: &str) -> PyResult<u16> {
    let n = ops::index(v)?;
    if int::is_negative(n.value()) {
        return Err(raise!(
            OverflowError,
            "{name}: can't convert negative Python int to C 16-bit unsigned integer"
        ));
    }
    int::to_i64(n.value())
        .and_then(|n| u16::try_from(n).ok())
        .ok_or_else(|| {
            raise!(
                OverflowError,
                "{name}: Python int too large to convert to C 16-bit unsigned integer"
            )
        })
}
pub(super) fn htons(_: Value, v: Value) -> PyResult {
    Ok(Ref::int(i64::from(u16_arg(v, "htons")?.to_be())))
}
pub(super) fn ntohs(_: Value, v: Value) -> PyResult {
    Ok(Ref::int(i64::from(u16::from_be(u16_arg(v, "ntohs")?))))
}
fn u32_arg(v: Value) -> PyResult<u32> {
    if !int::is_int_instance(v) {
        return Err(raise!(
            TypeError,
            "expected int, {} found",
            v.ty().message_name()
        ));
    }
    let n = c_ulong(v)?;
    u32::try_from(n).map_err(|_| raise!(OverflowError, "int larger than 32 bits"))
}
pub(super) fn htonl(_: Value, v: Value) -> PyResult {
    Ok(Ref::int(i64::from(u32_arg(v)?.to_be())))
}
pub(super) fn ntohl(_: Value, v: Value) -> PyResult {
    Ok(Ref::int(i64::from(u32::from_be(u32_arg(v)?))))
}
unsafe extern "C" {
    fn inet_aton(text: *const c_char, out: *mut libc::in_addr) -> i32;
    fn inet_pton(family: i32, text: *const c_char, out: *mut u8) -> i32;
}
pub(super) fn aton(_: Value, v: Value) -> PyResult {
    let text = c_text(v, "inet_aton", "1")?;
    let mut a = libc::in_addr { s_addr: 0 };
    // SAFETY: a C string and room for the result.
    if unsafe { inet_aton(text.as_ptr(), &mut a) } == 0 {
        return Err(raise!(
            OSError,
            "illegal IP address string passed to inet_aton"
        ));
    }
    Ok(bytes::new(&a.s_addr.to_ne_bytes()))
}
pub(super) fn ntoa(_: Value, v: Value) -> PyResult {
    let held = memory::bytes_like(v)?;
    match held.bytes() {
        [a, b, c, d] => Ok(str::new(&format!("{a}.{b}.{c}.{d}"))),
        _ => Err(raise!(OSError, "packed IP wrong length for inet_ntoa")),
    }
}
pub(super) fn pton(_: Value, args: &[Value]) -> PyResult {
    check_positional("inet_pton", args.len(), 2, 2)?;
    let family = c_int(args[0])?;
    let text = c_text(args[1], "inet_pton", "2")?;
    let mut out = [0u8; 16];
    // SAFETY: a C string and room for any result.
    match unsafe { inet_pton(family, text.as_ptr(), out.as_mut_ptr()) } {
        -1 => Err(os_error(errno())),
        0 => Err(raise!(
            OSError,
            "illegal IP address string passed to inet_pton"
        )),
        _ => Ok(bytes::new(
            &out[..if family == libc::AF_INET { 4 } else { 16 }],
        )),
    }
}
fn packed_text(family: i32, data: &[u8]) -> PyResult {
    match (family, data) {
        (libc::AF_INET, [a, b, c, d]) => Ok(str::new(&format!("{a}.{b}.{c}.{d}"))),
        (libc::AF_INET6, d) if d.len() == 16 => {
            let mut octets = [0u8; 16];
            octets.copy_from_slice(d);
            Ok(str::new(&std::net::Ipv6Addr::from(octets).to_string()))
        }
        (libc::AF_INET | libc::AF_INET6, _) => Err(raise!(
            ValueError,
            "invalid length of packed IP address string"
        )),
        _ => Err(raise!(ValueError, "unknown address family {family}")),
    }
}
pub(super) fn ntop(_: Value, args: &[Value]) -> PyResult {
    check_positional("inet_ntop", args.len(), 2, 2)?;
    let family = c_int(args[0])?;
    let held = memory::bytes_like(args[1])?;
    packed_text(family, held.bytes())
}
pub(super) fn if_nameindex(_: Value) -> PyResult {
    let all = list::new();
    // SAFETY: the list ends with an entry of index 0 and is freed after use.
    unsafe {
        let start = libc::if_nameindex();
        if start.is_null() {
            return Err(os_error(errno()));
        }
        let mut at = start;
        while (*at).if_index != 0 && !(*at).if_name.is_null() {
            let name = codec::decode_fs(CStr::from_ptr((*at).if_name).to_bytes());
            list::append(
                all.value(),
                tuple::from_vec(vec![Ref::int(i64::from((*at).if_index)), name]),
            )?;
            at = at.add(1);
        }
        libc::if_freenameindex(start);
    }
    Ok(all)
}
pub(super) fn if_nametoindex(_: Value, name: Value) -> PyResult {
    let name = fs_text(name)?;
    // SAFETY: a C string.
    match unsafe { libc::if_nametoindex(name.as_ptr()) } {
        0 => Err(raise!(OSError, "no interface with this name")),
        n => Ok(Ref::int(i64::from(n))),
    }
}
pub(super) fn if_indextoname(_: Value, index: Value) -> PyResult {
    let n = c_uint(index)?;
    let mut name = [0u8; 17];
    // SAFETY: room for the longest name.
    if unsafe { libc::if_indextoname(n, name.as_mut_ptr().cast()) }.is_null() {
        return Err(os_error(errno()));
    }
    let end = name.iter().position(|c| *c == 0).unwrap_or(0);
    Ok(codec::decode_fs(&name[..end]))
}
