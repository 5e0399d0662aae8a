//! The interpreter's heap frame: a header followed by its registers.
//!
//! Frames of plain calls lie one after another in the frame stack; frames of generators and coroutines are
//! allocated with their generator and are linked in through `prev` while they run. A register owns one
//! reference to what it holds.

use crate::{PyFrameObject, PyObject, Value};

/// What a frame is for.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(transparent)]
pub struct FrameFlags(pub u8);

impl FrameFlags {
    pub const NONE: FrameFlags = FrameFlags(0);
    /// Lives in a generator, coroutine or async generator object.
    pub const GENERATOR: FrameFlags = FrameFlags(1);
    /// The native caller entered the interpreter for this frame: returning from it leaves the loop.
    pub const ENTRY: FrameFlags = FrameFlags(2);
    /// The trace function of this frame is active.
    pub const TRACED: FrameFlags = FrameFlags(4);
    /// `locals` is a mapping that names go to (module, class, exec).
    pub const HAS_LOCALS: FrameFlags = FrameFlags(8);
    /// Pushed for one instruction on behalf of compiled code: an error leaves it at once.
    pub const SINGLE: FrameFlags = FrameFlags(16);
    /// Stands in for a builtin: not shown, and not counted in the depth of the recursion.
    pub const HIDDEN: FrameFlags = FrameFlags(32);
    /// Shows what compiled code stands for; its caller is `prev`, whatever compiled code that one runs.
    pub const SHOWN: FrameFlags = FrameFlags(64);
    /// Takes the place of the innermost frames that compiled code stands for above `prev`.
    pub const INSTEAD: FrameFlags = FrameFlags(128);

    #[inline(always)]
    pub const fn has(self, other: FrameFlags) -> bool {
        self.0 & other.0 != 0
    }
    #[inline(always)]
    pub const fn with(self, other: FrameFlags) -> FrameFlags {
        FrameFlags(self.0 | other.0)
    }
    #[inline(always)]
    pub const fn without(self, other: FrameFlags) -> FrameFlags {
        FrameFlags(self.0 & !other.0)
    }
}

/// See the module text. `code`, `func`, `globals` and `builtins` are kept alive by `func` or, for a frame
/// without function, owned by the frame.
#[repr(C)]
pub struct Frame {
    /// The caller's frame, or null.
    pub prev: *mut Frame,
    /// The executable body (`vm`'s `Code`).
    pub code: *const std::ffi::c_void,
    /// The instruction being executed; after a call returns the frame goes on behind it.
    pub pc: *const u64,
    /// Owned `PyFunctionObject`, or the owned code object when there is no function.
    pub func: *mut PyObject,
    pub globals: *mut PyObject,
    pub builtins: *mut PyObject,
    /// Owned mapping of local names, or null.
    pub locals: *mut PyObject,
    /// Owned, lazily made.
    pub frame_obj: *mut PyFrameObject,
    /// The generator whose frame this is (borrowed), or null.
    pub generator: *mut PyObject,
    /// Where in the caller's registers the result goes.
    pub result_register: u16,
    /// What the caller does with the result: `vm`'s `Continuation`.
    pub continuation: u8,
    pub flags: FrameFlags,
    /// Number of registers.
    pub size: u32,
    /// State of a continuation with more than a register (its meaning is the continuation's).
    pub continuation_data: u64,
}

/// Bytes of the header.
pub const FRAME_HEADER: usize = size_of::<Frame>();

impl Frame {
    /// The first register.
    ///
    /// # Safety
    /// `frame` must point at a live frame that was allocated with its registers.
    #[inline(always)]
    pub unsafe fn registers(frame: *mut Frame) -> *mut Value {
        // SAFETY: the registers follow the header in the same allocation.
        unsafe { frame.cast::<u8>().add(FRAME_HEADER).cast() }
    }
}
