//! Reports to look at: of the example, of many pipelines like its own, and of names that mean harm.

use crate::pipelines::write_pipelines;
use gateproof::ask::{AskError, CrossCheck, Estate, EstateOptions, Settings};
use gateproof::audit::{Audit, CONTROLS, Finding, IntentError, Waiver, parse_date};
use gateproof::config::{Config, ConfigError};
use gateproof::escalation::EscalationSettings;
use gateproof::pipelines::MappedPipeline;
use gateproof::render::report;
use gateproof_encodings::primitive::embedded;
use gateproof_model::snapshot::LoadError;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How many pipelines the pages show.
const SIZES: [usize; 3] = [20, 200, 500];

/// Of so many copies of a pipeline one is the vulnerable twin's.
const VULNERABLE: usize = 4;

/// Why the pages can't be written.
#[derive(Debug, thiserror::Error)]
pub enum PagesError {
    /// A snapshot can't be used.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// A question can't be asked.
    #[error(transparent)]
    Ask(#[from] AskError),
    /// The configuration can't be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// What is meant can't be read.
    #[error(transparent)]
    Intent(#[from] IntentError),
    /// Something can't be read or written.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The program's own attack steps can't be read.
    #[error("{0}")]
    Primitives(String),
}

/// Writes all pages to a directory.
///
/// # Errors
/// Where a snapshot can't be audited or a page not be written.
pub fn write_pages(directory: &Path) -> Result<(), PagesError> {
    fs::create_dir_all(directory)?;
    let snapshots = Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus/snapshots");
    let config = snapshots.join("gateproof.toml");
    let (acme, fixed) =
        (audited(&snapshots.join("acme"), &config)?, audited(&snapshots.join("acme-fixed"), &config)?);
    let put = |name: &str, audit: &Audit| fs::write(directory.join(name), report::html(audit, "acme"));
    put("example.html", &waived(acme.clone()))?;
    put("one.html", &only(&acme, "prod-deploy"))?;
    for size in SIZES {
        put(&format!("{size}.html"), &many(&acme, &fixed, size))?;
    }
    let scratch = tempfile::tempdir()?;
    write_pipelines(scratch.path(), 3, 3)?;
    spoil(scratch.path())?;
    let hostile = audited(scratch.path(), &config)?;
    fs::write(directory.join("hostile.html"), report::html(&hostile, HOSTILE[0].1))?;
    Ok(())
}

/// What a snapshot's audit says.
fn audited(snapshot: &Path, config: &Path) -> Result<Audit, PagesError> {
    let config = Config::beside(snapshot, Some(config))?;
    let estate = Estate::load(snapshot, EstateOptions::default())?;
    let primitives = embedded().map_err(|error| PagesError::Primitives(error.to_string()))?.to_vec();
    let ask = Settings {
        cross_check: CrossCheck::Never,
        environments: config.environments(),
        ..Settings::default()
    };
    let settings = EscalationSettings { ask, primitives, chains: 1, all_paths: false, for_anyone: false };
    Ok(Audit::of(&estate, &config.intent()?, (None, &CONTROLS), &settings)?)
}

/// The audit with one violation of each kind of control waived, and one waiver of nothing.
fn waived(mut audit: Audit) -> Audit {
    let violated = audit.findings.iter().filter(|finding| finding.is_blocking());
    let mut prefixes: Vec<String> = violated.take(2).map(|finding| finding.fingerprint.clone()).collect();
    prefixes.push("0123456789abcdef".to_owned());
    let dates = ["2027-06-30", "2026-01-31", "2027-06-30"];
    let waivers = prefixes.iter().zip(dates);
    let waivers: Vec<Waiver> = waivers
        .filter_map(|(prefix, date)| {
            Waiver::parse(prefix, "moves to a role of its own in spring", "platform team", date).ok()
        })
        .collect();
    if let Some(today) = parse_date("2026-12-01") {
        audit.waive(&waivers, today);
    }
    audit
}

/// The audit of one pipeline only.
fn only(audit: &Audit, name: &str) -> Audit {
    let mut one = audit.clone();
    one.pipelines.retain(|pipeline| pipeline.name == name);
    let arns: Vec<Arc<str>> = one.pipelines.iter().map(|pipeline| pipeline.arn.clone()).collect();
    one.findings.retain(|finding| arns.contains(&finding.pipeline));
    one
}

/// So many pipelines, each like one of the example's with all that is said of it.
fn many(acme: &Audit, fixed: &Audit, size: usize) -> Audit {
    let mut all = acme.clone();
    (all.pipelines, all.findings) = (Vec::new(), Vec::new());
    for n in 0..size {
        let twin = if n % VULNERABLE == 0 { acme } else { fixed };
        let Some(known) = twin.pipelines.get(n / VULNERABLE % twin.pipelines.len().max(1)) else { continue };
        let (pipeline, findings) = copied(known, &twin.findings, n);
        all.pipelines.push(pipeline);
        all.findings.extend(findings);
    }
    all
}

fn copied(known: &MappedPipeline, findings: &[Finding], n: usize) -> (MappedPipeline, Vec<Finding>) {
    let mut pipeline = known.clone();
    let teams = ["payments", "ledger", "search", "web", "mobile", "identity", "pricing", "data-platform"];
    let team = teams.get(n % teams.len()).copied().unwrap_or_default();
    pipeline.name = format!("{team}-{}-{n:03}", known.name);
    pipeline.arn = format!("{}-{n:03}", known.arn).into();
    pipeline.account = format!("{}", 222_222_222_222_u64 + (n % 20) as u64).into();
    let own = findings.iter().filter(|finding| finding.pipeline == known.arn).cloned();
    let renamed = own.map(|mut finding| {
        finding.pipeline = pipeline.arn.clone();
        finding.fingerprint = format!("{n:04x}{}", finding.fingerprint.get(4..).unwrap_or_default());
        finding
    });
    (pipeline.clone(), renamed.collect())
}

/// What stands in the example, and what mean harm in its place. None holds what would need escaping in JSON.
const HOSTILE: [(&str, &str); 6] = [
    ("acme-build-prod", "<img src=x onerror=alert(1)>"),
    ("prod-deploy", "<svg onload=alert(2)>"),
    ("Compile", "'onmouseover='alert(3)"),
    ("ReleaseManager", "\u{202e}reganaM\u{2066}\u{200b}"),
    ("alice.nguyen", "</script><script>alert(4)</script>&lt;b&gt;"),
    ("acme-release-approver", "-->]]><style>*{display:none}</style><!--"),
];

/// Puts harmful names in every file below a directory, and in their names.
fn spoil(directory: &Path) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let path: PathBuf = entry.path();
        if path.is_dir() {
            spoil(&path)?;
            continue;
        }
        let text = fs::read_to_string(&path)?;
        let mut spoilt = HOSTILE.iter().fold(text, |text, (old, new)| text.replace(old, new));
        // A stage's name stands in one file only, so that it may hold a quote.
        spoilt = spoilt.replace("\"name\": \"Build\"", "\"name\": \"\\\"><iframe src=//evil.example>\"");
        spoilt = spoilt.replace("\"name\":\"Build\"", "\"name\":\"\\\"><iframe src=//evil.example>\"");
        let name = entry.file_name().to_string_lossy().into_owned();
        let own = HOSTILE.iter().fold(name, |name, (old, new)| name.replace(old, &percent(new)));
        fs::remove_file(&path)?;
        fs::write(directory.join(own), spoilt)?;
    }
    Ok(())
}

/// As the names of a snapshot's files hold what a name may hold.
fn percent(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'-' | b'.' | b'_' => char::from(byte).to_string(),
        byte if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    text.bytes().map(byte).collect()
}
