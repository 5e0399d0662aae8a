//! IR to machine code through Cranelift.
//!
//! [`Compiler::compile`] gives a [`CompiledRegion`]: code in its own memory (freed with it), the description of
//! its exits, an entry `extern "C" fn(registers, context) -> status`. Callers enter through an [`EntryCell`], which
//! can be pointed at newer code at any time; code that is replaced must be kept until no thread is inside.

mod checks;
mod exits;
mod lower;
mod memory;
mod sites;

use exits::ExitTable;
pub use exits::{ExitFrame, ExitInfo, Source};
pub use memory::{CodeBlock, CodeMemory, ForkGuard};
pub use sites::Site;
use sites::Sites;

use cranelift_codegen::Context;
use cranelift_codegen::control::ControlPlane;
pub use cranelift_codegen::isa::OwnedTargetIsa;
use cranelift_codegen::isa::{self, TargetIsa};
use cranelift_codegen::settings::{self, Configurable};
use cranelift_frontend::FunctionBuilderContext;
use pyrs_jit_ir::context::JitContext;
use pyrs_jit_ir::region::Region;
use std::io::Write;
use std::sync::atomic::{AtomicPtr, Ordering};

/// Entry of a region.
pub type EntryFn = unsafe extern "C" fn(registers: *mut u64, context: *mut JitContext) -> u64;

/// What to do besides compiling.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Append to `/tmp/perf-PID.map`.
    pub perf_map: bool,
    /// Keep the disassembly.
    pub disassemble: bool,
    /// Let Cranelift check its input and the result of register allocation.
    pub verify: bool,
}

/// Compiles regions for the machine it runs on.
pub struct Compiler {
    isa: OwnedTargetIsa,
    context: Context,
    builder: FunctionBuilderContext,
    memory: CodeMemory,
    options: Options,
}

/// A region's code.
#[derive(Debug)]
pub struct CompiledRegion {
    code: CodeBlock,
    /// Bytes of code.
    pub size: usize,
    exits: ExitTable,
    sites: Sites,
    /// Disassembly, if wanted.
    pub assembly: Option<String>,
}

impl CompiledRegion {
    /// The entry.
    pub fn entry(&self) -> EntryFn {
        // SAFETY: the block holds a function that was lowered with exactly this signature.
        unsafe { std::mem::transmute::<*const u8, EntryFn>(self.code.address()) }
    }
    /// Description of an exit, by the number in the status.
    pub fn exit(&self, exit: u32) -> Option<&ExitInfo> {
        self.exits.get(exit as usize)
    }
    /// Bytes that the description of its exits takes.
    pub fn exits_size(&self) -> usize {
        self.exits.size() + self.sites.size()
    }
    /// The call that returns to this address, if it is one of this code that was told apart.
    pub fn site(&self, return_address: usize) -> Option<Site> {
        let distance = return_address.checked_sub(self.code.address() as usize)?;
        self.sites.at(distance).filter(|_| distance <= self.size)
    }
    /// Bytes from the stack pointer, while one of its calls is under way, to where it saved its caller's frame pointer.
    pub fn frame_size(&self) -> usize {
        self.sites.frame_size
    }
}

/// Where callers find the current code of a region: one word, swapped atomically.
#[derive(Debug)]
#[repr(transparent)]
pub struct EntryCell(AtomicPtr<u8>);

impl EntryCell {
    /// A cell pointing at `entry`.
    pub fn new(entry: EntryFn) -> EntryCell {
        EntryCell(AtomicPtr::new(entry as *mut u8))
    }
    /// Points it at other code; gives what was there.
    pub fn swap(&self, entry: EntryFn) -> EntryFn {
        let old = self.0.swap(entry as *mut u8, Ordering::AcqRel);
        // SAFETY: only entries are ever stored.
        unsafe { std::mem::transmute::<*mut u8, EntryFn>(old) }
    }
    /// The current entry.
    pub fn get(&self) -> EntryFn {
        // SAFETY: only entries are ever stored.
        unsafe { std::mem::transmute::<*mut u8, EntryFn>(self.0.load(Ordering::Acquire)) }
    }
    /// Address for `call_region`.
    pub fn address(&self) -> u64 {
        std::ptr::from_ref(self) as u64
    }
}

fn flags(verify: bool) -> Result<settings::Flags, String> {
    let mut b = settings::builder();
    let all = [
        ("opt_level", "speed"),
        ("enable_verifier", if verify { "true" } else { "false" }),
        ("enable_alias_analysis", "false"),
        ("is_pic", "false"),
        ("unwind_info", "false"),
        ("enable_probestack", "false"),
    ];
    for (k, v) in all {
        b.set(k, v).map_err(|e| e.to_string())?;
    }
    Ok(settings::Flags::new(b))
}

/// The instruction set of `triple` (such as `aarch64-unknown-linux-gnu`), with baseline features.
pub fn isa_for(triple: &str, verify: bool) -> Result<OwnedTargetIsa, String> {
    let triple: target_lexicon::Triple = triple.parse().map_err(|e| format!("{triple}: {e}"))?;
    let mut b = isa::lookup(triple.clone()).map_err(|e| e.to_string())?;
    if matches!(triple.architecture, target_lexicon::Architecture::X86_64) {
        for f in ["has_sse3", "has_ssse3", "has_sse41"] {
            b.enable(f).map_err(|e| e.to_string())?;
        }
    }
    b.finish(flags(verify)?).map_err(|e| e.to_string())
}

/// The instruction set of this machine.
fn host_isa(verify: bool) -> Result<OwnedTargetIsa, String> {
    let mut b = isa::lookup(target_lexicon::Triple::host()).map_err(|e| e.to_string())?;
    #[cfg(target_arch = "x86_64")]
    {
        if !std::arch::is_x86_feature_detected!("sse4.1") {
            return Err("the JIT needs SSE4.1".into());
        }
        let features = [
            ("has_sse3", true),
            ("has_ssse3", true),
            ("has_sse41", true),
            ("has_sse42", std::arch::is_x86_feature_detected!("sse4.2")),
            ("has_popcnt", std::arch::is_x86_feature_detected!("popcnt")),
            ("has_avx", std::arch::is_x86_feature_detected!("avx")),
            ("has_avx2", std::arch::is_x86_feature_detected!("avx2")),
            ("has_bmi1", std::arch::is_x86_feature_detected!("bmi1")),
            ("has_bmi2", std::arch::is_x86_feature_detected!("bmi2")),
            ("has_lzcnt", std::arch::is_x86_feature_detected!("lzcnt")),
        ];
        for (f, on) in features {
            if on {
                b.enable(f).map_err(|e| e.to_string())?;
            }
        }
    }
    b.finish(flags(verify)?).map_err(|e| e.to_string())
}

struct Lowered {
    code: Vec<u8>,
    exits: Vec<Option<ExitInfo>>,
    sites: Sites,
    assembly: Option<String>,
}

fn lower_with(
    isa: &dyn TargetIsa,
    cx: &mut Context,
    fb: &mut FunctionBuilderContext,
    region: &Region,
    asm: bool,
) -> Result<Lowered, String> {
    cx.clear();
    cx.set_disasm(asm);
    let lowered = lower::lower(region, isa, fb)?;
    cx.func = lowered.func;
    let mut plane = ControlPlane::default();
    let compiled = cx
        .compile(isa, &mut plane)
        .map_err(|e| format!("{:?}", e.inner))?;
    if !compiled.buffer.relocs().is_empty() {
        return Err("the code has relocations".into());
    }
    Ok(Lowered {
        code: compiled.code_buffer().to_vec(),
        exits: lowered.exits,
        sites: Sites::new(&compiled.buffer, lowered.cells),
        assembly: compiled.vcode.clone(),
    })
}

/// Lowers a region for any instruction set without running it: code bytes and assembly.
pub fn lower_for(isa: &dyn TargetIsa, region: &Region) -> Result<(Vec<u8>, String), String> {
    let l = lower_with(
        isa,
        &mut Context::new(),
        &mut FunctionBuilderContext::new(),
        region,
        true,
    )?;
    Ok((l.code, l.assembly.unwrap_or_default()))
}

impl Compiler {
    /// A compiler for this machine; code goes to `memory`.
    pub fn new(memory: CodeMemory, options: Options) -> Result<Compiler, String> {
        Ok(Compiler {
            isa: host_isa(options.verify)?,
            context: Context::new(),
            builder: FunctionBuilderContext::new(),
            memory,
            options,
        })
    }

    /// Gives up the memory that is kept from one region to the next.
    pub fn rest(&mut self) {
        self.context = Context::new();
        self.builder = FunctionBuilderContext::new();
    }

    /// Compiles a region that has been through the passes.
    pub fn compile(&mut self, region: &Region) -> Result<CompiledRegion, String> {
        let l = lower_with(
            &*self.isa,
            &mut self.context,
            &mut self.builder,
            region,
            self.options.disassemble,
        );
        let l = match l {
            Ok(l) => l,
            Err(e) => {
                // A failed lowering leaves its builder context dirty.
                self.builder = FunctionBuilderContext::new();
                return Err(e);
            }
        };
        let code = self
            .memory
            .add(&l.code)
            .map_err(|e| format!("no memory for code: {e}"))?;
        if self.options.perf_map {
            perf_map(code.address(), l.code.len(), &region.name);
        }
        Ok(CompiledRegion {
            code,
            size: l.code.len(),
            exits: ExitTable::new(&l.exits),
            sites: l.sites,
            assembly: l.assembly,
        })
    }
}

/// One line for `perf`; failing to write it is no reason to fail.
fn perf_map(address: *const u8, len: usize, name: &str) {
    let path = format!("/tmp/perf-{}.map", std::process::id());
    if let Ok(mut f) = std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)
    {
        let _ = writeln!(
            f,
            "{:x} {len:x} pyrs::{}",
            address as usize,
            name.replace(['\n', '\r'], " ")
        );
    }
}
