//! Roles assumed with an identity provider's token: which providers the account has, and for whom they let in.
//!
//! IAM User Guide, "Create an OpenID Connect (OIDC) identity provider in IAM"; IAM API Reference,
//! DeleteOpenIDConnectProvider. CONFORMANCE 3.8.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use gateproof::ask::{CrossCheck, Estate, EstateOptions, Settings};
use gateproof::question::{Answer, Quantifier, Requests, Verdict};
use serde_json::{Value, json};

const ISSUER: &str = "token.example.com";
const PROVIDER: &str = "arn:aws:iam::111122223333:oidc-provider/token.example.com";
const SAML: &str = "arn:aws:iam::111122223333:saml-provider/corp";
const ROLE: &str = "arn:aws:iam::111122223333:role/deployer";

/// What was collected of the account's providers.
#[derive(Default)]
struct Collected {
    /// The OpenID Connect providers, where they were listed.
    listed: Option<Value>,
    /// The answer about the provider itself.
    provider: Option<Value>,
    /// The SAML providers, where they were listed.
    saml: Option<Value>,
}

fn listing(arns: &[&str]) -> Option<Value> {
    Some(arns.iter().map(|arn| json!({"Arn": arn})).collect())
}

fn with_client_ids(ids: &[&str]) -> Collected {
    let provider = Some(json!({"Url": ISSUER, "ClientIDList": ids}));
    Collected { listed: listing(&[PROVIDER]), provider, ..Collected::default() }
}

/// An account with one role, which trusts a provider.
fn estate(trusted: &str, action: &str, collected: &Collected) -> Estate {
    let folder = tempfile::tempdir().unwrap();
    let write = |path: &str, value: &Value| {
        let file = folder.path().join("accounts/111122223333/global/iam").join(path);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, value.to_string()).unwrap();
    };
    let trust = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Federated": trusted}, "Action": action}]});
    let role = json!({"Path": "/", "RoleName": "deployer", "RoleId": "AROAEXAMPLE", "Arn": ROLE,
        "AssumeRolePolicyDocument": trust, "AttachedManagedPolicies": [], "Tags": [], "RolePolicyList": []});
    write(
        "get-account-authorization-details.json",
        &json!({"UserDetailList": [], "RoleDetailList": [role], "GroupDetailList": [], "Policies": []}),
    );
    if let Some(list) = &collected.listed {
        write("list-open-id-connect-providers.json", &json!({"OpenIDConnectProviderList": list}));
    }
    if let Some(list) = &collected.saml {
        write("list-saml-providers.json", &json!({"SAMLProviderList": list}));
    }
    if let Some(answer) = &collected.provider {
        let name = PROVIDER.replace(':', "%3A").replace('/', "%2F");
        write(&format!("get-open-id-connect-provider/{name}.json"), answer);
    }
    Estate::load(folder.path(), EstateOptions::default()).unwrap()
}

fn requests(action: &str, when: &[&str]) -> Requests {
    Requests {
        actions: vec![action.to_owned()],
        resources: vec![ROLE.to_owned()],
        when: when.iter().map(|c| c.parse().unwrap()).collect(),
        ..Requests::default()
    }
}

/// The answer to `can oidc:ISSUER sts:AssumeRoleWithWebIdentity ROLE`.
fn ask(collected: &Collected, claims: &str, when: &[&str]) -> Answer {
    let estate = estate(PROVIDER, "sts:AssumeRoleWithWebIdentity", collected);
    let settings = Settings { cross_check: CrossCheck::Always, ..Settings::default() };
    let who = format!("oidc:{ISSUER}{claims}").parse().unwrap();
    let requests = requests("sts:AssumeRoleWithWebIdentity", when);
    let answer = estate.can(&[who], &requests, Quantifier::Some, &settings).unwrap().overall;
    assert_ne!(answer.verdict, Verdict::Undecided, "{:?}", answer.undecided);
    answer
}

fn is_reachable(collected: &Collected, claims: &str, when: &[&str]) -> bool {
    ask(collected, claims, when).verdict == Verdict::Reachable
}

#[test]
fn the_audience_is_one_of_the_client_ids() {
    let two = with_client_ids(&["sts.amazonaws.com", "ci"]);
    let demand = |aud: &str| format!("{ISSUER}:aud={aud}");
    for aud in ["sts.amazonaws.com", "ci"] {
        assert!(is_reachable(&two, "", &[&demand(aud)]), "{aud}");
        assert!(is_reachable(&two, &format!("?aud={aud}"), &[]), "{aud}");
    }
    for aud in ["other", "CI", "c*"] {
        assert!(!is_reachable(&two, "", &[&demand(aud)]), "{aud}");
    }
    assert!(!is_reachable(&two, "?aud=other", &[]));
    assert!(!is_reachable(&with_client_ids(&[]), "", &[]), "it admits nobody");
}

#[test]
fn the_witness_shows_an_admitted_audience() {
    let answer = ask(&with_client_ids(&["ci"]), "", &[]);
    let step = answer.witness.unwrap().steps.remove(0);
    let told = format!("{:?}{:?}", step.context, step.session);
    assert!(told.contains("\"ci\""), "{told}");
    assert!(answer.assumptions.is_empty(), "{:?}", answer.assumptions);
}

#[test]
fn a_provider_that_the_account_lacks_lets_nobody_in() {
    let other = "arn:aws:iam::111122223333:oidc-provider/elsewhere.example.com";
    for listed in [listing(&[]), listing(&[other])] {
        let collected = Collected { listed, ..Collected::default() };
        assert!(!is_reachable(&collected, "", &[]));
        let estate = estate(PROVIDER, "sts:AssumeRoleWithWebIdentity", &collected);
        let requests = requests("sts:AssumeRoleWithWebIdentity", &[]);
        let who = estate.who_can(&requests, &Settings::default()).unwrap();
        assert!(who.iter().all(|(_, answer)| answer.verdict == Verdict::Impossible));
    }
}

#[test]
fn what_was_not_collected_rules_nothing_out() {
    let demand = format!("{ISSUER}:aud=other");
    let nothing = ask(&Collected::default(), "", &[&demand]);
    assert_eq!(nothing.verdict, Verdict::Reachable);
    let says = |answer: &Answer, part: &str| answer.assumptions.iter().any(|a| a.contains(part));
    assert!(says(&nothing, "has the identity provider"), "{:?}", nothing.assumptions);
    assert!(says(&nothing, "the audience `other` is among the client ids"), "{:?}", nothing.assumptions);
    let listed = Collected { listed: listing(&[PROVIDER]), ..Collected::default() };
    let listed = ask(&listed, "", &[&demand]);
    assert_eq!(listed.verdict, Verdict::Reachable);
    assert!(!says(&listed, "has the identity provider"), "{:?}", listed.assumptions);
    assert!(says(&listed, "is among the client ids"), "{:?}", listed.assumptions);
    // An answer without the list was not IAM's own: it rules nothing out.
    let bare = Collected { provider: Some(json!({"Url": ISSUER})), ..Collected::default() };
    assert!(is_reachable(&bare, "", &[&demand]));
}

#[test]
fn assertions_need_their_provider_too() {
    let is_reachable = |collected: &Collected| {
        let estate = estate(SAML, "sts:AssumeRoleWithSAML", collected);
        let who = estate.who_can(&requests("sts:AssumeRoleWithSAML", &[]), &Settings::default()).unwrap();
        assert!(who.iter().all(|(_, answer)| answer.verdict != Verdict::Undecided));
        who.iter().any(|(_, answer)| answer.verdict == Verdict::Reachable)
    };
    let saml = |saml: Option<Value>| Collected { saml, ..Collected::default() };
    assert!(is_reachable(&saml(None)));
    assert!(is_reachable(&saml(listing(&[SAML]))));
    assert!(!is_reachable(&saml(listing(&[]))));
}
