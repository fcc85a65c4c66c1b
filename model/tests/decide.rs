//! `decide`: what its answers say beside the decision, what it refuses, and what it leaves undecided.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use gateproof_model::catalogue::Catalogue;
use gateproof_model::decide::{decide_line, parse_line};
use gateproof_model::evaluator::{Layer, Outcome, Reason, World, evaluate};
use gateproof_model::rules::Rules;
use serde_json::{Value, json};

const ALICE: &str = "arn:aws:iam::111122223333:user/alice";

fn answer(line: &Value) -> Value {
    answer_text(&line.to_string())
}

fn answer_text(line: &str) -> Value {
    serde_json::from_str(&decide_line(line, &World::new(Catalogue::embedded()))).unwrap()
}

/// A line of Alice's for one object of her account's bucket.
fn line(policies: Value) -> Value {
    json!({
        "id": 7,
        "request": {
            "principal": {"type": "AWS", "id": ALICE}, "principal_account": "111122223333",
            "action": "s3:GetObject", "resource": "arn:aws:s3:::reports/q1.csv",
            "resource_account": "111122223333", "context": {},
        },
        "policies": policies,
    })
}

fn allow_all() -> Value {
    json!({"Version": "2012-10-17", "Statement": {"Sid": "All", "Effect": "Allow", "Action": "*", "Resource": "*"}})
}

fn deny_all() -> Value {
    json!({"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]})
}

#[test]
fn an_allow_names_its_statement_at_every_layer() {
    let all = allow_all();
    let got = answer(&line(
        json!({"identity": [all], "boundary": [all], "session": null, "resource": null, "scps": [[all], [all]]}),
    ));
    assert_eq!(got["id"], 7);
    assert_eq!(got["format"], "gateproof-decide/1");
    assert_eq!(got["decision"], "Allowed");
    let layers: Vec<_> =
        got["because"].as_array().unwrap().iter().map(|r| (r["layer"].clone(), r["level"].clone())).collect();
    let expected = [
        (json!("scps"), json!(0)),
        (json!("scps"), json!(1)),
        (json!("identity"), Value::Null),
        (json!("boundary"), Value::Null),
    ];
    assert_eq!(layers, expected);
    assert_eq!(got["because"][2]["sid"], "All");
    assert_eq!(got["because"][2]["pointer"], "/policies/identity/0/Statement");
    assert_eq!(got["because"][2]["effect"], "Allow");
}

#[test]
fn an_explicit_deny_names_every_deny() {
    let got = answer(&line(
        json!({"identity": [allow_all(), deny_all()], "scps": [[allow_all()], [allow_all(), deny_all()]]}),
    ));
    assert_eq!(got["decision"], "ExplicitlyDenied");
    let places: Vec<_> =
        got["because"].as_array().unwrap().iter().map(|r| r["pointer"].as_str().unwrap()).collect();
    assert_eq!(places, ["/policies/identity/1/Statement/0", "/policies/scps/1/1/Statement/0"]);
}

#[test]
fn an_implicit_deny_names_the_layers_that_lack_an_allow() {
    let got = answer(&line(
        json!({"identity": [allow_all()], "boundary": [], "scps": [[allow_all()], []], "endpoint": []}),
    ));
    assert_eq!(got["decision"], "ImplicitlyDenied");
    let layers: Vec<_> =
        got["because"].as_array().unwrap().iter().map(|r| (r["layer"].clone(), r["level"].clone())).collect();
    let expected = [
        (json!("scps"), json!(1)),
        (json!("endpoint"), Value::Null),
        (json!("boundary"), Value::Null),
        (json!("resource"), Value::Null),
    ];
    assert_eq!(layers, expected);
}

#[test]
fn malformed_lines_are_errors_with_their_id() {
    let good = line(json!({"identity": [allow_all()]}));
    assert_eq!(answer(&good)["decision"], "Allowed");
    let mut refused = 0;
    let mut check = |change: &dyn Fn(&mut Value), message: &str| {
        let mut bad = good.clone();
        change(&mut bad);
        let got = answer(&bad);
        let error = got["error"].as_str().unwrap_or_else(|| panic!("{bad} was accepted"));
        assert!(error.contains(message), "{error} does not say {message}");
        assert_eq!(got["id"], 7);
        assert_eq!(got.get("decision"), None);
        refused += 1;
    };
    check(&|l| drop(l.as_object_mut().unwrap().remove("request")), "no `request`");
    check(&|l| drop(l.as_object_mut().unwrap().remove("policies")), "no `policies`");
    check(&|l| l["policies"] = json!([]), "/policies: found an array, expected an object");
    check(&|l| l["policies"]["identitty"] = json!([]), "the unknown member `identitty`");
    check(&|l| l["policies"]["identity"] = allow_all(), "/policies/identity: found an object");
    check(&|l| l["policies"]["scps"] = json!([allow_all()]), "/policies/scps/0: found an object");
    check(&|l| l["policies"]["boundary"] = json!([null]), "/policies/boundary/0");
    check(&|l| l["policies"]["resource"] = json!(5), "/policies/resource");
    check(&|l| l["policies"]["grants"] = json!([{"Operations": ["Decrypt"]}]), "no `GranteePrincipal`");
    check(&|l| l["policies"]["block_public_access"] = json!({"RestrictPublicBuckets": "yes"}), "a boolean");
    check(&|l| l["request"]["principal"]["type"] = json!("Aws"), "found `Aws`");
    check(&|l| l["request"]["principal"]["id"] = json!("alice"), "found `alice`, expected an ARN");
    check(&|l| l["request"]["principal"] = json!(ALICE), "/request/principal");
    check(&|l| l["request"]["action"] = json!("GetObject"), "found `GetObject`");
    check(&|l| l["request"]["action"] = json!(""), "an empty string");
    check(&|l| l["request"]["resource"] = json!(null), "/request/resource: found null");
    check(&|l| l["request"]["context"] = json!({"a": "1", "A": "2"}), "a second spelling");
    check(&|l| l["request"]["context"] = json!({"a": {}}), "/request/context/a: found an object");
    check(&|l| l["request"]["context"] = json!({"a": null}), "/request/context/a: found null");
    check(&|l| l["request"]["resource_acount"] = json!("1"), "`resource_acount`");
    assert_eq!(refused, 20);
    for text in ["", "{", "[]", "7", "{\"id\":1,\"id\":2}", "{\"id\":\"\\ud800\"}"] {
        let got = answer_text(text);
        assert!(got["error"].is_string(), "{text} was accepted");
        assert_eq!(got["id"], Value::Null, "{text}");
    }
}

#[test]
fn any_id_comes_back_as_it_was() {
    for id in [json!(null), json!("x\u{0}\"\\"), json!(12.5), json!({"a": [1, true]}), json!(-3)] {
        let mut asked = line(json!({}));
        asked["id"] = id.clone();
        assert_eq!(answer(&asked)["id"], id);
    }
}

#[test]
fn what_depends_on_an_assumption_is_undecided() {
    let doubtful = |effect: &str| {
        json!({"Version": "2012-10-17", "Statement": {"Effect": effect, "Action": "*", "Resource": "*",
            "Condition": {"NumericEquals": {"aws:MultiFactorAuthAge": "many"}}}})
    };
    let mut asked = line(json!({"identity": [doubtful("Allow")]}));
    asked["request"]["context"] = json!({"aws:MultiFactorAuthAge": "5"});
    let error = answer(&asked)["error"].as_str().unwrap().to_owned();
    let place = "stdin#/policies/identity/0/Statement/Condition/NumericEquals/aws:MultiFactorAuthAge";
    let expected = format!("undecided: the answer depends on whether {place}: `many` matches");
    assert_eq!(error, expected);
    // The same doubt, where something else decides.
    asked["policies"] = json!({"identity": [doubtful("Allow"), allow_all()]});
    assert_eq!(answer(&asked)["decision"], "Allowed");
    asked["policies"] = json!({"identity": [doubtful("Allow"), deny_all()]});
    assert_eq!(answer(&asked)["decision"], "ExplicitlyDenied");
    asked["policies"] = json!({"identity": [doubtful("Deny")]});
    assert!(answer(&asked)["error"].as_str().unwrap().starts_with("undecided: "));
    // Where the key is absent the value is not looked at.
    asked["request"]["context"] = json!({});
    asked["policies"] = json!({"identity": [doubtful("Allow")]});
    assert_eq!(answer(&asked)["decision"], "ImplicitlyDenied");
}

#[test]
fn two_doubts_that_matter_only_together_are_found() {
    let doubtful = |value: &str| {
        json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*",
            "Condition": {"Bool": {"aws:SecureTransport": value}}}})
    };
    let mut asked = line(json!({"identity": [doubtful("perhaps")], "boundary": [doubtful("maybe")]}));
    asked["request"]["context"] = json!({"aws:SecureTransport": "true"});
    let error = answer(&asked)["error"].as_str().unwrap().to_owned();
    assert!(error.contains("`perhaps` matches") && error.contains("`maybe` matches"), "{error}");
}

#[test]
fn a_canonical_user_is_somebody_by_assumption_only() {
    let bucket = json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow",
        "Principal": {"CanonicalUser": "79a59df900b949e5"}, "Action": "*", "Resource": "*"}});
    let asked = line(json!({"identity": [allow_all()], "resource": bucket}));
    assert_eq!(answer(&asked)["decision"], "Allowed");
    let mut cross = asked.clone();
    cross["request"]["resource_account"] = json!("444455556666");
    let error = answer(&cross)["error"].as_str().unwrap().to_owned();
    assert!(error.contains("canonical user `79a59df900b949e5` is the caller's account"), "{error}");
    // Whoever has no account of its own is nobody's canonical user.
    cross["request"]["principal"] = json!({"type": "Anonymous"});
    cross["request"]["principal_account"] = json!(null);
    assert_eq!(answer(&cross)["decision"], "ImplicitlyDenied");
}

#[test]
fn consulted_assumptions_are_reported_with_their_value() {
    let policies = json!({"identity": [{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*",
        "Resource": "*", "Condition": {"DateLessThan": {"aws:CurrentTime": "soon"}}}}]});
    let mut asked = line(policies);
    asked["request"]["context"] = json!({"aws:CurrentTime": "2026-01-01T00:00:00Z"});
    let read = parse_line(&asked.to_string()).unwrap();
    let world = World { assume: &|name| name.contains("`soon`"), ..World::new(Catalogue::embedded()) };
    let decision = evaluate(&read.policies, &read.request, &world);
    assert_eq!(decision.outcome, Outcome::Allowed);
    let assumed: Vec<(&str, bool)> = decision.assumed.iter().map(|(n, held)| (&**n, *held)).collect();
    let name = "stdin#/policies/identity/0/Statement/Condition/DateLessThan/aws:CurrentTime: `soon` matches";
    assert_eq!(assumed, [(name, true)]);
    assert!(!read.warnings.is_empty());
}

/// One request, under the usual rules and with one of them switched.
fn outcomes(asked: &Value, switched: Rules) -> (Outcome, Outcome) {
    let read = parse_line(&asked.to_string()).unwrap();
    let world = World::new(Catalogue::embedded());
    let other = World { rules: switched, ..world };
    let usual = evaluate(&read.policies, &read.request, &world).outcome;
    (usual, evaluate(&read.policies, &read.request, &other).outcome)
}

#[test]
fn each_unsettled_rule_has_its_switch() {
    use Outcome::{Allowed, ImplicitlyDenied};
    let mut multivalued =
        line(json!({"identity": [{"Version": "2012-10-17", "Statement": {"Effect": "Allow",
        "Action": "*", "Resource": "*", "Condition": {"StringEquals": {"aws:TagKeys": "team"}}}}]}));
    multivalued["request"]["context"] = json!({"aws:TagKeys": ["team", "cost"]});
    let rules = Rules { plain_operator_matches_multivalued: true, ..Rules::default() };
    assert_eq!(outcomes(&multivalued, rules), (ImplicitlyDenied, Allowed));

    let mut key = line(json!({"grants": [{"GranteePrincipal": ALICE, "Operations": ["Decrypt"]}]}));
    key["request"]["action"] = json!("kms:Decrypt");
    key["request"]["resource"] = json!("arn:aws:kms:us-east-1:444455556666:key/k");
    key["request"]["resource_account"] = json!("444455556666");
    let rules = Rules { grant_suffices_across_accounts: false, ..Rules::default() };
    assert_eq!(outcomes(&key, rules), (Allowed, ImplicitlyDenied));

    let mut pass = line(json!({"identity": [allow_all()]}));
    pass["request"]["action"] = json!("iam:PassRole");
    pass["request"]["resource"] = json!(
        "arn:aws:iam::111122223333:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling"
    );
    let rules = Rules { reserved_roles_can_be_passed: true, ..Rules::default() };
    assert_eq!(outcomes(&pass, rules), (ImplicitlyDenied, Allowed));
}

#[test]
fn reasons_read_well() {
    let read = parse_line(&line(json!({"identity": [allow_all()], "scps": [[]]})).to_string()).unwrap();
    let decision = evaluate(&read.policies, &read.request, &World::new(Catalogue::embedded()));
    assert_eq!(decision.because, [Reason::NoAllow(Layer::Scp(0))]);
    assert_eq!(decision.because[0].to_string(), "scps level 0: nothing allows");
    let read = parse_line(&line(json!({"identity": [allow_all()]})).to_string()).unwrap();
    let decision = evaluate(&read.policies, &read.request, &World::new(Catalogue::embedded()));
    let text = "identity: identity/0 allows, at stdin#/policies/identity/0/Statement (All)";
    assert_eq!(decision.because[0].to_string(), text);
}
