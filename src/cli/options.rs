//! Parsing of the command line.

use pyrs_stdlib::sys::Flags;
use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;

/// What to run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    Command(String),
    Module(String),
    Script(String),
    Stdin,
}

/// A parsed command line.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    pub(crate) target: Target,
    /// `sys.argv` behind its first element.
    pub(crate) args: Vec<String>,
    pub(crate) orig_argv: Vec<String>,
    pub(crate) flags: Flags,
    pub(crate) warnoptions: Vec<String>,
    pub(crate) xoptions: Vec<(String, Option<String>)>,
    pub(crate) unbuffered: bool,
    pub(crate) skip_first_line: bool,
    /// The command as it came, if it is not UTF-8.
    pub(crate) undecodable: Option<Vec<u8>>,
    pub(crate) jit: Jit,
    pub(crate) tracemalloc: i64,
    /// `--check-hash-based-pycs`.
    pub(crate) check_hash_pycs: String,
}

/// The JIT's options.
#[derive(Clone, Debug, Default)]
pub(crate) struct Jit {
    pub(crate) enabled: bool,
    pub(crate) threshold: Option<u32>,
    pub(crate) sync: bool,
    pub(crate) stress: Option<String>,
    pub(crate) stats: bool,
    pub(crate) dump: Vec<String>,
    /// Passes that are left out.
    pub(crate) without: Vec<String>,
    /// Another target to lower for.
    pub(crate) cross: Option<String>,
}

pub(crate) enum Parsed {
    Run(Box<Options>),
    Print(String),
    /// The settings make no sense: the text is an error, the exit code 1.
    Fatal(String),
}

const USAGE_LINE: &str = "usage: pyrs [option] ... [-c cmd | -m mod | file | -] [arg] ...\n";
const HELP: &str = "\
Options (and corresponding environment variables):
-b     : warn about str(bytes_instance), str(bytearray_instance) and
         comparing bytes/bytearray with str (-bb: issue errors)
-B     : don't write .pyc files on import; also PYTHONDONTWRITEBYTECODE=x
-c cmd : program passed in as string (terminates option list)
-d     : debugging output of the parser; accepted, without effect
-E     : ignore PYTHON* environment variables (such as PYTHONPATH)
-h     : print this help message and exit (also -? or --help)
-i     : inspect interactively after running script; forces a prompt even
         if stdin does not appear to be a terminal; also PYTHONINSPECT=x
-I     : isolate from the user's environment (implies -E -P and -s)
-m mod : run library module as a script (terminates option list)
-O     : remove assert and __debug__-dependent statements; also PYTHONOPTIMIZE=x
-OO    : do -O changes and also discard docstrings
-P     : don't prepend a potentially unsafe path to sys.path; also PYTHONSAFEPATH
-q     : don't print version and copyright messages on interactive startup
-s     : don't add user site directory to sys.path; also PYTHONNOUSERSITE
-S     : don't imply 'import site' on initialization
-u     : force the stdout and stderr streams to be unbuffered; also PYTHONUNBUFFERED=x
-v     : verbose (trace import statements); also PYTHONVERBOSE=x
-V     : print the version number and exit (also --version)
-W arg : warning control; arg is action:message:category:module:lineno;
         also PYTHONWARNINGS=arg
-x     : skip first line of source, allowing use of non-Unix forms of #!cmd
-X opt : set implementation-specific option; audit (or audit=N, audits after N
         calls) watches what C extensions do to objects and counts
file   : program read from script file
-      : program read from stdin (default; interactive mode if a tty)
arg ...: arguments passed to program in sys.argv[1:]

The JIT:
--jit              : compile hot loops and functions to machine code (the default)
--no-jit           : interpret only
--jit-threshold N  : compile a loop after N iterations
--jit-sync         : compile on the running thread
--jit-stress MODE  : exits, every, or random:SEED; for testing
--jit-stats        : print what was compiled at exit
--jit-without PASS : leave out a pass of the optimizer; for finding faults
--jit-cross TARGET : at exit lower all regions for TARGET (such as
                     aarch64-unknown-linux-gnu), too; for testing
--jit-dump WHAT    : print ir, asm, or both (ir,asm) of what is compiled

The standard library is that of an installed CPython 3.11: PYRS_HOME, PYTHONHOME, the
active virtual environment, then the usual places are looked at.

PYRS_CACHE         : folder for what is kept between runs (~/.cache/pyrs); 0: nothing is kept
";

/// The whole usage text.
fn help() -> String {
    format!("{USAGE_LINE}{HELP}")
}
fn usage_error(message: &str) -> String {
    format!("{message}\n{USAGE_LINE}Try `pyrs -h' for more information.\n")
}

/// Arguments as Python sees them: undecodable bytes as surrogate escapes cannot be held in a Rust string, so they are
/// replaced by what the file-system encoding gives back on use.
fn text(s: &OsString) -> String {
    String::from_utf8_lossy(s.as_bytes()).into_owned()
}

fn env(flags: &Flags, name: &str) -> Option<String> {
    if flags.ignore_environment != 0 {
        return None;
    }
    std::env::var(name).ok().filter(|v| !v.is_empty())
}
fn env_level(flags: &Flags, name: &str) -> i64 {
    env(flags, name).map_or(0, |v| v.parse::<i64>().map_or(1, |n| n.max(1)))
}

/// Parses the whole command line (with the program name in front).
pub(crate) fn parse(raw: Vec<OsString>) -> Result<Parsed, String> {
    let argv: Vec<String> = raw.iter().map(text).collect();
    let mut o = Options {
        target: Target::Stdin,
        args: Vec::new(),
        orig_argv: argv.clone(),
        flags: Flags {
            hash_randomization: 1,
            int_max_str_digits: -1,
            ..Flags::default()
        },
        warnoptions: Vec::new(),
        xoptions: Vec::new(),
        tracemalloc: 0,
        check_hash_pycs: String::from("default"),
        unbuffered: false,
        skip_first_line: false,
        undecodable: None,
        jit: Jit {
            enabled: true,
            ..Jit::default()
        },
    };
    let mut cli_warnings = Vec::new();
    let mut version = 0;
    let mut i = 1;
    'args: while i < argv.len() {
        let arg = argv[i].clone();
        if arg == "-" || !arg.starts_with('-') {
            break;
        }
        i += 1;
        if arg == "--" {
            break;
        }
        if let Some(long) = arg.strip_prefix("--") {
            let (name, mut value) = match long.split_once('=') {
                Some((n, v)) => (n.to_string(), Some(v.to_string())),
                None => (long.to_string(), None),
            };
            let mut argument = |i: &mut usize| -> Result<String, String> {
                if let Some(v) = value.take() {
                    return Ok(v);
                }
                let v = argv.get(*i).cloned();
                *i += 1;
                v.ok_or_else(|| usage_error(&format!("Argument expected for the --{name} options")))
            };
            match name.as_str() {
                "help" => return Ok(Parsed::Print(help())),
                "help-env" | "help-xoptions" | "help-all" => return Ok(Parsed::Print(help())),
                "version" => version = 1,
                "check-hash-based-pycs" => {
                    let v = argument(&mut i)?;
                    if !matches!(v.as_str(), "always" | "never" | "default") {
                        return Err(usage_error(
                            "--check-hash-based-pycs must be one of 'default', 'always', or 'never'",
                        ));
                    }
                    o.check_hash_pycs = v;
                }
                "jit" => o.jit.enabled = true,
                "no-jit" => o.jit.enabled = false,
                "jit-sync" => o.jit.sync = true,
                "jit-stats" => o.jit.stats = true,
                "jit-threshold" => {
                    let v = argument(&mut i)?;
                    let n = v.parse().map_err(|_| {
                        usage_error(&format!("--jit-threshold takes a whole number, not '{v}'"))
                    })?;
                    o.jit.threshold = Some(n);
                }
                "jit-stress" => {
                    let v = argument(&mut i)?;
                    let seed = v
                        .strip_prefix("random:")
                        .is_some_and(|s| s.parse::<u64>().is_ok());
                    if v != "exits" && v != "every" && !seed {
                        return Err(usage_error(&format!(
                            "--jit-stress is one of exits, every, random:SEED, not '{v}'"
                        )));
                    }
                    o.jit.stress = Some(v);
                }
                "jit-without" => {
                    let v = argument(&mut i)?;
                    o.jit.without.push(v);
                }
                "jit-cross" => o.jit.cross = Some(argument(&mut i)?),
                "jit-dump" => {
                    let v = argument(&mut i)?;
                    for what in v.split(',') {
                        if what != "ir" && what != "asm" {
                            return Err(usage_error(&format!(
                                "--jit-dump knows ir and asm, not '{what}'"
                            )));
                        }
                        o.jit.dump.push(what.to_string());
                    }
                }
                _ => return Err(usage_error(&format!("unknown option --{name}"))),
            }
            continue;
        }
        let letters: Vec<char> = arg.chars().skip(1).collect();
        let mut k = 0;
        while k < letters.len() {
            let c = letters[k];
            k += 1;
            let mut argument = |i: &mut usize| -> Result<String, String> {
                if k < letters.len() {
                    let rest: String = letters[k..].iter().collect();
                    k = letters.len();
                    return Ok(rest);
                }
                let v = argv.get(*i).cloned();
                *i += 1;
                v.ok_or_else(|| usage_error(&format!("Argument expected for the -{c} option")))
            };
            match c {
                'b' => o.flags.bytes_warning += 1,
                'B' => o.flags.dont_write_bytecode += 1,
                'c' => {
                    let before = i;
                    let text = argument(&mut i)?;
                    // Behind the letter, or the next argument.
                    let bytes = raw[i - 1].as_bytes();
                    let bytes = if i == before {
                        let place = bytes.iter().position(|b| *b == b'c').unwrap_or(0);
                        &bytes[place + 1..]
                    } else {
                        bytes
                    };
                    o.target = Target::Command(text + "\n");
                    if std::str::from_utf8(bytes).is_err() {
                        o.undecodable = Some(bytes.to_vec());
                    }
                    break 'args;
                }
                'm' => {
                    o.target = Target::Module(argument(&mut i)?);
                    break 'args;
                }
                'd' => o.flags.debug += 1,
                'E' => o.flags.ignore_environment += 1,
                'h' | '?' => return Ok(Parsed::Print(help())),
                'i' => {
                    o.flags.inspect += 1;
                    o.flags.interactive += 1;
                }
                'I' => {
                    o.flags.isolated += 1;
                    o.flags.ignore_environment += 1;
                    o.flags.no_user_site += 1;
                    o.flags.safe_path = true;
                }
                'O' => o.flags.optimize += 1,
                'P' => o.flags.safe_path = true,
                'q' => o.flags.quiet += 1,
                'R' => {}
                's' => o.flags.no_user_site += 1,
                'S' => o.flags.no_site += 1,
                't' => {}
                'u' => o.unbuffered = true,
                'v' => o.flags.verbose += 1,
                'V' => version += 1,
                'W' => cli_warnings.push(argument(&mut i)?),
                'x' => o.skip_first_line = true,
                'X' => {
                    let v = argument(&mut i)?;
                    o.xoptions.push(match v.split_once('=') {
                        Some((n, v)) => (n.to_string(), Some(v.to_string())),
                        None => (v, None),
                    });
                }
                _ => return Err(usage_error(&format!("Unknown option: -{c}"))),
            }
        }
    }
    if version > 0 {
        let long = if version > 1 {
            format!(" (pyrs {}) [Rust]", env!("CARGO_PKG_VERSION"))
        } else {
            String::new()
        };
        return Ok(Parsed::Print(format!("Python 3.11.2{long}\n")));
    }
    if matches!(o.target, Target::Stdin) && i < argv.len() {
        if argv[i] != "-" {
            o.target = Target::Script(argv[i].clone());
        }
        i += 1;
    }
    o.args = argv.get(i..).unwrap_or(&[]).to_vec();
    if let Err(text) = apply_environment(&mut o) {
        return Ok(Parsed::Fatal(text));
    }
    if let Some(list) = env(&o.flags, "PYTHONWARNINGS") {
        o.warnoptions.extend(list.split(',').map(str::to_string));
    }
    o.warnoptions.extend(cli_warnings);
    if o.flags.bytes_warning > 0 {
        o.warnoptions
            .push(String::from(if o.flags.bytes_warning > 1 {
                "error::BytesWarning"
            } else {
                "default::BytesWarning"
            }));
    }
    if o.flags.dev_mode {
        o.warnoptions.insert(0, String::from("default"));
    }
    Ok(Parsed::Run(Box::new(o)))
}

/// PEP 540: by the command line, the environment, or because the locale says nothing.
fn utf8_mode(o: &Options) -> Result<i64, String> {
    let invalid = |what: &str| {
        format!(
            "Fatal Python error: preconfig_init_utf8_mode: invalid {what} value\nPython runtime state: preinitializing\n\n"
        )
    };
    if let Some((_, value)) = o.xoptions.iter().rev().find(|(k, _)| k == "utf8") {
        return match value.as_deref() {
            None | Some("1") => Ok(1),
            Some("0") => Ok(0),
            Some(_) => Err(invalid("-X utf8 option")),
        };
    }
    match env(&o.flags, "PYTHONUTF8").as_deref() {
        Some("1") => Ok(1),
        Some("0") => Ok(0),
        Some(_) => Err(invalid("PYTHONUTF8 environment variable")),
        None => {
            // Without LC_ALL the "C" locale is taken for C.UTF-8 (PEP 538).
            let fixed = std::env::var_os("LC_ALL").is_some_and(|v| !v.is_empty())
                || env(&o.flags, "PYTHONCOERCECLOCALE").as_deref() == Some("0");
            let locale = pyrs_stdlib::ctype_locale();
            Ok(i64::from(fixed && matches!(locale.as_str(), "C" | "POSIX")))
        }
    }
}

/// Frames in the tracebacks of allocations that are traced from the start; 0 for no tracing.
fn tracemalloc(o: &Options) -> Result<i64, String> {
    let parse = |what: &str, v: &str| match v.parse::<i32>() {
        Ok(n) if n >= 0 => Ok(i64::from(n)),
        _ => Err(format!(
            "Fatal Python error: config_init_tracemalloc: {what}: invalid number of frames\nPython runtime state: preinitialized\n\n"
        )),
    };
    let mut frames = match env(&o.flags, "PYTHONTRACEMALLOC") {
        Some(v) => parse("PYTHONTRACEMALLOC", &v)?,
        None => 0,
    };
    if let Some((_, v)) = o.xoptions.iter().find(|(k, _)| k == "tracemalloc") {
        frames = match v {
            Some(v) => parse("-X tracemalloc=NFRAME", v)?,
            None => 1,
        };
    }
    let most = pyrs_object::tracemalloc::MAX_FRAMES;
    if frames > i64::from(most) {
        // SAFETY: no preconditions.
        let thread = unsafe { libc::pthread_self() };
        return Err(format!(
            "Fatal Python error: init_interp_main: can't initialize tracemalloc\nPython runtime state: core initialized\nValueError: the number of frames must be in range [1; {most}]\n\nCurrent thread {thread:#018x} (most recent call first):\n  <no Python frame>\n"
        ));
    }
    Ok(frames)
}

fn apply_environment(o: &mut Options) -> Result<(), String> {
    let f = o.flags;
    o.flags.optimize = f.optimize.max(env_level(&f, "PYTHONOPTIMIZE"));
    o.flags.verbose = f.verbose.max(env_level(&f, "PYTHONVERBOSE"));
    o.flags.debug = f.debug.max(env_level(&f, "PYTHONDEBUG"));
    o.flags.dont_write_bytecode = f
        .dont_write_bytecode
        .max(env_level(&f, "PYTHONDONTWRITEBYTECODE"));
    o.flags.no_user_site = f.no_user_site.max(env_level(&f, "PYTHONNOUSERSITE"));
    if env(&f, "PYTHONSAFEPATH").is_some() {
        o.flags.safe_path = true;
    }
    if env(&f, "PYTHONINSPECT").is_some() {
        o.flags.inspect = o.flags.inspect.max(1);
    }
    if env(&f, "PYTHONUNBUFFERED").is_some() {
        o.unbuffered = true;
    }
    if env(&f, "PYTHONDEVMODE").is_some() || o.xoptions.iter().any(|(k, _)| k == "dev") {
        o.flags.dev_mode = true;
    }
    if env(&f, "PYTHONWARNDEFAULTENCODING").is_some()
        || o.xoptions.iter().any(|(k, _)| k == "warn_default_encoding")
    {
        o.flags.warn_default_encoding = 1;
    }
    if env(&f, "PYTHONNODEBUGRANGES").is_some()
        || o.xoptions.iter().any(|(k, _)| k == "no_debug_ranges")
    {
        pyrs_vm::source::set_debug_ranges(false);
    }
    o.flags.utf8_mode = utf8_mode(o)?;
    o.tracemalloc = tracemalloc(o)?;
    match env(&f, "PYTHONHASHSEED").as_deref() {
        None | Some("random") => {}
        Some(v) => match v.parse::<u32>() {
            Ok(seed) => o.flags.hash_randomization = i64::from(seed != 0),
            Err(_) => {
                return Err(String::from(
                    "Fatal Python error: config_init_hash_seed: PYTHONHASHSEED must be \"random\" or an integer in range [0; 4294967295]\nPython runtime state: preinitialized\n\n",
                ));
            }
        },
    }
    let option = o.xoptions.iter().find(|(k, _)| k == "int_max_str_digits");
    let (name, digits) = match option {
        Some((_, v)) => ("-X int_max_str_digits", Some(v.clone().unwrap_or_default())),
        None => ("PYTHONINTMAXSTRDIGITS", env(&f, "PYTHONINTMAXSTRDIGITS")),
    };
    if let Some(v) = digits {
        match v.parse::<i64>() {
            Ok(n) if n == 0 || n >= 640 => o.flags.int_max_str_digits = n,
            _ => {
                return Err(format!(
                    "Fatal Python error: config_init_int_max_str_digits: {name}: invalid limit; must be >= 640 or 0 for unlimited.\nPython runtime state: preinitialized\n\n"
                ));
            }
        }
    }
    Ok(())
}
