//! The form of requests: what every request is like, and values that a person would choose for it.

use super::standing::{Needs, Standing};
use gateproof_encodings::authorize::FREE_ACTIONS;
use gateproof_encodings::classes::{Values, holds};
use gateproof_encodings::encoder::{Encoder, Subject};
use gateproof_encodings::field::Field;
use gateproof_encodings::scope::{Caller, ResourceRule};
use gateproof_encodings::term::{Atom, AtomId, Term, Terms};
use gateproof_model::catalogue::{ActionInfo, Catalogue};
use gateproof_model::pattern::{PatternText, Token, Wildcards};
use gateproof_model::policy::Version;

/// Resources whose own policies have rules of their own: keys, and roles.
const WITH_RULES: [&str; 2] = ["arn:*:kms:*:*:key/*", "arn:*:iam:*:*:role/*"];
/// The actions that a trust policy is about.
const ASSUMING: [&str; 5] = [
    "sts:AssumeRole",
    "sts:AssumeRoleWithSAML",
    "sts:AssumeRoleWithWebIdentity",
    "sts:SetSourceIdentity",
    "sts:TagSession",
];

/// The request has the form of one, and neither succeeds nor fails whatever the policies say.
pub(super) fn encode_request_form(
    encoder: &mut Encoder<'_>,
    standing: &Standing,
    realistic: Option<ActionInfo<'_>>,
) -> Term {
    let action = match &encoder.scope.action {
        Some(action) => Subject::Known(action.clone()),
        None => Subject::Open(Field::Action),
    };
    let resource = Subject::Open(Field::Resource);
    let among = |encoder: &mut Encoder<'_>, subject: &Subject, texts: &[&str], fold_case: bool| {
        let wildcards = if fold_case { Wildcards::Flat } else { Wildcards::Segments };
        let parsed =
            texts.iter().filter_map(|t| PatternText::parse(t, Version::V2008, wildcards, true).ground());
        let set = encoder.compiler.languages.set(parsed.collect(), fold_case);
        encoder.in_set(subject, &set)
    };
    let mut parts = vec![among(encoder, &action, &["?*:?*"], true)];
    let free = among(encoder, &action, &FREE_ACTIONS, true);
    parts.push(encoder.terms.not(free));
    parts.push(match &encoder.scope.action {
        Some(_) => encoder.editable(),
        None => encoder.editable_by_open_action(),
    });
    if !matches!(standing.needs, Needs::Documents | Needs::Control) {
        // What sessions of roles can't call.
        let barred = among(encoder, &action, &["sts:GetFederationToken"], true);
        parts.push(encoder.terms.not(barred));
        parts.push(match standing.rule {
            ResourceRule::Trust => {
                let assuming = among(encoder, &action, &ASSUMING, true);
                let role = among(encoder, &resource, &["arn:aws:iam::*:role/*"], false);
                encoder.terms.and([assuming, role])
            }
            ResourceRule::Key => {
                let kms = among(encoder, &action, &["kms:?*"], true);
                let key = among(encoder, &resource, &["arn:aws:kms:*:*:key/*"], false);
                encoder.terms.and([kms, key])
            }
            ResourceRule::Ordinary | ResourceRule::Ungoverned => {
                let ruled = among(encoder, &resource, &WITH_RULES, false);
                encoder.terms.not(ruled)
            }
        });
    }
    if standing.needs == Needs::ResourceControl {
        let services: Vec<String> = Catalogue::embedded().rcp_services().map(|s| format!("{s}:*")).collect();
        let services: Vec<&str> = services.iter().map(String::as_str).collect();
        parts.push(among(encoder, &action, &services, true));
        let retiring = among(encoder, &action, &["kms:RetireGrant"], true);
        parts.push(encoder.terms.not(retiring));
    }
    if let Caller::Outsider { account } = &standing.caller {
        let forms = [format!("arn:aws:iam::{account}:user/*"), format!("arn:aws:iam::{account}:role/*")];
        let forms: Vec<&str> = forms.iter().map(String::as_str).collect();
        parts.push(among(encoder, &Subject::Open(Field::Key("aws:principalarn".into())), &forms, false));
    }
    if let Some(action) = realistic {
        parts.push(encode_fitting(encoder, action));
    }
    encoder.terms.and(parts)
}

/// The resource is one that AWS could check the action against.
fn encode_fitting(encoder: &mut Encoder<'_>, action: ActionInfo<'_>) -> Term {
    let subject = Subject::Open(Field::Resource);
    let mut kinds = Vec::new();
    if action.may_lack_resource() {
        let star = encoder.compiler.languages.literal("*");
        kinds.push(encoder.in_set(&subject, &star));
    }
    for row in action.resource_types() {
        for language in row.resource_type.arn_languages() {
            let fits = encoder.compiler.languages.set(vec![language.pattern], false);
            let barred = encoder.compiler.languages.set(language.exclusions, false);
            let fits = encoder.in_set(&subject, &fits);
            let barred = encoder.in_set(&subject, &barred);
            let not_barred = encoder.terms.not(barred);
            kinds.push(encoder.terms.and([fits, not_barred]));
        }
    }
    if kinds.is_empty() { Terms::TRUE } else { encoder.terms.or(kinds) }
}

/// Replaces values by others that fit as well and read better.
pub(super) fn choose_values(
    atoms: &[Atom],
    combination: &[(AtomId, bool)],
    action: Option<ActionInfo<'_>>,
    values: &mut Values,
) {
    for (field, value) in &mut values.texts {
        let Some(text) = value else { continue };
        let demands: Vec<(&Atom, bool)> = combination
            .iter()
            .filter_map(|(id, wanted)| Some((atoms.get(id.0 as usize)?, *wanted)))
            .filter(|(atom, _)| atom.field() == Some(field))
            .collect();
        let fits = |text: &String| demands.iter().all(|(atom, wanted)| holds(atom, Some(text)) == *wanted);
        let better = candidates(field, &demands, action).into_iter().find(fits);
        if let Some(better) = better {
            *text = better.into();
        }
    }
}

fn candidates(field: &Field, demands: &[(&Atom, bool)], action: Option<ActionInfo<'_>>) -> Vec<String> {
    let mut found = Vec::new();
    // The narrowest demands leave the least to fill in.
    let mut patterns: Vec<&[Token]> = Vec::new();
    for (atom, wanted) in demands {
        if let (Atom::Text(_, set), true) = (atom, wanted) {
            patterns.extend(set.patterns.iter().take(40).map(AsRef::as_ref));
        }
    }
    patterns.sort_by_key(|p| std::cmp::Reverse(p.iter().filter(|t| matches!(t, Token::Char(_))).count()));
    found.extend(patterns.into_iter().map(fill));
    if *field == Field::Resource {
        let formats = action.into_iter().flat_map(|a| a.resource_types());
        found.extend(formats.flat_map(|row| row.resource_type.arn_formats()).map(filled));
    }
    if let Field::Key(key) = field {
        match &**key {
            "aws:securetransport" => found.insert(0, "true".to_owned()),
            "aws:multifactorauthpresent" | "aws:viaawsservice" => found.insert(0, "false".to_owned()),
            "aws:requestedregion" => found.insert(0, "us-east-1".to_owned()),
            _ => found.push("example".to_owned()),
        }
    }
    found
}

/// A pattern with its wildcards filled in.
fn fill(pattern: &[Token]) -> String {
    let word = |token: &Token| match token {
        Token::Char(c) => c.to_string(),
        Token::AnyOne | Token::AnyOneInSegment => "x".to_owned(),
        Token::AnyRun | Token::AnyRunInSegment => "example".to_owned(),
    };
    pattern.iter().map(word).collect()
}

/// A format of ARNs with its variables filled in.
fn filled(format: &str) -> String {
    let known = [("${Partition}", "aws"), ("${Region}", "us-east-1"), ("${Account}", "111122223333")];
    let mut text = known.iter().fold(format.to_owned(), |text, (name, value)| text.replace(name, value));
    while let Some((before, after)) = text.split_once("${") {
        let Some((_, rest)) = after.split_once('}') else { break };
        text = format!("{before}example{rest}");
    }
    text
}
