//! OIDC-1: tokens of builds elsewhere assume roles for the branches and environments that are meant.

use super::super::case::Case;
use super::super::control::Control;
use super::super::finding::Severity;
use crate::ask::AskError;
use crate::question::Verdict;
use crate::question::constraint::Demand;

/// The control.
///
/// IAM User Guide, "Create a role for OpenID Connect federation": `sub` and `aud` say whose token it is and for whom.
pub const CONTROL: Control = Control {
    id: "OIDC-1",
    title: "tokens of GitHub, GitLab and their like assume roles for the repositories and branches that are meant only",
    reason: "an issuer serves the whole world: a trust policy that leaves the subject out, or ends it with `*` too soon, lets in anybody's repository",
    severity: Severity::Critical,
    reads: &[
        "iam get-account-authorization-details: AssumeRolePolicyDocument",
        "iam get-open-id-connect-provider",
        "organizations (SCPs, RCPs)",
        "gateproof.toml: [audit] subjects",
    ],
    decides: "of each role of the pipeline's accounts that trusts an issuer of OpenID Connect: whether the holder of a token can assume it whose `sub` matches \
              none of `subjects`, or whose `aud` is one that nothing names",
    remedy: "compare `sub` with `StringEquals`, or with a `StringLike` that names the repository to its end, and `aud` with `sts.amazonaws.com`",
    decide,
};

/// An audience and a repository that nothing names.
const NOBODYS_AUDIENCE: &str = "https://audience.example";
const NOBODYS_SUBJECT: &str = "repo:nobody-names-this/example:ref:refs/heads/main";

fn decide(case: &mut Case<'_>) -> Result<(), AskError> {
    for (_, role, issuers) in case.roles_for_tokens() {
        for issuer in issuers {
            let audience = [("aud", Demand::Equals(NOBODYS_AUDIENCE.to_owned()))];
            let answers = case.token_assumes(&issuer, &role.arn, &audience)?;
            let subject = format!("{}, audience", role.arn);
            case.nobody(&subject, &answers, &format!("may assume {} with a token for anybody", role.name));
            subjects(case, &issuer, &role.arn)?;
        }
    }
    Ok(())
}

fn subjects(case: &mut Case<'_>, issuer: &str, role: &str) -> Result<(), AskError> {
    let subject = format!("{role}, subject");
    let does = format!("may assume {role} with a token of a subject that isn't meant");
    if let Some(meant) = &case.intent.subjects {
        // OpenID Connect Core 1.0, section 2: every token has a subject.
        let mut others = vec![("sub", Demand::Present)];
        others.extend(meant.iter().map(|glob| ("sub", Demand::Avoids(glob.clone()))));
        let answers = case.token_assumes(issuer, role, &others)?;
        case.nobody(&subject, &answers, &does);
        return Ok(());
    }
    let nobodys = [("sub", Demand::Equals(NOBODYS_SUBJECT.to_owned()))];
    let answers = case.token_assumes(issuer, role, &nobodys)?;
    if answers.each.iter().all(|(_, answer)| answer.verdict == Verdict::Impossible) {
        case.not_meant(&subject, "subjects", "whose tokens are meant to assume roles");
    } else {
        case.nobody(&subject, &answers, &does);
    }
    Ok(())
}
