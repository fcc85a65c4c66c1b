//! The attack steps: those that come with the program, and a team's own.

use super::{CliError, Global};
use crate::ask::Settings;
use crate::config::Config;
use crate::escalation::EscalationSettings;
use gateproof_encodings::primitive::{Primitive, embedded, parse_primitive};
use std::path::{Path, PathBuf};

/// How escalation is looked for, with all steps.
pub(super) fn escalation(
    global: &Global,
    config: &Config,
    ask: Settings,
) -> Result<EscalationSettings, CliError> {
    Ok(EscalationSettings {
        ask,
        primitives: primitives(global, config)?,
        chains: 1,
        all_paths: false,
        for_anyone: false,
    })
}

/// Begins to read the program's own steps, and what they are checked against, while a snapshot is read.
pub(super) fn read_ahead() {
    std::thread::spawn(embedded);
}

/// All steps, by id: the program's, and those of `--primitives` or of the configuration.
pub(super) fn primitives(global: &Global, config: &Config) -> Result<Vec<Primitive>, CliError> {
    let mut all = embedded().map_err(|e| CliError::Input(e.to_string()))?.to_vec();
    let Some(folder) = global.primitives.as_deref().or(config.primitives()) else { return Ok(all) };
    for file in files(folder)? {
        let shown = file.display().to_string();
        let text = std::fs::read_to_string(&file).map_err(|e| unreadable(&file, &e))?;
        let primitive = parse_primitive(&shown, &text).map_err(|e| CliError::Input(e.to_string()))?;
        if all.iter().any(|known| known.id == primitive.id) {
            let id = &primitive.id;
            return Err(CliError::Input(format!(
                "{shown}: found the id `{id}` of another step, expected a new one"
            )));
        }
        all.push(primitive);
    }
    all.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(all)
}

/// The `.yaml` files of a directory, by name. One without any is a mistake.
fn files(folder: &Path) -> Result<Vec<PathBuf>, CliError> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(|e| unreadable(folder, &e))? {
        let path = entry.map_err(|e| unreadable(folder, &e))?.path();
        if path.extension().is_some_and(|extension| extension == "yaml") {
            files.push(path);
        }
    }
    if files.is_empty() {
        let shown = folder.display();
        return Err(CliError::Input(format!("{shown}: found no .yaml files, expected attack steps")));
    }
    files.sort();
    Ok(files)
}

fn unreadable(path: &Path, error: &std::io::Error) -> CliError {
    CliError::Input(format!("{}: {error}", path.display()))
}
