//! `JitContext`: what compiled code shares with the driver; the second argument of every region.

/// Words in the exit buffer; a region with an exit of more live values is refused.
pub const EXIT_BUFFER_LEN: usize = 1024;
/// Registers a called region may take its arguments in.
pub const MAX_ARGUMENT_REGISTERS: usize = 128;
/// Status of an entry without code: the interpreter is to run the function.
pub const NOT_COMPILED: u64 = u64::MAX - 1;
/// Status of a region that returned normally, with its result in [`JitContext::result`].
pub const RETURNED: u64 = u64::MAX;

/// Shared state between compiled code and the driver. One for each thread that runs compiled code.
#[repr(C)]
pub struct JitContext {
    /// Result of the last region that returned (a Value, owned).
    pub result: u64,
    /// Frames that compiled code stands for at the moment, beside the one it was entered with.
    pub depth: u64,
    /// `guard_depth` leaves when `depth` would exceed this.
    pub depth_limit: u64,
    /// `guard_depth` leaves when the native stack pointer is below this.
    pub stack_limit: u64,
    /// `extern "C" fn(*mut JitContext, status: u64)`: called when a called region left through an exit, before
    /// the caller takes its own exit. It must empty the exit buffer (note what the callee's frames are).
    pub deopt_callee: u64,
    /// For the driver's own use.
    pub user: [u64; 4],
    /// Registers of a function that is being called, at their numbers; its region takes them on entry.
    pub arguments: [u64; MAX_ARGUMENT_REGISTERS],
    /// Values of the exit that was taken.
    pub exit_buffer: [u64; EXIT_BUFFER_LEN],
}

/// Offsets of the fields.
pub mod offsets {
    use super::JitContext;
    /// `result`
    pub const RESULT: i32 = std::mem::offset_of!(JitContext, result) as i32;
    /// `depth`
    pub const DEPTH: i32 = std::mem::offset_of!(JitContext, depth) as i32;
    /// `depth_limit`
    pub const DEPTH_LIMIT: i32 = std::mem::offset_of!(JitContext, depth_limit) as i32;
    /// `stack_limit`
    pub const STACK_LIMIT: i32 = std::mem::offset_of!(JitContext, stack_limit) as i32;
    /// `arguments`
    pub const ARGUMENTS: i32 = std::mem::offset_of!(JitContext, arguments) as i32;
    /// `deopt_callee`
    pub const DEOPT_CALLEE: i32 = std::mem::offset_of!(JitContext, deopt_callee) as i32;
    /// `exit_buffer`
    pub const EXIT_BUFFER: i32 = std::mem::offset_of!(JitContext, exit_buffer) as i32;
}

impl JitContext {
    /// A context that allows `depth_limit` frames.
    pub fn new(depth_limit: u64) -> Box<JitContext> {
        Box::new(JitContext {
            result: 0,
            depth: 0,
            depth_limit,
            stack_limit: 0,
            arguments: [0; MAX_ARGUMENT_REGISTERS],
            deopt_callee: 0,
            user: [0; 4],
            exit_buffer: [0; EXIT_BUFFER_LEN],
        })
    }
}

/// The status a region returns for exit `exit`.
pub const fn exit_status(region: u32, exit: u32) -> u64 {
    ((region as u64) << 32) | exit as u64
}

/// Region and exit of a status other than [`RETURNED`].
pub const fn split_status(status: u64) -> (u32, u32) {
    ((status >> 32) as u32, status as u32)
}
