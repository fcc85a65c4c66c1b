//! The core grant: which sides have to allow.
//!
//! IAM User Guide, "Policy evaluation logic", sections "Policy evaluation for requests within a
//! single account" and "Cross-account policy evaluation logic"; "Permissions boundaries for IAM
//! entities". CONFORMANCE 1.4, 1.5, 1.6.

use super::Evaluation;
use super::explanation::{Layer, Reason};
use super::kms;
use super::layers::{Findings, Found, Limit};
use super::resource::ResourceKind;
use crate::request::PrincipalKind;

/// What grants the request, or which layers would have had to.
pub fn grant(evaluation: &Evaluation<'_>, findings: &Findings<'_>) -> Result<Vec<Reason>, Vec<Reason>> {
    let kind = ResourceKind::of(evaluation);
    let key_grant = if kind == ResourceKind::Key { kms::grant_allows(evaluation) } else { None };
    let resource = &findings.resource;
    let from_resource = |(document, statement): Found<'_>| Reason::of(Layer::Resource, document, statement);

    if evaluation.resource_side_alone() {
        let given = resource.any().map(from_resource).or(key_grant.map(|g| g.reason));
        return given.map(|r| vec![r]).ok_or_else(|| vec![Reason::NoAllow(Layer::Resource)]);
    }

    let own = own_side(evaluation, findings);
    if evaluation.same_account() {
        if let Some(direct) = resource.direct {
            return Ok(vec![from_resource(direct)]);
        }
        if let Some(role) = resource.role
            && findings.boundary.passes()
            && findings.session.passes()
        {
            let mut given = vec![from_resource(role)];
            explain_caps(findings, &mut given, &mut Vec::new());
            return Ok(given);
        }
        // Keys and trust policies have to allow whatever the identity policies say; naming the
        // account is enough, it hands the decision to them.
        let resource_must_allow = matches!(kind, ResourceKind::Key | ResourceKind::RoleToAssume);
        if let Ok(own) = &own
            && (!resource_must_allow || resource.any().is_some())
        {
            let mut given = own.clone();
            given.extend(resource.any().filter(|_| resource_must_allow).map(from_resource));
            return Ok(given);
        }
    } else if let (Ok(own), Some(found)) = (&own, resource.any()) {
        let mut given = own.clone();
        given.push(from_resource(found));
        return Ok(given);
    }
    if let Some(key_grant) = key_grant {
        let alone = evaluation.same_account() || evaluation.world.rules.grant_suffices_across_accounts;
        if alone && !key_grant.to_account {
            return Ok(vec![key_grant.reason]);
        }
        if let Ok(mut given) = own {
            given.push(key_grant.reason);
            return Ok(given);
        }
    }
    let mut lacking = own.err().unwrap_or_default();
    if resource.any().is_none() {
        lacking.push(Reason::NoAllow(Layer::Resource));
    }
    Err(lacking)
}

/// The caller's side: identity policies, within boundary and session policies.
fn own_side(evaluation: &Evaluation<'_>, findings: &Findings<'_>) -> Result<Vec<Reason>, Vec<Reason>> {
    let (mut given, mut lacking) = (Vec::new(), Vec::new());
    if evaluation.principal().kind == PrincipalKind::Root {
        given.push(Reason::Rule("the root user has every permission of its account"));
    } else {
        let identity = findings.identity.map_or(Limit::Lacks, Limit::Allows);
        identity.explain(Layer::Identity, &mut given, &mut lacking);
    }
    explain_caps(findings, &mut given, &mut lacking);
    if lacking.is_empty() { Ok(given) } else { Err(lacking) }
}

fn explain_caps(findings: &Findings<'_>, given: &mut Vec<Reason>, lacking: &mut Vec<Reason>) {
    findings.boundary.explain(Layer::Boundary, given, lacking);
    findings.session.explain(Layer::Session, given, lacking);
}
