//! The C library's mathematical functions.
//!
//! CPython calls them, so calling the same ones is what makes results agree to the last bit; Rust's own methods may
//! be folded at compile time or come from elsewhere.

macro_rules! c_functions {
    ($($name:ident($($argument:ident),*);)*) => {
        #[link(name = "m")]
        unsafe extern "C" {
            $(pub safe fn $name($($argument: f64),*) -> f64;)*
        }
    };
}

c_functions! {
    acos(x); acosh(x); asin(x); asinh(x); atan(x); atan2(y, x); atanh(x);
    cos(x); cosh(x); erf(x); erfc(x); exp(x); exp2(x); expm1(x);
    fmod(x, y); hypot(x, y); log(x); log10(x); log1p(x); log2(x);
    nextafter(x, y); pow(x, y); remainder(x, y);
    sin(x); sinh(x); tan(x); tanh(x);
}

unsafe extern "C" {
    /// `x * 2^exponent`, rounded once.
    pub safe fn ldexp(x: f64, exponent: core::ffi::c_int) -> f64;
}

// rustc's own runtime library defines `cbrt` too, wins at link time and rounds better than glibc; glibc's is reached
// by its other name. (The other names both define are exact functions.)
#[cfg_attr(target_env = "gnu", link(name = "m"))]
unsafe extern "C" {
    #[cfg_attr(target_env = "gnu", link_name = "cbrtf64")]
    pub safe fn cbrt(x: f64) -> f64;
}
