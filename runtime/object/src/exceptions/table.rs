//! The table of built-in exceptions: name, base, layout, object fields, doc, slots of its own.
//!
//! Each row makes the exported static type (`_PyExc_X`), the exported pointer that C code reads (`PyExc_X`), and the
//! [`Type`] constant `X`. The number is a mask of the words behind the common part of an exception that own an object.
use super::base::{exc_clear, exc_dealloc, exc_traverse};
use crate::Type;
use crate::layout::*;

macro_rules! exceptions {
    ($($name:ident $text:literal $sym:ident $pointer:ident: $base:path, $layout:ty, $mask:literal, $doc:literal
        { $($rest:tt)* };)*) => {
        $(
            py_type! {
                pub static $sym: $layout = $text {
                    flags: BASETYPE | HAVE_GC | BASE_EXC_SUBCLASS;
                    base: $base;
                    fields { tp_dictoffset: 16 }
                    doc: $doc;
                    raw {
                        tp_dealloc: exc_dealloc::<$mask>,
                        tp_traverse: exc_traverse::<$mask>,
                        tp_clear: exc_clear::<$mask>,
                    }
                    $($rest)*
                }
            }
            /// The pointer that C code raises through.
            #[unsafe(no_mangle)]
            #[allow(non_upper_case_globals, reason = "the symbol name is CPython's")]
            pub static mut $pointer: *mut PyObject = (&raw mut $sym).cast();
        )*
        /// The exception types by their Python names.
        #[allow(non_upper_case_globals, reason = "names are Python's")]
        pub mod types {
            use super::Type;
            $(pub const $name: Type = Type::from_ptr(&raw mut super::$sym);)*
            pub const ExceptionGroup: Type = Type::from_ptr(&raw mut super::_PyExc_ExceptionGroup);
        }
        /// All of them, bases first.
        pub static TYPES: &[Type] = &[$(types::$name,)* types::ExceptionGroup];
    };
}

exceptions! {
    BaseException "BaseException" _PyExc_BaseException PyExc_BaseException: crate::typeobject::PyBaseObject_Type, PyBaseExceptionObject, 0, "Root of all exceptions." { slots { tp_repr: super::base::repr, tp_str: super::base::str_of, tp_getattro: crate::typeobject::generic_getattr, tp_setattro: crate::typeobject::generic_setattr, tp_init: super::base::init, tp_new: super::base::new } methods: super::base::METHODS; getset: super::base::GETSET; members: super::base::MEMBERS; };
    BaseExceptionGroup "BaseExceptionGroup" _PyExc_BaseExceptionGroup PyExc_BaseExceptionGroup: _PyExc_BaseException, PyBaseExceptionGroupObject, 3, "Several unrelated exceptions together." { slots { tp_str: super::group::str_of, tp_init: super::group::init, tp_new: super::group::new } methods: super::group::METHODS; members: super::group::MEMBERS; };
    Exception "Exception" _PyExc_Exception PyExc_Exception: _PyExc_BaseException, PyBaseExceptionObject, 0, "Root of all exceptions that programs should handle." {  };
    ArithmeticError "ArithmeticError" _PyExc_ArithmeticError PyExc_ArithmeticError: _PyExc_Exception, PyBaseExceptionObject, 0, "An arithmetic operation failed." {  };
    FloatingPointError "FloatingPointError" _PyExc_FloatingPointError PyExc_FloatingPointError: _PyExc_ArithmeticError, PyBaseExceptionObject, 0, "A floating-point operation failed." {  };
    OverflowError "OverflowError" _PyExc_OverflowError PyExc_OverflowError: _PyExc_ArithmeticError, PyBaseExceptionObject, 0, "A result cannot be represented." {  };
    ZeroDivisionError "ZeroDivisionError" _PyExc_ZeroDivisionError PyExc_ZeroDivisionError: _PyExc_ArithmeticError, PyBaseExceptionObject, 0, "Division or modulo by zero." {  };
    AssertionError "AssertionError" _PyExc_AssertionError PyExc_AssertionError: _PyExc_Exception, PyBaseExceptionObject, 0, "An assertion does not hold." {  };
    AttributeError "AttributeError" _PyExc_AttributeError PyExc_AttributeError: _PyExc_Exception, PyAttributeErrorObject, 3, "An attribute does not exist." { slots { tp_init: super::simple::attribute_error_init } members: super::simple::ATTRIBUTE_ERROR_MEMBERS; };
    BufferError "BufferError" _PyExc_BufferError PyExc_BufferError: _PyExc_Exception, PyBaseExceptionObject, 0, "A buffer operation is not possible." {  };
    EOFError "EOFError" _PyExc_EOFError PyExc_EOFError: _PyExc_Exception, PyBaseExceptionObject, 0, "Input ended." {  };
    ImportError "ImportError" _PyExc_ImportError PyExc_ImportError: _PyExc_Exception, PyImportErrorObject, 7, "A module, or a name in it, cannot be imported." { slots { tp_init: super::simple::import_error_init, tp_str: super::simple::import_error_str } methods: super::simple::IMPORT_ERROR_METHODS; members: super::simple::IMPORT_ERROR_MEMBERS; };
    ModuleNotFoundError "ModuleNotFoundError" _PyExc_ModuleNotFoundError PyExc_ModuleNotFoundError: _PyExc_ImportError, PyImportErrorObject, 7, "There is no such module." {  };
    LookupError "LookupError" _PyExc_LookupError PyExc_LookupError: _PyExc_Exception, PyBaseExceptionObject, 0, "A key or index does not exist." {  };
    IndexError "IndexError" _PyExc_IndexError PyExc_IndexError: _PyExc_LookupError, PyBaseExceptionObject, 0, "An index is out of range." {  };
    KeyError "KeyError" _PyExc_KeyError PyExc_KeyError: _PyExc_LookupError, PyBaseExceptionObject, 0, "A mapping has no such key." { slots { tp_str: super::simple::key_error_str } };
    MemoryError "MemoryError" _PyExc_MemoryError PyExc_MemoryError: _PyExc_Exception, PyBaseExceptionObject, 0, "There is no memory left." {  };
    NameError "NameError" _PyExc_NameError PyExc_NameError: _PyExc_Exception, PyNameErrorObject, 1, "A global name does not exist." { slots { tp_init: super::simple::name_error_init } members: super::simple::NAME_ERROR_MEMBERS; };
    UnboundLocalError "UnboundLocalError" _PyExc_UnboundLocalError PyExc_UnboundLocalError: _PyExc_NameError, PyNameErrorObject, 1, "A local variable is read before it is set." {  };
    OSError "OSError" _PyExc_OSError PyExc_OSError: _PyExc_Exception, PyOSErrorObject, 15, "The operating system reports an error." { slots { tp_str: super::oserror::str_of, tp_init: super::oserror::init, tp_new: super::oserror::new } methods: super::oserror::METHODS; getset: super::oserror::GETSET; members: super::oserror::MEMBERS; };
    BlockingIOError "BlockingIOError" _PyExc_BlockingIOError PyExc_BlockingIOError: _PyExc_OSError, PyOSErrorObject, 15, "An operation would block." {  };
    ChildProcessError "ChildProcessError" _PyExc_ChildProcessError PyExc_ChildProcessError: _PyExc_OSError, PyOSErrorObject, 15, "An operation on a child process failed." {  };
    ConnectionError "ConnectionError" _PyExc_ConnectionError PyExc_ConnectionError: _PyExc_OSError, PyOSErrorObject, 15, "A connection failed." {  };
    BrokenPipeError "BrokenPipeError" _PyExc_BrokenPipeError PyExc_BrokenPipeError: _PyExc_ConnectionError, PyOSErrorObject, 15, "The other end of a pipe is closed." {  };
    ConnectionAbortedError "ConnectionAbortedError" _PyExc_ConnectionAbortedError PyExc_ConnectionAbortedError: _PyExc_ConnectionError, PyOSErrorObject, 15, "The connection was aborted." {  };
    ConnectionRefusedError "ConnectionRefusedError" _PyExc_ConnectionRefusedError PyExc_ConnectionRefusedError: _PyExc_ConnectionError, PyOSErrorObject, 15, "The connection was refused." {  };
    ConnectionResetError "ConnectionResetError" _PyExc_ConnectionResetError PyExc_ConnectionResetError: _PyExc_ConnectionError, PyOSErrorObject, 15, "The connection was reset." {  };
    FileExistsError "FileExistsError" _PyExc_FileExistsError PyExc_FileExistsError: _PyExc_OSError, PyOSErrorObject, 15, "The file exists already." {  };
    FileNotFoundError "FileNotFoundError" _PyExc_FileNotFoundError PyExc_FileNotFoundError: _PyExc_OSError, PyOSErrorObject, 15, "There is no such file." {  };
    InterruptedError "InterruptedError" _PyExc_InterruptedError PyExc_InterruptedError: _PyExc_OSError, PyOSErrorObject, 15, "A signal interrupted the call." {  };
    IsADirectoryError "IsADirectoryError" _PyExc_IsADirectoryError PyExc_IsADirectoryError: _PyExc_OSError, PyOSErrorObject, 15, "The operation is not for directories." {  };
    NotADirectoryError "NotADirectoryError" _PyExc_NotADirectoryError PyExc_NotADirectoryError: _PyExc_OSError, PyOSErrorObject, 15, "The operation is only for directories." {  };
    PermissionError "PermissionError" _PyExc_PermissionError PyExc_PermissionError: _PyExc_OSError, PyOSErrorObject, 15, "The operation is not permitted." {  };
    ProcessLookupError "ProcessLookupError" _PyExc_ProcessLookupError PyExc_ProcessLookupError: _PyExc_OSError, PyOSErrorObject, 15, "There is no such process." {  };
    TimeoutError "TimeoutError" _PyExc_TimeoutError PyExc_TimeoutError: _PyExc_OSError, PyOSErrorObject, 15, "A time limit has passed." {  };
    ReferenceError "ReferenceError" _PyExc_ReferenceError PyExc_ReferenceError: _PyExc_Exception, PyBaseExceptionObject, 0, "The object of a weak proxy is gone." {  };
    RuntimeError "RuntimeError" _PyExc_RuntimeError PyExc_RuntimeError: _PyExc_Exception, PyBaseExceptionObject, 0, "An error of no other category." {  };
    NotImplementedError "NotImplementedError" _PyExc_NotImplementedError PyExc_NotImplementedError: _PyExc_RuntimeError, PyBaseExceptionObject, 0, "A method has no implementation yet." {  };
    RecursionError "RecursionError" _PyExc_RecursionError PyExc_RecursionError: _PyExc_RuntimeError, PyBaseExceptionObject, 0, "The recursion limit is reached." {  };
    StopAsyncIteration "StopAsyncIteration" _PyExc_StopAsyncIteration PyExc_StopAsyncIteration: _PyExc_Exception, PyBaseExceptionObject, 0, "The end of an asynchronous iterator." {  };
    StopIteration "StopIteration" _PyExc_StopIteration PyExc_StopIteration: _PyExc_Exception, PyStopIterationObject, 1, "The end of an iterator." { slots { tp_init: super::simple::stop_iteration_init } members: super::simple::STOP_ITERATION_MEMBERS; };
    SyntaxError "SyntaxError" _PyExc_SyntaxError PyExc_SyntaxError: _PyExc_Exception, PySyntaxErrorObject, 255, "The source is not valid Python." { slots { tp_str: super::syntax::str_of, tp_init: super::syntax::init } members: super::syntax::MEMBERS; };
    IndentationError "IndentationError" _PyExc_IndentationError PyExc_IndentationError: _PyExc_SyntaxError, PySyntaxErrorObject, 255, "The indentation is wrong." {  };
    TabError "TabError" _PyExc_TabError PyExc_TabError: _PyExc_IndentationError, PySyntaxErrorObject, 255, "Tabs and spaces are mixed inconsistently." {  };
    SystemError "SystemError" _PyExc_SystemError PyExc_SystemError: _PyExc_Exception, PyBaseExceptionObject, 0, "An internal error of the interpreter." {  };
    TypeError "TypeError" _PyExc_TypeError PyExc_TypeError: _PyExc_Exception, PyBaseExceptionObject, 0, "A value has the wrong type." {  };
    ValueError "ValueError" _PyExc_ValueError PyExc_ValueError: _PyExc_Exception, PyBaseExceptionObject, 0, "A value has the right type but is not acceptable." {  };
    UnicodeError "UnicodeError" _PyExc_UnicodeError PyExc_UnicodeError: _PyExc_ValueError, PyBaseExceptionObject, 0, "An error in encoding or decoding text." {  };
    UnicodeDecodeError "UnicodeDecodeError" _PyExc_UnicodeDecodeError PyExc_UnicodeDecodeError: _PyExc_UnicodeError, PyUnicodeErrorObject, 0b10011, "Bytes cannot be decoded." { slots { tp_str: super::unicode::decode_str, tp_init: super::unicode::decode_init, tp_new: super::base::new } members: super::unicode::MEMBERS; };
    UnicodeEncodeError "UnicodeEncodeError" _PyExc_UnicodeEncodeError PyExc_UnicodeEncodeError: _PyExc_UnicodeError, PyUnicodeErrorObject, 0b10011, "Text cannot be encoded." { slots { tp_str: super::unicode::encode_str, tp_init: super::unicode::encode_init, tp_new: super::base::new } members: super::unicode::MEMBERS; };
    UnicodeTranslateError "UnicodeTranslateError" _PyExc_UnicodeTranslateError PyExc_UnicodeTranslateError: _PyExc_UnicodeError, PyUnicodeErrorObject, 0b10011, "Text cannot be translated." { slots { tp_str: super::unicode::translate_str, tp_init: super::unicode::translate_init, tp_new: super::base::new } members: super::unicode::TRANSLATE_MEMBERS; };
    Warning "Warning" _PyExc_Warning PyExc_Warning: _PyExc_Exception, PyBaseExceptionObject, 0, "Root of all warnings." {  };
    BytesWarning "BytesWarning" _PyExc_BytesWarning PyExc_BytesWarning: _PyExc_Warning, PyBaseExceptionObject, 0, "Doubtful use of bytes." {  };
    DeprecationWarning "DeprecationWarning" _PyExc_DeprecationWarning PyExc_DeprecationWarning: _PyExc_Warning, PyBaseExceptionObject, 0, "Use of something deprecated." {  };
    EncodingWarning "EncodingWarning" _PyExc_EncodingWarning PyExc_EncodingWarning: _PyExc_Warning, PyBaseExceptionObject, 0, "An encoding was left to the locale." {  };
    FutureWarning "FutureWarning" _PyExc_FutureWarning PyExc_FutureWarning: _PyExc_Warning, PyBaseExceptionObject, 0, "Something that will change its meaning." {  };
    ImportWarning "ImportWarning" _PyExc_ImportWarning PyExc_ImportWarning: _PyExc_Warning, PyBaseExceptionObject, 0, "A doubtful import." {  };
    PendingDeprecationWarning "PendingDeprecationWarning" _PyExc_PendingDeprecationWarning PyExc_PendingDeprecationWarning: _PyExc_Warning, PyBaseExceptionObject, 0, "Use of something that will be deprecated." {  };
    ResourceWarning "ResourceWarning" _PyExc_ResourceWarning PyExc_ResourceWarning: _PyExc_Warning, PyBaseExceptionObject, 0, "A resource was not released." {  };
    RuntimeWarning "RuntimeWarning" _PyExc_RuntimeWarning PyExc_RuntimeWarning: _PyExc_Warning, PyBaseExceptionObject, 0, "Doubtful behaviour at run time." {  };
    SyntaxWarning "SyntaxWarning" _PyExc_SyntaxWarning PyExc_SyntaxWarning: _PyExc_Warning, PyBaseExceptionObject, 0, "Doubtful syntax." {  };
    UnicodeWarning "UnicodeWarning" _PyExc_UnicodeWarning PyExc_UnicodeWarning: _PyExc_Warning, PyBaseExceptionObject, 0, "Doubtful use of text." {  };
    UserWarning "UserWarning" _PyExc_UserWarning PyExc_UserWarning: _PyExc_Warning, PyBaseExceptionObject, 0, "A warning by a program." {  };
    GeneratorExit "GeneratorExit" _PyExc_GeneratorExit PyExc_GeneratorExit: _PyExc_BaseException, PyBaseExceptionObject, 0, "A generator is asked to exit." {  };
    KeyboardInterrupt "KeyboardInterrupt" _PyExc_KeyboardInterrupt PyExc_KeyboardInterrupt: _PyExc_BaseException, PyBaseExceptionObject, 0, "The user interrupts the program." {  };
    SystemExit "SystemExit" _PyExc_SystemExit PyExc_SystemExit: _PyExc_BaseException, PySystemExitObject, 1, "A request to leave the interpreter." { slots { tp_init: super::simple::system_exit_init } members: super::simple::SYSTEM_EXIT_MEMBERS; };
}

py_type! {
    /// `ExceptionGroup`: its second base, `Exception`, is added at start.
    pub static _PyExc_ExceptionGroup: PyExceptionGroupObject = "ExceptionGroup" {
        flags: BASETYPE | HAVE_GC | BASE_EXC_SUBCLASS;
        base: _PyExc_BaseExceptionGroup;
        fields { tp_dictoffset: 16, tp_weaklistoffset: 88 }
        raw {
            tp_dealloc: super::group::dealloc_weak,
            tp_traverse: exc_traverse::<3>,
            tp_clear: exc_clear::<3>,
        }
    }
}
/// The pointers of older names.
#[unsafe(no_mangle)]
#[allow(non_upper_case_globals, reason = "the symbol name is CPython's")]
pub static mut PyExc_EnvironmentError: *mut PyObject = (&raw mut _PyExc_OSError).cast();
#[unsafe(no_mangle)]
#[allow(non_upper_case_globals, reason = "the symbol name is CPython's")]
pub static mut PyExc_IOError: *mut PyObject = (&raw mut _PyExc_OSError).cast();
