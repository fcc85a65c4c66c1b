//! CB-7: no secret stands in a project.

use super::super::case::Case;
use super::super::control::Control;
use super::super::evidence::{Evidence, Field};
use super::super::finding::Severity;
use crate::ask::AskError;
use gateproof_model::configuration::codebuild::{BuildProject, Telltale};

/// The control.
pub const CONTROL: Control = Control {
    id: "CB-7",
    title: "no secret stands in plain text in a build project",
    reason: "whoever may look at a project reads its variables, and every build prints them when asked to",
    severity: Severity::High,
    reads: &[
        "codebuild batch-get-projects: projects[].{environment.environmentVariables[].{type,name,value},source.location,secondarySources[].location}",
    ],
    decides: "no `PLAINTEXT` variable has the name of a secret, or a value of the form of a key, token or address with a password; no source's \
              address holds a user, a password or a query. Values are looked at while the file is read, and not kept",
    remedy: "keep the value in Secrets Manager or as a SecureString, name it there (`SECRETS_MANAGER`, `PARAMETER_STORE`), and change it",
    decide,
};

fn decide(case: &mut Case<'_>) -> Result<(), AskError> {
    for (arn, told) in case.projects() {
        let Some(Some(project)) = case.told(&arn, "the build project", told) else { continue };
        let faults = faults_of(&project);
        if faults.is_empty() {
            let names =
                project.environment.environment_variables.iter().map(|variable| variable.name.as_str());
            let names = names.collect::<Vec<_>>().join(", ");
            let evidence = vec![Evidence::Fields(vec![Field::of("environmentVariables[].name", names)])];
            case.holds(&arn, "nothing in the project looks like a secret", evidence);
        }
        for (offender, message) in faults {
            let evidence = vec![Evidence::Fields(vec![Field::of("name", &offender)])];
            case.violated((&arn, &offender), message, evidence);
        }
    }
    Ok(())
}

/// What looks like a secret, by where it stands.
fn faults_of(project: &BuildProject) -> Vec<(String, String)> {
    let mut faults = Vec::new();
    for variable in &project.environment.environment_variables {
        let name = &variable.name;
        let message = match variable.telltale {
            Some(Telltale::Name) => {
                format!("the variable `{name}` holds in plain text what its name calls a secret")
            }
            Some(Telltale::Form) => {
                format!("the variable `{name}` holds in plain text what has the form of a secret")
            }
            None => continue,
        };
        faults.push((name.clone(), message));
    }
    for location in project.sources().filter_map(|source| source.location.as_ref()) {
        let address = &location.address;
        if location.had_user_info && address.contains("://") {
            faults.push((
                address.clone(),
                format!("the address of the source {address} holds a user or password"),
            ));
        } else if location.had_query {
            faults.push((
                address.clone(),
                format!("the address of the source {address} has a query, which may hold a token"),
            ));
        }
    }
    faults
}
