//! TF-2: the role that applies Terraform is its machines' alone.

use super::super::case::Case;
use super::super::control::Control;
use super::super::evidence::{Evidence, Field};
use super::super::finding::Severity;
use crate::ask::AskError;
use gateproof_model::account::PrincipalEntity;
use gateproof_model::configuration::ec2::Instance;

/// The control.
///
/// Amazon EC2 User Guide, "Configure the Instance Metadata Service options": with version 1 whoever makes the machine ask an address has the credentials of its
/// role.
pub const CONTROL: Control = Control {
    id: "TF-2",
    title: "Terraform's runners give their role to nobody else",
    reason: "the role that applies everything may do everything: it is worth as much as what can get hold of it",
    severity: Severity::High,
    reads: &[
        "ec2 describe-instances: Reservations[].Instances[].{IamInstanceProfile.Arn,MetadataOptions.HttpTokens}",
        "iam get-account-authorization-details",
        "organizations (SCPs, RCPs)",
        "gateproof.toml: [audit.terraform] runners; [audit] platform (optional)",
    ],
    decides: "of each role of `runners`: no action of a pipeline works with it; each machine with its profile asks for tokens (`HttpTokens` `required`); and who can call \
              `sts:AssumeRole` on it: services and `platform` only. Said of the first pipeline",
    remedy: "require version 2 of the metadata service, and give runners a role that only their service assumes",
    decide,
};

fn decide(case: &mut Case<'_>) -> Result<(), AskError> {
    if case.map.pipelines.first().is_none_or(|first| first.arn != case.pipeline.arn) {
        return Ok(());
    }
    let Some(terraform) = &case.intent.terraform else {
        case.not_meant("the runners", "terraform", "what runs Terraform (`state = []`: nothing)");
        return Ok(());
    };
    let runners = case.principals(&terraform.runners)?;
    if runners.is_empty() {
        case.holds("the runners", "nothing runs Terraform", Vec::new());
    }
    let platform = case.platform()?.unwrap_or_default();
    for runner in runners {
        if case.is_untold(&runner) {
            continue;
        }
        shared(case, &runner);
        let snapshot = &case.estate.snapshot;
        if let Some(role) = snapshot.principal(&runner).filter(|role| !role.instance_profiles.is_empty()) {
            machines(case, role);
        }
        let answers = case.who_can(&["sts:AssumeRole"], &[runner.to_string()], Vec::new())?;
        let meant = |who: &str| platform.contains(who) || who.ends_with(".amazonaws.com");
        case.only(
            &format!("{runner}, who assumes it"),
            &answers,
            meant,
            "may assume the role that applies Terraform",
        );
    }
    Ok(())
}

/// Whether some action of a pipeline works with the role, too.
fn shared(case: &mut Case<'_>, runner: &str) {
    let actions = case.map.pipelines.iter().flat_map(|pipeline| {
        let works = move |(place, action): (String, &crate::pipelines::MappedAction)| {
            action.runs_as.iter().any(|role| **role == *runner).then(|| format!("{}: {place}", pipeline.name))
        };
        pipeline.actions().into_iter().filter_map(works)
    });
    let places: Vec<String> = actions.collect();
    if places.is_empty() {
        let message = "no action of a pipeline works with the role";
        case.holds_of_all_pipelines(&format!("{runner}, shared"), message, Vec::new());
        return;
    }
    let evidence = vec![Evidence::Fields(vec![Field::of("actions", places.join(", "))])];
    case.violated(
        (&format!("{runner}, shared"), ""),
        "actions of pipelines work with the role, too",
        evidence,
    );
}

fn machines(case: &mut Case<'_>, role: &PrincipalEntity) {
    let told = case.estate.snapshot.instances(&role.account);
    let subject = format!("{}, machines", role.arn);
    let Some(machines) = case.told(&subject, "the machines with the role", told) else { return };
    let has_role = |machine: &&Instance| {
        let profile = machine.iam_instance_profile.as_ref();
        let is_gone = machine.state.as_ref().is_some_and(|state| state.name.as_deref() == Some("terminated"));
        !is_gone
            && profile.is_some_and(|profile| role.instance_profiles.iter().any(|arn| **arn == profile.arn))
    };
    for machine in machines.unwrap_or_default().iter().filter(has_role) {
        let options = machine.metadata_options.as_ref();
        let tokens = options.and_then(|options| options.http_tokens.clone());
        let is_off = options.is_some_and(|options| options.http_endpoint.as_deref() == Some("disabled"));
        let evidence = vec![Evidence::Fields(vec![Field {
            name: "MetadataOptions.HttpTokens".to_owned(),
            value: tokens.clone(),
        }])];
        let id = &machine.instance_id;
        match tokens.as_deref() {
            _ if is_off => case.holds(id, "the machine tells no metadata", evidence),
            Some("required") => {
                case.holds(id, "the machine asks for tokens before it tells metadata", evidence)
            }
            Some(_) => {
                case.violated((id, ""), "the machine tells its role's credentials without a token", evidence)
            }
            None => case.unknown_by(
                id,
                "how the machine's metadata is asked for",
                Some("aws ec2 describe-instances".to_owned()),
            ),
        }
    }
}
