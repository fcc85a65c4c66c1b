//! Certificates as files.

use super::document::{Certificate, FORMAT};
use super::invariant::InvariantCertificate;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::ser::Formatter;
use std::fs;
use std::io::{self, Write};
use std::path::Path;

/// Larger files are no certificates that this program could have made of a snapshot within its limits.
const LARGEST: u64 = 4_000_000_000;

/// A certificate that can't be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// The file can't be read.
    #[error("{file}: {error}")]
    Unreadable {
        /// The file.
        file: String,
        /// The operating system's reason.
        error: io::Error,
    },
    /// It is too large, or no file.
    #[error("{file}: found {found}, expected a certificate of at most {LARGEST} bytes")]
    Unusable {
        /// The file.
        file: String,
        /// What it is.
        found: String,
    },
    /// It is no certificate.
    #[error("{file} at {pointer}: {found}")]
    Malformed {
        /// The file.
        file: String,
        /// Where in it.
        pointer: String,
        /// What was found, and what was expected.
        found: String,
    },
}

/// A certificate of either kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AnyCertificate {
    /// Of `can` or `who-can`.
    Question(Box<Certificate>),
    /// Of `reach`.
    Invariant(Box<InvariantCertificate>),
}

/// What tells the kinds apart.
#[derive(Deserialize)]
struct Head {
    #[serde(default)]
    kind: Option<serde_json::Value>,
}

/// Reads a certificate of `can` or `who-can`.
///
/// # Errors
/// Where the file can't be read or isn't one.
pub fn read_certificate(path: &Path) -> Result<Certificate, FileError> {
    let (file, bytes) = read_bytes(path)?;
    parse_certificate(&file, &bytes, |certificate: &Certificate| &certificate.format)
}

/// Reads a certificate of either kind.
///
/// # Errors
/// Where the file can't be read or isn't one.
pub fn read_any_certificate(path: &Path) -> Result<AnyCertificate, FileError> {
    let (file, bytes) = read_bytes(path)?;
    match serde_json::from_slice(&bytes) {
        Ok(Head { kind: Some(_) }) => {
            let read = parse_certificate(&file, &bytes, |c: &InvariantCertificate| &c.format)?;
            Ok(AnyCertificate::Invariant(Box::new(read)))
        }
        _ => {
            let read = parse_certificate(&file, &bytes, |c: &Certificate| &c.format)?;
            Ok(AnyCertificate::Question(Box::new(read)))
        }
    }
}

fn read_bytes(path: &Path) -> Result<(String, Vec<u8>), FileError> {
    let file = path.display().to_string();
    let unreadable = |error| FileError::Unreadable { file: file.clone(), error };
    let metadata = fs::metadata(path).map_err(unreadable)?;
    if !metadata.is_file() || metadata.len() > LARGEST {
        let found =
            if metadata.is_file() { format!("{} bytes", metadata.len()) } else { "no file".to_owned() };
        return Err(FileError::Unusable { file, found });
    }
    let bytes = fs::read(path).map_err(unreadable)?;
    Ok((file, bytes))
}

fn parse_certificate<C: DeserializeOwned>(
    file: &str,
    bytes: &[u8],
    format: impl Fn(&C) -> &String,
) -> Result<C, FileError> {
    let malformed = |pointer: String, found: String| FileError::Malformed {
        file: file.to_owned(),
        pointer: if pointer == "." { "/".to_owned() } else { pointer },
        found,
    };
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let certificate: C = serde_path_to_error::deserialize(&mut reader)
        .map_err(|error| malformed(error.path().to_string(), plain(&error.inner().to_string())))?;
    reader.end().map_err(|error| malformed("/".to_owned(), plain(&error.to_string())))?;
    if format(&certificate) != FORMAT {
        let found = format!("found `{}`, expected `{FORMAT}`", format(&certificate));
        return Err(malformed("format".to_owned(), found));
    }
    Ok(certificate)
}

/// A parser's message without the names of types.
fn plain(message: &str) -> String {
    let mut text = message.to_owned();
    for name in ["i32", "u32", "usize"] {
        text = text.replace(&format!("expected {name}"), "expected a whole number");
    }
    text
}

/// Writes a certificate: a line for each member of an object, lists of numbers on one line.
///
/// # Errors
/// Where the file can't be written.
pub fn write_certificate(certificate: &impl Serialize, path: &Path) -> io::Result<()> {
    let mut out = io::BufWriter::new(fs::File::create(path)?);
    let mut writer = serde_json::Serializer::with_formatter(&mut out, Lines { depth: 0 });
    certificate.serialize(&mut writer)?;
    out.write_all(b"\n")?;
    out.flush()
}

struct Lines {
    depth: usize,
}

impl Lines {
    fn line<W: ?Sized + Write>(&self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b"\n")?;
        (0..self.depth).try_for_each(|_| writer.write_all(b" "))
    }
}

impl Formatter for Lines {
    fn begin_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.depth += 1;
        writer.write_all(b"{")
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        writer.write_all(if first { b"" } else { b"," })?;
        self.line(writer)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b": ")
    }

    fn end_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.depth = self.depth.saturating_sub(1);
        self.line(writer)?;
        writer.write_all(b"}")
    }
}
