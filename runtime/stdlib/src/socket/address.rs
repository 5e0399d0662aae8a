//! Socket addresses: between Python's tuples and the system's structures.

use crate::convert::*;
use pyrs_object::layout::*;
use pyrs_object::{
    PyResult, Raised, Ref, Value, ValueExt, bytearray, bytes, codec, errors, exceptions, int, ops,
    raise, str, tuple,
};
use std::ffi::CString;

pub(super) static GAIERROR: TypeCell = TypeCell::new();
pub(super) static HERROR: TypeCell = TypeCell::new();

/// A system address of any family.
pub(super) struct Address {
    pub(super) storage: libc::sockaddr_storage,
    pub(super) len: libc::socklen_t,
}
impl Address {
    pub(super) fn empty() -> Address {
        Address {
            // SAFETY: all-zero is a valid address of no family.
            storage: unsafe { std::mem::zeroed() },
            len: size_of::<libc::sockaddr_storage>() as libc::socklen_t,
        }
    }
    /// # Safety
    /// `T` is one of the system's address structures.
    unsafe fn of<T>(address: T) -> Address {
        let mut a = Address::empty();
        a.len = size_of::<T>() as libc::socklen_t;
        // SAFETY: the storage is large enough for every address structure.
        unsafe { std::ptr::write((&raw mut a.storage).cast::<T>(), address) };
        a
    }
    pub(super) fn ptr(&self) -> *const libc::sockaddr {
        (&raw const self.storage).cast()
    }
    pub(super) fn ptr_mut(&mut self) -> *mut libc::sockaddr {
        (&raw mut self.storage).cast()
    }
    /// What Python sees.
    pub(super) fn object(&self) -> PyResult {
        if self.len == 0 {
            return Ok(Ref::none());
        }
        // SAFETY: the family says which structure the storage holds.
        unsafe {
            match i32::from(self.storage.ss_family) {
                libc::AF_INET => {
                    let a = &*self.ptr().cast::<libc::sockaddr_in>();
                    let host = std::net::Ipv4Addr::from(u32::from_be(a.sin_addr.s_addr));
                    Ok(tuple::from_vec(vec![
                        str::new(&host.to_string()),
                        Ref::int(i64::from(u16::from_be(a.sin_port))),
                    ]))
                }
                libc::AF_INET6 => {
                    let a = &*self.ptr().cast::<libc::sockaddr_in6>();
                    let host = self.numeric_host()?;
                    Ok(tuple::from_vec(vec![
                        host,
                        Ref::int(i64::from(u16::from_be(a.sin6_port))),
                        Ref::int(i64::from(u32::from_be(a.sin6_flowinfo))),
                        Ref::int(i64::from(a.sin6_scope_id)),
                    ]))
                }
                libc::AF_UNIX => {
                    let a = &*self.ptr().cast::<libc::sockaddr_un>();
                    let n = (self.len as usize).saturating_sub(2).min(a.sun_path.len());
                    let path: Vec<u8> = a.sun_path[..n].iter().map(|c| *c as u8).collect();
                    if n > 0 && path[0] == 0 {
                        return Ok(bytes::new(&path));
                    }
                    let end = path.iter().position(|c| *c == 0).unwrap_or(n);
                    Ok(codec::decode_fs(&path[..end]))
                }
                libc::AF_NETLINK => {
                    let a = &*self.ptr().cast::<libc::sockaddr_nl>();
                    Ok(tuple::from_vec(vec![
                        Ref::int(i64::from(a.nl_pid)),
                        Ref::int(i64::from(a.nl_groups)),
                    ]))
                }
                family => {
                    let n = (self.len as usize).saturating_sub(2).min(126);
                    let data = std::slice::from_raw_parts(self.ptr().cast::<u8>().add(2), n);
                    Ok(tuple::from_vec(vec![
                        Ref::int(i64::from(family)),
                        bytes::new(data),
                    ]))
                }
            }
        }
    }
    fn numeric_host(&self) -> PyResult {
        let mut host = [0u8; 1025];
        // SAFETY: room for the text.
        let code = unsafe {
            libc::getnameinfo(
                self.ptr(),
                self.len,
                host.as_mut_ptr().cast(),
                host.len() as libc::socklen_t,
                std::ptr::null_mut(),
                0,
                libc::NI_NUMERICHOST,
            )
        };
        if code != 0 {
            return Err(gai_error(code));
        }
        let end = host.iter().position(|c| *c == 0).unwrap_or(0);
        Ok(codec::decode_fs(&host[..end]))
    }
}

/// `socket.gaierror` for a resolver's code.
#[cold]
pub(super) fn gai_error(code: i32) -> Raised {
    if code == libc::EAI_SYSTEM {
        return os_error(errno());
    }
    // SAFETY: a static text.
    let text = unsafe { std::ffi::CStr::from_ptr(libc::gai_strerror(code)) };
    let text = str::new(&text.to_string_lossy());
    match exceptions::new_instance(
        GAIERROR.get(),
        &[Ref::int(i64::from(code)).value(), text.value()],
    ) {
        Ok(e) => errors::set(e),
        Err(e) => e,
    }
}

/// A host name as the resolver wants it: ASCII as it is, other text by IDNA.
pub(super) fn host_text(v: Value) -> PyResult<CString> {
    let data = if v.has_flag(tpflags::UNICODE_SUBCLASS) {
        let text = str::to_wtf8(v);
        if text.is_ascii() {
            text
        } else {
            bytes::data(codec::encode(v, "idna", "strict")?.value()).to_vec()
        }
    } else if bytes::is_bytes(v) {
        bytes::data(v).to_vec()
    } else if bytearray::is_bytearray(v) {
        bytearray::data(v).to_vec()
    } else {
        return Err(raise!(
            TypeError,
            "str, bytes or bytearray expected, not {}",
            v.ty().message_name()
        ));
    };
    CString::new(data).map_err(|_| raise!(TypeError, "host name must not contain null character"))
}

/// A list that `getaddrinfo` made.
pub(super) struct Found(pub(super) *mut libc::addrinfo);
impl Drop for Found {
    fn drop(&mut self) {
        if !self.0.is_null() {
            // SAFETY: made by getaddrinfo.
            unsafe { libc::freeaddrinfo(self.0) }
        }
    }
}
pub(super) fn look_up(
    host: Option<&CString>,
    service: Option<&CString>,
    hints: &libc::addrinfo,
) -> PyResult<Found> {
    let mut list = std::ptr::null_mut();
    let out = &raw mut list;
    let host = host.map_or(std::ptr::null(), |h| h.as_ptr());
    let service = service.map_or(std::ptr::null(), |s| s.as_ptr());
    // SAFETY: C strings or null, and room for the result.
    match pyrs_vm::threads::without_gil(|| unsafe { libc::getaddrinfo(host, service, hints, out) })
    {
        0 => Ok(Found(list)),
        code => Err(gai_error(code)),
    }
}
/// The address of a host name in a family, with port 0.
pub(super) fn resolve(host: &CString, family: i32) -> PyResult<Address> {
    let text = host.as_bytes();
    // SAFETY: all-zero hints are valid.
    let mut hints: libc::addrinfo = unsafe { std::mem::zeroed() };
    hints.ai_family = family;
    if text.is_empty() {
        hints.ai_socktype = libc::SOCK_DGRAM;
        hints.ai_flags = libc::AI_PASSIVE;
        let zero = c"0".to_owned();
        let found = look_up(None, Some(&zero), &hints)?;
        // SAFETY: a list with at least one entry.
        return Ok(unsafe { from_info(&*found.0) });
    }
    if text == b"<broadcast>" || text == b"255.255.255.255" {
        if family != libc::AF_INET && family != libc::AF_UNSPEC {
            return Err(raise!(OSError, "address family mismatched"));
        }
        return Ok(inet(u32::MAX, 0));
    }
    if family != libc::AF_INET6
        && let Some(ip) = host
            .to_str()
            .ok()
            .and_then(|t| t.parse::<std::net::Ipv4Addr>().ok())
    {
        return Ok(inet(ip.into(), 0));
    }
    let found = look_up(Some(host), None, &hints)?;
    // SAFETY: a list with at least one entry.
    Ok(unsafe { from_info(&*found.0) })
}
/// # Safety
/// `info` comes from getaddrinfo.
pub(super) unsafe fn from_info(info: &libc::addrinfo) -> Address {
    let mut a = Address::empty();
    let n = (info.ai_addrlen as usize).min(size_of::<libc::sockaddr_storage>());
    // SAFETY: `ai_addrlen` bytes at `ai_addr`; they fit.
    unsafe {
        std::ptr::copy_nonoverlapping(info.ai_addr.cast::<u8>(), a.ptr_mut().cast::<u8>(), n)
    };
    a.len = n as libc::socklen_t;
    a
}
fn inet(ip: u32, port: u16) -> Address {
    let a = libc::sockaddr_in {
        sin_family: libc::AF_INET as u16,
        sin_port: port.to_be(),
        sin_addr: libc::in_addr { s_addr: ip.to_be() },
        sin_zero: [0; 8],
    };
    // SAFETY: an address structure.
    unsafe { Address::of(a) }
}
fn port_arg(v: Value, function: &str) -> PyResult<u16> {
    let n = ops::index(v)?;
    int::to_i64(n.value())
        .and_then(|n| u16::try_from(n).ok())
        .ok_or_else(|| raise!(OverflowError, "{function}(): port must be 0-65535."))
}
fn wants_tuple(v: Value, function: &str, family: &str) -> PyResult<()> {
    if tuple::is_tuple(v) {
        return Ok(());
    }
    Err(raise!(
        TypeError,
        "{function}(): {family} address must be tuple, not {}",
        v.ty().message_name()
    ))
}
/// An address argument of a socket of that family.
pub(super) fn parse(v: Value, family: i32, function: &str) -> PyResult<Address> {
    match family {
        libc::AF_INET => {
            wants_tuple(v, function, "AF_INET")?;
            if tuple::len(v) != 2 {
                return Err(raise!(
                    TypeError,
                    "AF_INET address must be a pair (host, port)"
                ));
            }
            let host = host_text(tuple::get(v, 0))?;
            let port = port_arg(tuple::get(v, 1), function)?;
            let mut a = resolve(&host, libc::AF_INET)?;
            // SAFETY: an AF_INET address.
            unsafe { (*a.ptr_mut().cast::<libc::sockaddr_in>()).sin_port = port.to_be() };
            Ok(a)
        }
        libc::AF_INET6 => {
            wants_tuple(v, function, "AF_INET6")?;
            let n = tuple::len(v);
            if !(2..=4).contains(&n) {
                return Err(raise!(
                    TypeError,
                    "AF_INET6 address must be a tuple (host, port[, flowinfo[, scopeid]])"
                ));
            }
            let host = host_text(tuple::get(v, 0))?;
            let port = port_arg(tuple::get(v, 1), function)?;
            let flow = if n > 2 { c_uint(tuple::get(v, 2))? } else { 0 };
            let scope = if n > 3 { c_uint(tuple::get(v, 3))? } else { 0 };
            if flow > 0xFFFFF {
                return Err(raise!(
                    OverflowError,
                    "{function}(): flowinfo must be 0-1048575."
                ));
            }
            let mut a = resolve(&host, libc::AF_INET6)?;
            // SAFETY: an AF_INET6 address.
            unsafe {
                let p = a.ptr_mut().cast::<libc::sockaddr_in6>();
                (*p).sin6_port = port.to_be();
                (*p).sin6_flowinfo = flow.to_be();
                if n > 3 || (*p).sin6_scope_id == 0 {
                    (*p).sin6_scope_id = scope;
                }
            }
            Ok(a)
        }
        libc::AF_UNIX => {
            let path = if v.has_flag(tpflags::UNICODE_SUBCLASS) {
                codec::encode_fs(v).or_else(|e| {
                    // Abstract names may hold NULs.
                    if errors::take_if(exceptions::ValueError) {
                        Ok(str::to_wtf8(v))
                    } else {
                        Err(e)
                    }
                })?
            } else {
                pyrs_object::memory::bytes_like(v)?.bytes().to_vec()
            };
            // SAFETY: all-zero is valid.
            let mut a: libc::sockaddr_un = unsafe { std::mem::zeroed() };
            a.sun_family = libc::AF_UNIX as u16;
            let abstract_name = path.first() == Some(&0);
            let room = a.sun_path.len();
            if path.len() > room || (!abstract_name && path.len() >= room) {
                return Err(raise!(OSError, "AF_UNIX path too long"));
            }
            for (slot, c) in a.sun_path.iter_mut().zip(&path) {
                *slot = *c as std::ffi::c_char;
            }
            // SAFETY: an address structure.
            let mut out = unsafe { Address::of(a) };
            out.len = (2 + path.len() + usize::from(!abstract_name)) as libc::socklen_t;
            Ok(out)
        }
        libc::AF_NETLINK => {
            wants_tuple(v, function, "AF_NETLINK")?;
            if tuple::len(v) != 2 {
                return Err(raise!(
                    TypeError,
                    "AF_NETLINK address must be a pair (pid, groups)"
                ));
            }
            // SAFETY: all-zero is valid.
            let mut a: libc::sockaddr_nl = unsafe { std::mem::zeroed() };
            a.nl_family = libc::AF_NETLINK as u16;
            a.nl_pid = c_uint(tuple::get(v, 0))?;
            a.nl_groups = c_uint(tuple::get(v, 1))?;
            // SAFETY: an address structure.
            Ok(unsafe { Address::of(a) })
        }
        _ => Err(raise!(OSError, "{function}(): bad family")),
    }
}
