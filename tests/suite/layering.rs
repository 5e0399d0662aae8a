//! Dependencies between crates point one way. An edge that is not listed here is a design decision, not a detail.

use serde_json::Value;
use std::process::Command;

/// Each crate with the workspace crates it may depend on.
const ALLOWED: &[(&str, &[&str])] = &[
    ("pyrs-layout", &[]),
    ("pyrs-macros", &[]),
    ("pyrs-syntax", &[]),
    ("pyrs-numeric", &[]),
    ("pyrs-ucd", &[]),
    ("pyrs-sre", &["pyrs-ucd"]),
    ("pyrs-xml", &[]),
    ("pyrs-bytecode", &["pyrs-layout"]),
    ("pyrs-compile", &["pyrs-syntax", "pyrs-bytecode"]),
    (
        "pyrs-object",
        &["pyrs-layout", "pyrs-macros", "pyrs-numeric", "pyrs-ucd"],
    ),
    ("pyrs-builtins", &["pyrs-object", "pyrs-layout"]),
    (
        "pyrs-vm",
        &[
            "pyrs-builtins",
            "pyrs-bytecode",
            "pyrs-compile",
            "pyrs-syntax",
            "pyrs-object",
            "pyrs-layout",
            "pyrs-ucd",
        ],
    ),
    (
        "pyrs-stdlib",
        &[
            "pyrs-vm",
            "pyrs-object",
            "pyrs-layout",
            "pyrs-numeric",
            "pyrs-ucd",
            "pyrs-sre",
            "pyrs-xml",
            "pyrs-syntax",
            "pyrs-compile",
            "pyrs-bytecode",
        ],
    ),
    ("pyrs-ffi", &["pyrs-vm", "pyrs-object", "pyrs-layout"]),
    ("pyrs-jit-ir", &["pyrs-layout"]),
    (
        "pyrs-jit-record",
        &[
            "pyrs-jit-ir",
            "pyrs-vm",
            "pyrs-object",
            "pyrs-numeric",
            "pyrs-layout",
            "pyrs-bytecode",
        ],
    ),
    ("pyrs-jit-native", &["pyrs-jit-ir", "pyrs-layout"]),
    (
        "pyrs-jit-driver",
        &[
            "pyrs-jit-record",
            "pyrs-jit-native",
            "pyrs-jit-ir",
            "pyrs-vm",
            "pyrs-object",
            "pyrs-layout",
            "pyrs-bytecode",
        ],
    ),
    (
        "pyrs-cpyext",
        &[
            "pyrs-vm",
            "pyrs-object",
            "pyrs-layout",
            "pyrs-numeric",
            "pyrs-stdlib",
            "pyrs-syntax",
        ],
    ),
    ("pyrs-pkg", &[]),
];

/// Crates whose only business is not the JIT: Cranelift stays behind one door.
const CRANELIFT_USER: &str = "pyrs-jit-native";

#[test]
fn edges_are_listed() {
    let output = Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--no-deps",
            "--offline",
            "--format-version",
            "1",
        ])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo metadata");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let packages = metadata["packages"].as_array().expect("packages");
    let members: Vec<&str> = packages.iter().filter_map(|p| p["name"].as_str()).collect();
    let mut wrong = Vec::new();
    for package in packages {
        let name = package["name"].as_str().expect("a name");
        let allowed = ALLOWED.iter().find(|(n, _)| *n == name).map(|(_, a)| *a);
        if name != "pyrs" && allowed.is_none() {
            wrong.push(format!("{name} is not listed"));
        }
        for dependency in package["dependencies"].as_array().expect("dependencies") {
            let on = dependency["name"].as_str().expect("a name");
            if on.starts_with("cranelift") && name != CRANELIFT_USER {
                wrong.push(format!("{name} uses {on}: only {CRANELIFT_USER} may"));
            }
            // Tests may look at anything; the root is on top of all.
            if name == "pyrs" || dependency["kind"] == "dev" || !members.contains(&on) {
                continue;
            }
            if !allowed.is_some_and(|a| a.contains(&on)) {
                wrong.push(format!("{name} -> {on}"));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "dependencies that the design does not list:\n{}",
        wrong.join("\n")
    );
}

/// The table itself must not allow a cycle.
#[test]
fn allowed_edges_have_an_order() {
    let mut placed: Vec<&str> = Vec::new();
    while placed.len() < ALLOWED.len() {
        let before = placed.len();
        for (name, on) in ALLOWED {
            if !placed.contains(name) && on.iter().all(|d| placed.contains(d)) {
                placed.push(name);
            }
        }
        assert!(
            placed.len() > before,
            "cycle among {:?}",
            ALLOWED.iter().map(|a| a.0).collect::<Vec<_>>()
        );
    }
}
