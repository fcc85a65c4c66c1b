//! `version`.

use super::{CliError, Global, exit};
use gateproof_model::catalogue::Catalogue;
use serde_json::json;

pub(crate) fn run(global: &Global) -> Result<u8, CliError> {
    global.must_export_json("version")?;
    let own = env!("CARGO_PKG_VERSION");
    let z3 = crate::solver::z3::linked_version();
    crate::solver::Z3::new()?;
    let mut text = format!("gateproof {own}\nZ3 {z3} (linked)\n");
    let mut sources = Vec::new();
    for source in Catalogue::versions() {
        text.push_str(&format!(
            "{}: {} {} of {}\n",
            source.part, source.package, source.version, source.date
        ));
        sources.push(json!({
            "part": source.part, "package": source.package, "version": source.version, "date": source.date,
        }));
    }
    let json = json!({"format": "gateproof-version/1", "gateproof": own, "z3": z3, "data": sources});
    global.publish(&json, &text, None)?;
    Ok(exit::ANSWERED)
}
