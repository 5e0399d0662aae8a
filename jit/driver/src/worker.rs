//! Compilation, on a thread of its own where there is one: the program goes on in the interpreter or in older code.
//!
//! The thread gets recordings, which never change, and gives back code; nothing else is shared. When code is ready it asks for a
//! safepoint, where the driver takes it over. A forked child has no such thread: it starts its own with the first job,
//! and what the parent's was working on is handed in again.

use pyrs_jit_ir::passes::{self, PassSet};
use pyrs_jit_ir::record::PackedRecording;
use pyrs_jit_native::{CodeMemory, CompiledRegion, Compiler, ForkGuard, Options};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};

/// A region to be compiled.
pub(crate) struct Job {
    pub(crate) region: usize,
    pub(crate) generation: u32,
    /// The number that the code will have.
    pub(crate) number: usize,
    pub(crate) recording: Arc<PackedRecording>,
    pub(crate) passes: PassSet,
    /// Validate before and after each pass.
    pub(crate) check: bool,
    pub(crate) dump_ir: bool,
    /// The region has no code yet: goes first.
    pub(crate) first: bool,
}

/// What became of it.
pub(crate) struct Done {
    pub(crate) region: usize,
    pub(crate) generation: u32,
    pub(crate) number: usize,
    pub(crate) code: Result<CompiledRegion, String>,
    pub(crate) micros: u128,
}

struct Queue {
    jobs: VecDeque<Job>,
    done: Vec<Done>,
    /// There is a thread.
    alive: bool,
    /// Jobs were lost in a fork.
    lost: bool,
}

static QUEUE: Mutex<Queue> = Mutex::new(Queue {
    jobs: VecDeque::new(),
    done: Vec::new(),
    alive: false,
    lost: false,
});
static WAKE: Condvar = Condvar::new();
/// Jobs that are not finished.
static BACKLOG: AtomicUsize = AtomicUsize::new(0);

fn queue() -> MutexGuard<'static, Queue> {
    QUEUE.lock().unwrap_or_else(|e| e.into_inner())
}

/// Compiles. A panic in the code generator becomes an error: the region stays interpreted.
pub(crate) fn run(compiler: &mut Compiler, job: Job) -> Done {
    let began = std::time::Instant::now();
    let (region, generation, number) = (job.region, job.generation, job.number);
    let code = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| compile(compiler, &job)))
        .unwrap_or_else(|_| Err("the code generator failed".into()));
    Done {
        region,
        generation,
        number,
        code,
        micros: began.elapsed().as_micros(),
    }
}

fn compile(compiler: &mut Compiler, job: &Job) -> Result<CompiledRegion, String> {
    let ir = &mut job.recording.unpack().region;
    ir.id = job.number as u32;
    if job.check {
        pyrs_jit_ir::validate::validate(ir)
            .map_err(|e| format!("recorded: {e}\n{}", pyrs_jit_ir::text::print(ir)))?;
    }
    passes::optimize(ir, &job.passes, job.check)?;
    if job.dump_ir {
        eprintln!("== {} ==\n{}", ir.name, pyrs_jit_ir::text::print(ir));
    }
    let code = compiler.compile(ir)?;
    if let Some(asm) = &code.assembly {
        eprintln!("== {} ==\n{asm}", ir.name);
    }
    Ok(code)
}

/// The thread.
pub(crate) struct Worker {
    memory: CodeMemory,
    options: Options,
}

impl Worker {
    pub(crate) fn new(memory: CodeMemory, options: Options) -> Worker {
        Worker { memory, options }
    }
    /// Hands in a job; gives it back if there can be no thread.
    pub(crate) fn submit(&self, job: Job) -> Result<(), Box<Job>> {
        let mut q = queue();
        if !q.alive {
            let Ok(compiler) = Compiler::new(self.memory.clone(), self.options) else {
                return Err(Box::new(job));
            };
            if !spawn(compiler) {
                return Err(Box::new(job));
            }
            q.alive = true;
        }
        if job.first {
            q.jobs.push_front(job);
        } else {
            q.jobs.push_back(job);
        }
        BACKLOG.fetch_add(1, Ordering::Relaxed);
        WAKE.notify_one();
        Ok(())
    }
    /// Whether another job would only wait: what is handed in later knows more paths.
    pub(crate) fn is_busy(&self) -> bool {
        BACKLOG.load(Ordering::Relaxed) >= MAX_BACKLOG
    }
    /// Whether another job would be begun at once.
    pub(crate) fn is_idle(&self) -> bool {
        BACKLOG.load(Ordering::Relaxed) == 0
    }
    /// Takes back the job of a region that is still waiting; says whether there was one.
    pub(crate) fn cancel(&self, region: usize) -> bool {
        let mut q = queue();
        let waiting = q.jobs.len();
        q.jobs.retain(|job| job.region != region);
        let taken = waiting - q.jobs.len();
        BACKLOG.fetch_sub(taken, Ordering::Relaxed);
        taken > 0
    }
    /// What is finished, and whether jobs were lost.
    pub(crate) fn take(&self) -> (Vec<Done>, bool) {
        let mut q = queue();
        let lost = std::mem::take(&mut q.lost);
        (std::mem::take(&mut q.done), lost)
    }
}

/// Jobs at which regions that have code wait with theirs.
const MAX_BACKLOG: usize = 2;
/// How long the thread waits for another job until it gives its memory back.
const BEFORE_REST: std::time::Duration = std::time::Duration::from_millis(200);

/// Starts the thread with all signals blocked: they are for the program's threads.
fn spawn(mut compiler: Compiler) -> bool {
    // SAFETY: plain calls on local signal sets.
    unsafe {
        let mut all: libc::sigset_t = std::mem::zeroed();
        let mut before: libc::sigset_t = std::mem::zeroed();
        libc::sigfillset(&mut all);
        libc::pthread_sigmask(libc::SIG_SETMASK, &all, &mut before);
        let thread = std::thread::Builder::new()
            .name("pyrs-jit".into())
            .stack_size(8 << 20)
            .spawn(move || work(&mut compiler));
        libc::pthread_sigmask(libc::SIG_SETMASK, &before, std::ptr::null_mut());
        thread.is_ok()
    }
}

fn work(compiler: &mut Compiler) {
    pyrs_object::pages::use_small_pages();
    loop {
        let mut q = queue();
        let mut resting = false;
        let job = loop {
            if let Some(job) = q.jobs.pop_front() {
                break job;
            }
            if resting {
                q = WAKE.wait(q).unwrap_or_else(|e| e.into_inner());
                continue;
            }
            let (waited, timeout) = WAKE
                .wait_timeout(q, BEFORE_REST)
                .unwrap_or_else(|e| e.into_inner());
            if !timeout.timed_out() {
                q = waited;
                continue;
            }
            // The program must not wait for this.
            drop(waited);
            compiler.rest();
            pyrs_object::pages::give_back();
            resting = true;
            q = queue();
        };
        drop(q);
        let done = run(compiler, job);
        queue().done.push(done);
        BACKLOG.fetch_sub(1, Ordering::Relaxed);
        pyrs_vm::jit::code_is_ready();
    }
}

/// Keeps parent and child apart when the process forks.
pub(crate) fn watch_forks(memory: &CodeMemory) {
    *FORK_MEMORY.lock().unwrap_or_else(|e| e.into_inner()) = Some(memory.clone());
    // SAFETY: the handlers are functions of this program and take no arguments.
    unsafe {
        libc::pthread_atfork(Some(before_fork), Some(in_parent), Some(in_child));
    }
}

static FORK_MEMORY: Mutex<Option<CodeMemory>> = Mutex::new(None);

/// What is locked while the process forks.
struct Forking {
    queue: MutexGuard<'static, Queue>,
    memory: Option<ForkGuard>,
}
static mut FORKING: Option<Forking> = None;

extern "C" fn before_fork() {
    let queue = queue();
    let memory = FORK_MEMORY.lock().unwrap_or_else(|e| e.into_inner());
    let memory = memory.as_ref().map(CodeMemory::before_fork);
    // SAFETY: the C library runs the handlers of one fork at a time.
    unsafe { FORKING = Some(Forking { queue, memory }) };
}

extern "C" fn in_parent() {
    // SAFETY: as `before_fork`.
    #[expect(static_mut_refs, reason = "one fork at a time")]
    unsafe {
        FORKING.take();
    }
}

extern "C" fn in_child() {
    // SAFETY: as `before_fork`; the child has one thread.
    #[expect(static_mut_refs, reason = "one fork at a time")]
    let Some(mut f) = (unsafe { FORKING.take() }) else {
        return;
    };
    if let Some(memory) = &mut f.memory {
        memory.in_child();
    }
    let q = &mut f.queue;
    q.lost |= q.alive;
    q.alive = false;
    q.jobs.clear();
    BACKLOG.store(0, Ordering::Relaxed);
    // Finished code was written before the fork and is the child's, too.
    drop(f);
    pyrs_vm::jit::code_is_ready();
}
