//! The exception hierarchy.
#![allow(unused, reason = "contract, to be replaced by the implementation")]
use crate::layout::*;
use crate::{Args, PyResult, Raised, Ref, Type, Value};

/// Calls the exception type.
pub fn new_instance(t: Type, args: &[Value]) -> PyResult {
    unimplemented!()
}
/// Sets __context__ from the handled exception, breaking cycles.
pub fn chain_context(exc: Value) {
    unimplemented!()
}
pub fn traceback_of(exc: Value) -> Option<Ref> {
    unimplemented!()
}
/// An instance with its traceback set; fields may be empty as C left them.
pub fn normalize(ty: Ref, value: Ref, tb: Ref) -> Ref {
    unimplemented!()
}
/// AttributeError "'X' object has no attribute 'y'" with name and obj set.
pub fn no_attribute(v: Value, name: Value) -> Raised {
    unimplemented!()
}
#[allow(non_upper_case_globals, reason = "names are Python's")]
mod types {
    use super::*;
    pub const BaseException: Type = Type::from_ptr(std::ptr::null_mut());
    pub const Exception: Type = Type::from_ptr(std::ptr::null_mut());
    pub const TypeError: Type = Type::from_ptr(std::ptr::null_mut());
    pub const ValueError: Type = Type::from_ptr(std::ptr::null_mut());
    pub const KeyError: Type = Type::from_ptr(std::ptr::null_mut());
    pub const IndexError: Type = Type::from_ptr(std::ptr::null_mut());
    pub const AttributeError: Type = Type::from_ptr(std::ptr::null_mut());
    pub const NameError: Type = Type::from_ptr(std::ptr::null_mut());
    pub const UnboundLocalError: Type = Type::from_ptr(std::ptr::null_mut());
    pub const RuntimeError: Type = Type::from_ptr(std::ptr::null_mut());
    pub const RecursionError: Type = Type::from_ptr(std::ptr::null_mut());
    pub const NotImplementedError: Type = Type::from_ptr(std::ptr::null_mut());
    pub const StopIteration: Type = Type::from_ptr(std::ptr::null_mut());
    pub const StopAsyncIteration: Type = Type::from_ptr(std::ptr::null_mut());
    pub const GeneratorExit: Type = Type::from_ptr(std::ptr::null_mut());
    pub const KeyboardInterrupt: Type = Type::from_ptr(std::ptr::null_mut());
    pub const SystemExit: Type = Type::from_ptr(std::ptr::null_mut());
    pub const ArithmeticError: Type = Type::from_ptr(std::ptr::null_mut());
    pub const OverflowError: Type = Type::from_ptr(std::ptr::null_mut());
    pub const ZeroDivisionError: Type = Type::from_ptr(std::ptr::null_mut());
    pub const FloatingPointError: Type = Type::from_ptr(std::ptr::null_mut());
    pub const AssertionError: Type = Type::from_ptr(std::ptr::null_mut());
    pub const LookupError: Type = Type::from_ptr(std::ptr::null_mut());
    pub const MemoryError: Type = Type::from_ptr(std::ptr::null_mut());
    pub const BufferError: Type = Type::from_ptr(std::ptr::null_mut());
    pub const EOFError: Type = Type::from_ptr(std::ptr::null_mut());
    pub const ImportError: Type = Type::from_ptr(std::ptr::null_mut());
    pub const ModuleNotFoundError: Type = Type::from_ptr(std::ptr::null_mut());
    pub const OSError: Type = Type::from_ptr(std::ptr::null_mut());
    pub const BlockingIOError: Type = Type::from_ptr(std::ptr::null_mut());
    pub const ChildProcessError: Type = Type::from_ptr(std::ptr::null_mut());
    pub const ConnectionError: Type = Type::from_ptr(std::ptr::null_mut());
    pub const BrokenPipeError: Type = Type::from_ptr(std::ptr::null_mut());
    pub const ConnectionAbortedError: Type = Type::from_ptr(std::ptr::null_mut());
    pub const ConnectionRefusedError: Type = Type::from_ptr(std::ptr::null_mut());
    pub const ConnectionResetError: Type = Type::from_ptr(std::ptr::null_mut());
    pub const FileExistsError: Type = Type::from_ptr(std::ptr::null_mut());
    pub const FileNotFoundError: Type = Type::from_ptr(std::ptr::null_mut());
    pub const InterruptedError: Type = Type::from_ptr(std::ptr::null_mut());
    pub const IsADirectoryError: Type = Type::from_ptr(std::ptr::null_mut());
    pub const NotADirectoryError: Type = Type::from_ptr(std::ptr::null_mut());
    pub const PermissionError: Type = Type::from_ptr(std::ptr::null_mut());
    pub const ProcessLookupError: Type = Type::from_ptr(std::ptr::null_mut());
    pub const TimeoutError: Type = Type::from_ptr(std::ptr::null_mut());
    pub const ReferenceError: Type = Type::from_ptr(std::ptr::null_mut());
    pub const SyntaxError: Type = Type::from_ptr(std::ptr::null_mut());
    pub const IndentationError: Type = Type::from_ptr(std::ptr::null_mut());
    pub const TabError: Type = Type::from_ptr(std::ptr::null_mut());
    pub const SystemError: Type = Type::from_ptr(std::ptr::null_mut());
    pub const UnicodeError: Type = Type::from_ptr(std::ptr::null_mut());
    pub const UnicodeDecodeError: Type = Type::from_ptr(std::ptr::null_mut());
    pub const UnicodeEncodeError: Type = Type::from_ptr(std::ptr::null_mut());
    pub const UnicodeTranslateError: Type = Type::from_ptr(std::ptr::null_mut());
    pub const Warning: Type = Type::from_ptr(std::ptr::null_mut());
    pub const UserWarning: Type = Type::from_ptr(std::ptr::null_mut());
    pub const DeprecationWarning: Type = Type::from_ptr(std::ptr::null_mut());
    pub const PendingDeprecationWarning: Type = Type::from_ptr(std::ptr::null_mut());
    pub const SyntaxWarning: Type = Type::from_ptr(std::ptr::null_mut());
    pub const RuntimeWarning: Type = Type::from_ptr(std::ptr::null_mut());
    pub const FutureWarning: Type = Type::from_ptr(std::ptr::null_mut());
    pub const ImportWarning: Type = Type::from_ptr(std::ptr::null_mut());
    pub const UnicodeWarning: Type = Type::from_ptr(std::ptr::null_mut());
    pub const BytesWarning: Type = Type::from_ptr(std::ptr::null_mut());
    pub const ResourceWarning: Type = Type::from_ptr(std::ptr::null_mut());
    pub const EncodingWarning: Type = Type::from_ptr(std::ptr::null_mut());
    pub const BaseExceptionGroup: Type = Type::from_ptr(std::ptr::null_mut());
    pub const ExceptionGroup: Type = Type::from_ptr(std::ptr::null_mut());
}
pub use types::*;

pub fn set_name(name: Value) { unimplemented!() }
pub fn stop_iteration_value(exc: Ref) -> Ref { unimplemented!() }
pub fn set_cause(exc: Value, cause: Option<Ref>) { unimplemented!() }
pub fn set_context(exc: Value, context: Option<Ref>) { unimplemented!() }
pub fn handled() -> Option<Ref> { unimplemented!() }
pub fn given_matches(exc: Value, class: Value) -> bool { unimplemented!() }
pub fn group_match(exc: Value, class: Value) -> PyResult<(Option<Ref>, Option<Ref>)> { unimplemented!() }
pub fn prep_reraise_star(orig: Value, list: Value) -> PyResult { unimplemented!() }
pub fn set_traceback(exc: Value, tb: Value) { unimplemented!() }
pub fn remove_importlib_frames() { unimplemented!() }

pub fn all() -> Vec<Type> { unimplemented!() }
