//! What a snapshot holds, as one SHA-256.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// The digest of a snapshot's files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a digest (an object)")]
pub struct SnapshotDigest {
    /// `sha256:` and 64 hexadecimal digits.
    pub digest: String,
    /// How many files it covers.
    pub files: usize,
}

/// Folders nested deeper than this are no snapshot.
const DEEPEST: usize = 64;

/// Digests every file below a directory that isn't hidden, or a lone file: for each, in the order of their
/// relative paths, the lengths of path and content, the path, the content. Links that stay inside are followed; of
/// one that leads out, which no snapshot reads, only its path counts.
///
/// # Errors
/// Where a file or folder can't be read.
pub fn digest_snapshot(path: &Path) -> io::Result<SnapshotDigest> {
    let root = fs::canonicalize(path)?;
    let mut files = BTreeMap::new();
    if root.is_dir() {
        collect(&root, &root, b"", 0, &mut files)?;
    } else {
        let name = path.file_name().map(|n| n.as_encoded_bytes().to_vec()).unwrap_or_default();
        files.insert(name, Some(root));
    }
    let mut hash = Sha256::new();
    for (name, file) in &files {
        add_file(&mut hash, name, file.as_deref())?;
    }
    Ok(SnapshotDigest { digest: render_digest(hash), files: files.len() })
}

/// A digest as text.
pub(super) fn render_digest(hash: Sha256) -> String {
    let digits: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{digits}")
}

/// The files of a folder by relative path; without a place where the link leads out.
fn collect(
    root: &Path,
    folder: &Path,
    prefix: &[u8],
    depth: usize,
    files: &mut BTreeMap<Vec<u8>, Option<PathBuf>>,
) -> io::Result<()> {
    if depth > DEEPEST {
        let why = format!("{}: more than {DEEPEST} folders deep", folder.display());
        return Err(io::Error::other(why));
    }
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name();
        let bytes = name.as_encoded_bytes();
        if bytes.starts_with(b".") {
            continue;
        }
        let separator: &[u8] = if prefix.is_empty() { b"" } else { b"/" };
        let relative = [prefix, separator, bytes].concat();
        let inside = fs::canonicalize(folder.join(&name)).ok().filter(|p| p.starts_with(root));
        match inside {
            Some(place) if place.is_dir() => collect(root, &place, &relative, depth + 1, files)?,
            place => {
                files.insert(relative, place.filter(|p| p.is_file()));
            }
        }
    }
    Ok(())
}

fn add_file(hash: &mut Sha256, name: &[u8], file: Option<&Path>) -> io::Result<()> {
    let length = |n: usize| u64::try_from(n).unwrap_or(u64::MAX).to_be_bytes();
    hash.update(length(name.len()));
    let Some(file) = file else {
        hash.update(u64::MAX.to_be_bytes());
        hash.update(name);
        return Ok(());
    };
    let mut content = fs::File::open(file)?;
    hash.update(content.metadata()?.len().to_be_bytes());
    hash.update(name);
    let mut buffer = vec![0; 1 << 16];
    loop {
        let read = content.read(&mut buffer)?;
        if read == 0 {
            return Ok(());
        }
        hash.update(buffer.get(..read).unwrap_or_default());
    }
}
