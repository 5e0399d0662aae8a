//! `_random`: the Mersenne Twister behind `random.Random`.

use pyrs_layout::{PyObject, PyTypeObject};
use pyrs_numeric::int::Int;
use pyrs_numeric::random::MersenneTwister;
use pyrs_object::int::{self, is_int_instance, with_ref};
use pyrs_object::{
    Args, PyResult, Ref, Type, Value, ValueExt, check_positional, methods, module, ops, py_type,
    raise, tuple, ty,
};

#[repr(C)]
struct RandomObject {
    ob_base: PyObject,
    index: i32,
    state: [u32; 624],
}

methods! { static RANDOM_METHODS = [
    "random" NOARGS random, "random($self, /)\n--\n\nA float in [0, 1).";
    "seed" FAST seed, "seed($self, n=None, /)\n--\n\nStarts the generator from an int or the hash of an object, or at random.";
    "getstate" NOARGS getstate, "getstate($self, /)\n--\n\nThe internal state as a tuple.";
    "setstate" O setstate, "setstate($self, state, /)\n--\n\nRestores a state from getstate().";
    "getrandbits" O getrandbits, "getrandbits($self, k, /)\n--\n\nAn int with k random bits.";
] }

py_type! {
    /// `_random.Random`.
    static Random_Type: RandomObject = "_random.Random" {
        flags: BASETYPE;
        doc: "Random() -> create a random number generator with its own internal state.";
        slots { tp_init: random_init, tp_new: random_new }
        methods: RANDOM_METHODS;
    }
}

fn object(v: Value) -> *mut RandomObject {
    v.as_ptr().cast()
}
/// Runs `f` on the generator and keeps its state.
fn with_generator<T>(v: Value, f: impl FnOnce(&mut MersenneTwister) -> T) -> T {
    // SAFETY: methods are only called with instances; the generator runs no Python code.
    unsafe {
        let o = &mut *object(v);
        let index = usize::try_from(o.index).unwrap_or(0).min(624);
        let mut generator = MersenneTwister::from_state(&o.state, index)
            .unwrap_or_else(|| MersenneTwister::from_word(0));
        let r = f(&mut generator);
        store(o, &generator);
        r
    }
}
fn store(o: &mut RandomObject, generator: &MersenneTwister) {
    let (words, index) = generator.state();
    o.state.copy_from_slice(words);
    o.index = index as i32;
}

fn random_new(t: Type, args: Args<'_>) -> PyResult {
    if t == ty!(Random_Type) {
        args.no_keywords("Random")?;
    }
    let Some(alloc) = t.tp_alloc else {
        return Err(raise!(
            TypeError,
            "cannot create '{}' instances",
            t.message_name()
        ));
    };
    let t: *mut PyTypeObject = t.as_ptr();
    // SAFETY: a ready type's allocator.
    let o = unsafe { alloc(t, 0) };
    if o.is_null() {
        return Err(pyrs_object::errors::from_c_null());
    }
    // SAFETY: a new object.
    let v = unsafe { Ref::from_owned_ptr(o) };
    seed_with(v.value(), args.positional().first().copied())?;
    Ok(v)
}
fn random_init(v: Value, args: Args<'_>) -> PyResult<()> {
    if v.ty() == ty!(Random_Type) {
        args.no_keywords("Random")?;
    }
    check_positional("Random", args.positional().len(), 0, 1)?;
    seed_with(v, args.positional().first().copied())
}

fn seed_with(v: Value, seed: Option<Value>) -> PyResult<()> {
    let generator = match seed {
        Some(s) if !s.is_none() => {
            if is_int_instance(s) {
                with_ref(s, |n| MersenneTwister::from_int(n.abs()))
            } else {
                let hash = ops::hash(s)? as u64;
                MersenneTwister::from_int(Int::from_u64(hash).as_ref())
            }
        }
        _ => {
            let mut key = [0u32; 624];
            // SAFETY: the buffer has that many bytes.
            let n = unsafe { libc::getrandom(key.as_mut_ptr().cast(), size_of_val(&key), 0) };
            if n != size_of_val(&key) as isize {
                return Err(pyrs_object::errors::os_error(Value::EMPTY, Value::EMPTY));
            }
            MersenneTwister::from_key(&key)
        }
    };
    // SAFETY: an instance.
    store(unsafe { &mut *object(v) }, &generator);
    Ok(())
}
fn seed(v: Value, args: &[Value]) -> PyResult {
    check_positional("seed", args.len(), 0, 1)?;
    seed_with(v, args.first().copied())?;
    Ok(Ref::none())
}
fn random(v: Value) -> PyResult {
    Ok(Ref::float(with_generator(v, MersenneTwister::random)))
}
fn getrandbits(v: Value, k: Value) -> PyResult {
    let k = ops::index(k)?;
    let Some(k) = int::to_i64(k.value()).and_then(|k| i32::try_from(k).ok()) else {
        return Err(raise!(
            OverflowError,
            "Python int too large to convert to C int"
        ));
    };
    match usize::try_from(k) {
        Ok(0) => Ok(Ref::int(0)),
        Ok(k) => Ok(int::from_int(&with_generator(v, |g| g.bits(k)))),
        Err(_) => Err(raise!(ValueError, "number of bits must be non-negative")),
    }
}
fn getstate(v: Value) -> PyResult {
    // SAFETY: an instance.
    let o = unsafe { &*object(v) };
    let words = o.state.iter().map(|w| Ref::int(i64::from(*w)));
    Ok(tuple::from_vec(
        words.chain([Ref::int(o.index.into())]).collect(),
    ))
}
fn setstate(v: Value, state: Value) -> PyResult {
    if !tuple::is_tuple(state) {
        return Err(raise!(TypeError, "state vector must be a tuple"));
    }
    if tuple::len(state) != 625 {
        return Err(raise!(ValueError, "state vector is the wrong size"));
    }
    let mut words = [0u32; 624];
    for (i, slot) in words.iter_mut().enumerate() {
        let item = tuple::get(state, i);
        if !is_int_instance(item) {
            return Err(raise!(TypeError, "an integer is required"));
        }
        if int::is_negative(item) {
            return Err(raise!(
                OverflowError,
                "can't convert negative value to unsigned int"
            ));
        }
        match int::to_u64(item) {
            Some(n) => *slot = n as u32,
            None => {
                return Err(raise!(
                    OverflowError,
                    "Python int too large to convert to C unsigned long"
                ));
            }
        }
    }
    let index = ops::index(tuple::get(state, 624))?;
    let index = int::to_i64(index.value()).and_then(|i| usize::try_from(i).ok());
    match index.and_then(|i| MersenneTwister::from_state(&words, i)) {
        Some(generator) => {
            // SAFETY: an instance.
            store(unsafe { &mut *object(v) }, &generator);
            Ok(Ref::none())
        }
        None => Err(raise!(ValueError, "invalid state")),
    }
}

pub fn init() -> PyResult {
    let m = module::new("_random");
    module::add_type(m.value(), ty!(Random_Type))?;
    Ok(m)
}
