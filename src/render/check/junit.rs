//! Properties as JUnit XML: a suite a file, a case a property. Violated: a failure. Undecided: skipped, with the reason.

use crate::check::{Checked, Decided};
use crate::render::junit::{Case, document};

/// The document.
pub fn xml(checked: &[Checked]) -> String {
    let mut suites: Vec<(String, Vec<Case>)> = Vec::new();
    for one in checked {
        match suites.last_mut().filter(|(file, _)| *file == one.file) {
            Some((_, cases)) => cases.push(case(one)),
            None => suites.push((one.file.clone(), vec![case(one)])),
        }
    }
    document("gateproof check", &suites)
}

fn case(checked: &Checked) -> Case {
    let Checked { property, decided, .. } = checked;
    let Decided { violations, doubts, .. } = decided;
    let severity = property.severity.map(|severity| format!("{severity}: ")).unwrap_or_default();
    let violations = violations.iter().map(|v| format!("{severity}{}: {}", v.principal, v.message));
    let doubts =
        doubts.iter().map(|d| format!("undecided: {}: {} {}", d.principal, d.why.reason, d.why.place));
    Case {
        class: property.kind.name().to_owned(),
        name: property.name.clone(),
        failures: violations.collect(),
        skipped: doubts.map(|text| text.trim_end().to_owned()).collect(),
    }
}
