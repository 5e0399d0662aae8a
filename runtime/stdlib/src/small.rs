//! Modules of a few functions: `_opcode`, `_typing`, `_uuid`.

use pyrs_object::{
    Args, PyResult, Ref, Signature, Value, ValueExt, bytes, methods, module, ops, raise, tuple,
};
use std::time::{SystemTime, UNIX_EPOCH};

/// CPython 3.11's opcodes from here on have an argument.
const HAVE_ARGUMENT: isize = 90;

/// The stack effect of a CPython 3.11 opcode; `None` if there is no such opcode.
fn effect(opcode: isize, n: isize, jump: bool, no_jump: bool) -> Option<isize> {
    let bit = |b: isize| isize::from(n & b != 0);
    Some(match opcode {
        0 | 9..=12 | 15 | 36 | 37 | 50 | 68 | 69 | 75 | 82 | 85..=87 => 0,
        2 | 30..=33 | 35 | 49 | 51..=53 | 71 | 74 => 1,
        1 | 25 | 70 | 83 | 84 | 88 | 89 => -1,
        54 | 61 => -2,
        60 => -3,
        91 | 98 | 99 | 106 | 110 | 126 | 131 | 134 | 135 | 139 | 140 | 144 | 149 | 151 | 172 => 0,
        100 | 101 | 109 | 120 | 124 | 136 | 137 | 148 | 160 => 1,
        90
        | 96
        | 97
        | 107
        | 108
        | 114
        | 115
        | 117..=119
        | 122
        | 125
        | 128
        | 129
        | 138
        | 145
        | 146
        | 162..=165
        | 171
        | 173..=176 => -1,
        95 | 147 | 152 => -2,
        92 => n - 1,
        93 => {
            if jump {
                -1
            } else {
                1
            }
        }
        94 => (n & 0xFF) + (n >> 8),
        102..=104 | 157 => 1 - n,
        105 => 1 - 2 * n,
        111 | 112 => {
            if no_jump {
                -1
            } else {
                0
            }
        }
        116 => bit(1) + 1,
        123 => {
            if jump {
                -1
            } else {
                0
            }
        }
        130 | 156 | 166 => -n,
        132 => -bit(1) - bit(2) - bit(4) - bit(8),
        133 => {
            if n == 3 {
                -2
            } else {
                -1
            }
        }
        142 => -2 - bit(1),
        155 => {
            if n & 4 == 4 {
                -1
            } else {
                0
            }
        }
        _ => return None,
    })
}
fn stack_effect(_: Value, args: Args<'_>) -> PyResult {
    const SIGNATURE: Signature<3> = Signature {
        name: "stack_effect",
        params: ["", "", "jump"],
        posonly: 2,
        positional: 2,
        required: 1,
    };
    let [opcode, n, jump] = args.bind(&SIGNATURE)?;
    let opcode = ops::index_as_isize(opcode)?;
    let n = n.non_empty().filter(|n| !n.is_none());
    if opcode >= HAVE_ARGUMENT && n.is_none() {
        return Err(raise!(
            ValueError,
            "stack_effect: opcode requires oparg but oparg was not specified"
        ));
    }
    if opcode < HAVE_ARGUMENT && n.is_some() {
        return Err(raise!(
            ValueError,
            "stack_effect: opcode does not permit oparg but oparg was specified"
        ));
    }
    let n = match n {
        Some(n) => ops::index_as_isize(n)?,
        None => 0,
    };
    let n = isize::try_from(
        i32::try_from(n)
            .map_err(|_| raise!(OverflowError, "signed integer is greater than maximum"))?,
    )
    .unwrap_or(0);
    let (yes, no) = match jump.non_empty().filter(|j| !j.is_none()) {
        None => (false, false),
        Some(j) if j.is_true_const() => (true, false),
        Some(j) if j.is_false_const() => (false, true),
        Some(_) => {
            return Err(raise!(
                ValueError,
                "stack_effect: jump must be False, True or None"
            ));
        }
    };
    match effect(opcode, n, yes, no) {
        Some(e) => Ok(Ref::int(e as i64)),
        None => Err(raise!(ValueError, "invalid opcode or oparg")),
    }
}
fn get_specialization_stats(_: Value) -> PyResult {
    Ok(Ref::none())
}
methods! { static OPCODE = [
    "stack_effect" KW stack_effect, "stack_effect($module, opcode, oparg=None, /, *, jump=None)\n--\n\nCompute the stack effect of the opcode.";
    "get_specialization_stats" NOARGS get_specialization_stats, "get_specialization_stats($module, /)\n--\n\nReturn the specialization stats";
] }
/// `_opcode`.
pub fn init_opcode() -> PyResult {
    let m = module::new("_opcode");
    module::add_functions(m.value(), (&raw mut OPCODE).cast());
    Ok(m)
}

fn idfunc(_: Value, v: Value) -> PyResult {
    Ok(Ref::new(v))
}
methods! { static TYPING = [ "_idfunc" O idfunc, "_idfunc($module, x, /)\n--\n\n"; ] }
/// `_typing`.
pub fn init_typing() -> PyResult {
    let m = module::new("_typing");
    module::add_functions(m.value(), (&raw mut TYPING).cast());
    Ok(m)
}

/// The hardware address of a network interface, else a random one that is marked as such.
fn node() -> [u8; 6] {
    for entry in std::fs::read_dir("/sys/class/net")
        .into_iter()
        .flatten()
        .flatten()
    {
        let Ok(text) = std::fs::read_to_string(entry.path().join("address")) else {
            continue;
        };
        let parts: Vec<u8> = text
            .trim()
            .split(':')
            .filter_map(|p| u8::from_str_radix(p, 16).ok())
            .collect();
        if let Ok(mac) = <[u8; 6]>::try_from(parts)
            && mac != [0; 6]
        {
            return mac;
        }
    }
    let mut mac = [0; 6];
    random(&mut mac);
    mac[0] |= 1;
    mac
}
fn random(out: &mut [u8]) {
    // SAFETY: the buffer is valid for its length; so few bytes are never cut short.
    unsafe { libc::getrandom(out.as_mut_ptr().cast(), out.len(), 0) };
}
/// A version 1 UUID; `None` says that nothing guards against two processes making the same.
fn generate_time_safe(_: Value) -> PyResult {
    use std::sync::atomic::{AtomicU64, Ordering};
    static LAST: AtomicU64 = AtomicU64::new(0);
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    // 100 ns steps since 1582-10-15.
    let mut time = (since.as_nanos() / 100) as u64 + 0x01B2_1DD2_1381_4000;
    let last = LAST.load(Ordering::Relaxed);
    if time <= last {
        time = last + 1;
    }
    LAST.store(time, Ordering::Relaxed);
    let mut clock = [0; 2];
    random(&mut clock);
    let mut id = [0u8; 16];
    id[0..4].copy_from_slice(&(time as u32).to_be_bytes());
    id[4..6].copy_from_slice(&((time >> 32) as u16).to_be_bytes());
    id[6..8].copy_from_slice(&((time >> 48) as u16 & 0x0FFF | 0x1000).to_be_bytes());
    id[8] = clock[0] & 0x3F | 0x80;
    id[9] = clock[1];
    id[10..16].copy_from_slice(&node());
    Ok(tuple::pair(bytes::new(&id), Ref::none()))
}
methods! { static UUID = [
    "generate_time_safe" NOARGS generate_time_safe, "generate_time_safe($module, /)\n--\n\n";
] }
/// `_uuid`.
pub fn init_uuid() -> PyResult {
    let m = module::new("_uuid");
    module::add_functions(m.value(), (&raw mut UUID).cast());
    module::add(m.value(), "has_uuid_generate_time_safe", Ref::int(1));
    Ok(m)
}

#[cfg(test)]
mod tests {
    use super::effect;

    /// Answers of CPython 3.11's `_opcode.stack_effect`.
    #[test]
    fn stack_effects_are_cpythons() {
        assert_eq!(effect(116, 5, false, false), Some(2));
        assert_eq!(effect(93, 0, true, false), Some(-1));
        assert_eq!(effect(111, 0, false, true), Some(-1));
        assert_eq!(effect(132, 15, false, false), Some(-4));
        assert_eq!(effect(94, 0x102, false, false), Some(3));
        assert_eq!(effect(105, 3, false, false), Some(-5));
        assert_eq!(effect(255, 0, false, false), None);
    }
}
