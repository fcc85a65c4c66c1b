//! The architecture's rules that the compiler does not keep: who may depend on whom, where the outside world is
//! touched, and how large things grow. A rule that nobody checks is gone in a month.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice, reason = "tests")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The folders that hold our Rust code.
const CODE: [&str; 8] =
    ["model/src", "encodings/src", "checker/src", "src", "benches", "tests", "fuzz", "model/tests"];

/// The folders of the pure core, and what each may do with files.
const CORE: [&str; 3] = ["model/src", "encodings/src", "checker/src"];

/// One Rust file of the repository.
struct SourceFile {
    /// Path from the repository's root, with forward slashes.
    path: String,
    text: String,
}

impl SourceFile {
    /// Whether the whole file is test code.
    fn is_test(&self) -> bool {
        self.path.split('/').any(|part| part == "tests" || part == "tests.rs" || part == "benches")
    }

    /// The text without the test module that closes the file.
    fn product_text(&self) -> &str {
        if self.is_test() {
            return "";
        }
        self.text.split_once("\n#[cfg(test)]\nmod tests").map_or(&self.text, |(product, _)| product)
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn collect_rust_files(folder: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() && path.file_name().is_some_and(|name| name != "target") {
            collect_rust_files(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

/// Every Rust file of ours.
fn source_files() -> Vec<SourceFile> {
    let mut paths = Vec::new();
    for folder in CODE {
        collect_rust_files(&root().join(folder), &mut paths);
    }
    paths.sort();
    let files: Vec<SourceFile> = paths
        .iter()
        .map(|path| SourceFile {
            path: path.strip_prefix(root()).unwrap().to_str().unwrap().replace('\\', "/"),
            text: fs::read_to_string(path).unwrap(),
        })
        // This file names what it forbids.
        .filter(|file| file.path != "tests/architecture.rs")
        .collect();
    assert!(files.len() > 20, "the walk found only {} files", files.len());
    files
}

/// Fails with one line for each offence.
fn assert_none(rule: &str, offences: &[String]) {
    assert!(offences.is_empty(), "{rule}:\n  {}", offences.join("\n  "));
}

/// The places (`path:line`) where a line of product code satisfies `is_offence`.
fn offending_lines(files: &[SourceFile], is_offence: impl Fn(&SourceFile, &str) -> bool) -> Vec<String> {
    let mut offences = Vec::new();
    for file in files {
        for (index, line) in file.product_text().lines().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            if is_offence(file, code) {
                offences.push(format!("{}:{}: {}", file.path, index + 1, line.trim()));
            }
        }
    }
    offences
}

/// The direct dependencies of each workspace package, by kind (`normal`, `dev`, `build`).
fn dependencies() -> BTreeMap<String, BTreeMap<String, BTreeSet<String>>> {
    let output = Command::new(std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned()))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline", "--manifest-path"])
        .arg(root().join("Cargo.toml"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let mut packages = BTreeMap::new();
    for package in metadata["packages"].as_array().unwrap() {
        let by_kind: &mut BTreeMap<String, BTreeSet<String>> =
            packages.entry(package["name"].as_str().unwrap().to_owned()).or_default();
        for dependency in package["dependencies"].as_array().unwrap() {
            let kind = dependency["kind"].as_str().unwrap_or("normal").to_owned();
            by_kind.entry(kind).or_default().insert(dependency["name"].as_str().unwrap().to_owned());
        }
    }
    packages
}

#[test]
fn dependencies_run_one_way() {
    let packages = dependencies();
    let allowed: [(&str, &[&str]); 3] = [
        ("gateproof-model", &[]),
        ("gateproof-encodings", &["gateproof-model"]),
        ("gateproof-checker", &["gateproof-encodings", "gateproof-model"]),
    ];
    for (package, may_use) in allowed {
        for (kind, names) in &packages[package] {
            for name in names.iter().filter(|name| name.starts_with("gateproof")) {
                // Test data for the checker may be made with anything; what is shipped may not.
                let fine =
                    may_use.contains(&name.as_str()) || (package == "gateproof-checker" && kind == "dev");
                assert!(fine, "{package} must not depend on {name} ({kind})");
            }
            for solver in ["z3", "z3-sys", "batsat"] {
                assert!(!names.contains(solver), "{package} must not know the solver {solver}");
            }
        }
    }
}

#[test]
fn only_one_file_names_the_z3_binding() {
    let files = source_files();
    let names_binding = |text: &str| {
        let ours = ["self::z3::", "super::z3::", "solver::z3::"];
        let foreign = ours.iter().fold(text.to_owned(), |text, path| text.replace(path, ""));
        foreign.contains("z3::") || foreign.contains("z3_sys") || foreign.contains("extern crate z3")
    };
    let naming: Vec<&str> =
        files.iter().filter(|file| names_binding(&file.text)).map(|file| file.path.as_str()).collect();
    assert_eq!(naming, ["src/solver/z3.rs"]);
}

#[test]
fn the_checker_shares_no_code_with_the_search_or_the_evaluator() {
    // What a proof is about: tokens, points, and which letters are the same letter. Nothing that decides.
    let data =
        ["gateproof_model::pattern::Token", "gateproof_model::operand::Point", "gateproof_model::text::{"];
    let offences = offending_lines(&source_files(), |file, code| {
        let decides =
            ["emptiness", "classes", "evaluat", "authorize", "batsat"].iter().any(|name| code.contains(name));
        let foreign = code.contains("gateproof_model") && !data.iter().any(|path| code.contains(path));
        file.path.starts_with("checker/") && (decides || foreign)
    });
    assert_none("the checker judges alone", &offences);
}

#[test]
fn certificates_are_verified_without_a_search() {
    let files = source_files();
    let verifies =
        ["verify", "verify/claim", "ledger", "describe", "digest", "document", "file", "question", "refusal"]
            .map(|name| format!("src/certificate/{name}.rs"));
    let here = |path: &str| verifies.iter().any(|v| v == path) || path == "src/cli/verify_certificate.rs";
    assert_eq!(files.iter().filter(|file| here(&file.path)).count(), verifies.len() + 1);
    let offences = offending_lines(&files, |file, code| {
        let searches = [
            "engine",
            "emptiness",
            "solver",
            "z3",
            "batsat",
            "decide(",
            "decide_",
            "export(",
            "prefilter",
            "grantees",
        ];
        here(&file.path) && searches.iter().any(|name| code.to_lowercase().contains(name))
    });
    assert_none("the verifier searches for nothing", &offences);
}

#[test]
fn the_checker_stays_small_enough_to_read() {
    let files = source_files();
    let own = files.iter().filter(|file| file.path.starts_with("checker/src"));
    let lines: usize = own.map(|file| file.product_text().lines().count()).sum();
    assert!(lines <= 600, "the checker has {lines} lines, at most 600 are meant to be read");
}

#[test]
fn the_core_touches_no_clock_environment_network_or_process() {
    let outside = [
        "std::env",
        "TcpStream",
        "UdpSocket",
        "ToSocketAddrs",
        "std::process",
        "SystemTime",
        "Instant::now",
        "std::thread",
        "Zoned::now",
        "Timestamp::now",
    ];
    let offences = offending_lines(&source_files(), |file, code| {
        CORE.iter().any(|folder| file.path.starts_with(folder))
            && outside.iter().any(|name| code.contains(name))
    });
    assert_none("the core is pure", &offences);
}

#[test]
fn the_core_reads_files_only_to_load_snapshots() {
    let offences = offending_lines(&source_files(), |file, code| {
        let loads = file.path.starts_with("model/src/snapshot/") || file.path == "model/src/snapshot.rs";
        let in_core = CORE.iter().any(|folder| file.path.starts_with(folder));
        in_core && !loads && ["std::fs", "fs::", "File::open"].iter().any(|name| code.contains(name))
    });
    assert_none("files are read by model::snapshot alone", &offences);
}

#[test]
fn panics_are_caught_in_one_place() {
    let offences = offending_lines(&source_files(), |file, code| {
        code.contains("catch_unwind(") && file.path != "src/solver/z3.rs"
    });
    assert_none("only the solver binding is caught", &offences);
}

#[test]
fn every_package_keeps_the_workspace_lints() {
    for package in ["", "model", "encodings", "checker", "benches"] {
        let manifest = fs::read_to_string(root().join(package).join("Cargo.toml")).unwrap();
        assert!(manifest.contains("[lints]\nworkspace = true"), "{package}/Cargo.toml drops the lints");
    }
}

#[test]
fn lints_are_not_silenced_in_product_code() {
    let offences = offending_lines(&source_files(), |_, code| {
        let code = code.trim_start();
        code.starts_with("#[allow(") || code.starts_with("#![allow(")
    });
    assert_none("an exception is an `expect` with a reason", &offences);
}

#[test]
fn nothing_is_left_unfinished_or_switched_off() {
    let files = source_files();
    let mut offences = Vec::new();
    for file in &files {
        for mark in ["#[ignore", "todo!(", "unimplemented!(", "dbg!(", "FIXME"] {
            if file.text.contains(mark) {
                offences.push(format!("{}: {mark}", file.path));
            }
        }
    }
    assert_none("a known gap is a line in corpus/gaps.toml", &offences);
}

#[test]
fn files_and_functions_stay_readable() {
    let mut offences = Vec::new();
    for file in source_files() {
        let lines: Vec<&str> = file.product_text().lines().collect();
        if lines.len() > 600 {
            offences.push(format!("{}: {} lines, at most 600", file.path, lines.len()));
        }
        for (name, start, length) in functions(&lines) {
            if length > 80 {
                offences.push(format!("{}:{}: {name} has {length} lines, at most 80", file.path, start + 1));
            }
        }
    }
    assert_none("long files and functions hide a second idea", &offences);
}

/// The functions of formatted code: name, first line and number of lines. rustfmt puts a body's closing brace
/// under the first character of its `fn` line.
fn functions(lines: &[&str]) -> Vec<(String, usize, usize)> {
    let mut found = Vec::new();
    for (start, line) in lines.iter().enumerate() {
        let code = line.trim_start();
        let indent = &line[..line.len() - code.len()];
        let declaration = ["pub(crate) ", "pub(super) ", "pub ", "const "]
            .iter()
            .fold(code, |code, prefix| code.strip_prefix(prefix).unwrap_or(code));
        let Some(rest) = declaration.strip_prefix("fn ") else { continue };
        let name = rest.split(['(', '<']).next().unwrap_or_default().to_owned();
        let closing = format!("{indent}}}");
        let one_line = line.ends_with('}') || line.ends_with(';');
        let end = lines.iter().skip(start).position(|candidate| *candidate == closing);
        if let (false, Some(length)) = (one_line, end) {
            found.push((name, start, length + 1));
        }
    }
    found
}

#[test]
fn the_function_counter_counts() {
    let text = "pub fn short() -> u8 { 1 }\nimpl X {\n    pub(crate) fn long<T>(\n        x: T,\n    ) {\n        if x {\n        }\n    }\n}";
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(functions(&lines), vec![("long".to_owned(), 2, 6)]);
}

#[test]
fn rooms_are_named_after_what_is_in_them() {
    let offences: Vec<String> = source_files()
        .iter()
        .filter(|file| {
            let vague = ["mod", "utils", "util", "helpers", "helper", "common", "misc"];
            file.path.split('/').any(|part| vague.contains(&part.trim_end_matches(".rs")))
        })
        .map(|file| file.path.clone())
        .collect();
    assert_none("no mod.rs, no utils, helpers or common", &offences);
}
