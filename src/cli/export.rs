//! `--export FILE`: results as files, by their endings.

use super::CliError;
use crate::render::table::Table;
use serde_json::Value;
use std::path::PathBuf;
use std::str::FromStr;

/// A file to write, and how.
#[derive(Debug, Clone)]
pub(crate) struct Export {
    file: PathBuf,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Json,
    Csv,
    Markdown,
}

impl FromStr for Export {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let file = PathBuf::from(text);
        let ending = file.extension().and_then(|e| e.to_str()).map(str::to_ascii_lowercase);
        let kind = match ending.as_deref() {
            Some("json") => Kind::Json,
            Some("csv") => Kind::Csv,
            Some("md") => Kind::Markdown,
            Some("html" | "sarif") => return Err("html and sarif come with the audit report".to_owned()),
            _ => return Err("expected a file name that ends in .json, .csv or .md".to_owned()),
        };
        Ok(Self { file, kind })
    }
}

impl Export {
    /// Refuses what a command that has no rows to write can't do.
    pub(crate) fn must_be_json(&self, command: &str) -> Result<(), CliError> {
        if self.kind == Kind::Json {
            return Ok(());
        }
        let file = self.file.display();
        Err(CliError::Usage(format!("cannot export {command} to {file}: expected a name that ends in .json")))
    }

    /// Writes the result.
    pub(crate) fn write(&self, document: &Value, table: Option<&Table>) -> Result<(), CliError> {
        let text = match (self.kind, table) {
            (Kind::Csv, Some(table)) => table.render_csv(),
            (Kind::Markdown, Some(table)) => table.render_markdown(),
            _ => {
                let json = serde_json::to_string_pretty(document).map_err(std::io::Error::from)?;
                format!("{json}\n")
            }
        };
        std::fs::write(&self.file, text)
            .map_err(|error| CliError::Input(format!("cannot write {}: {error}", self.file.display())))
    }
}
