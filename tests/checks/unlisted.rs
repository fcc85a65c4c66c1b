//! Where it was not collected who is in an account, nothing is said of everybody as if nobody else were there.

use crate::file::{decided, fixed_without, settings};
use gateproof::ask::Estate;
use gateproof::check::Judgement::{Holds, Undecided, Violated};
use gateproof::escalation::Target;
use gateproof::question::{Answer, Quantifier, Requests, Selector, Verdict};
use gateproof_model::snapshot::Missing;

const ACCOUNTS: [&str; 4] = ["111111111111", "222222222222", "333333333333", "444444444444"];

/// What nobody of the fixed example can do without MFA.
const ACTION: &str = "codepipeline:PutApprovalResult";
const GATE: &str = "arn:aws:codepipeline:us-east-1:222222222222:prod-deploy/Approve/*";

fn without(account: &str, missing: Missing) -> Estate {
    fixed_without(&format!("accounts/{account}/global/iam/get-account-authorization-details.json"), missing)
}

fn requests() -> Requests {
    let when = vec!["aws:MultiFactorAuthPresent!=true".parse().unwrap()];
    Requests {
        actions: vec![ACTION.to_owned()],
        resources: vec![GATE.to_owned()],
        when,
        ..Requests::default()
    }
}

/// Selectors that may mean users or roles of an account that the snapshot doesn't list, and one that can't.
fn selectors(account: &str) -> (Vec<Selector>, Selector) {
    let ranging = [
        format!("account:{account}"),
        format!("arn:aws:iam::{account}:*"),
        "arn:aws:iam::*:role/*".to_owned(),
        "role/*".to_owned(),
        "user/*".to_owned(),
        "tag:*=*".to_owned(),
    ];
    let other = ACCOUNTS.iter().find(|other| **other != account).unwrap();
    let parse = |text: &String| text.parse().unwrap();
    (ranging.iter().map(parse).collect(), format!("arn:aws:iam::{other}:root").parse().unwrap())
}

/// Whether an answer says that it rests on there being nobody else in the account.
fn rests_on(answer: &Answer, account: &str) -> bool {
    let says = format!("account {account} has no users and roles");
    answer.verdict == Verdict::Impossible && answer.untold.iter().any(|untold| untold.what == says)
}

/// Whether it is left open because of them.
fn is_open(answer: &Answer) -> bool {
    let command = "aws iam get-account-authorization-details";
    answer.verdict == Verdict::Undecided && answer.undecided.as_ref().is_some_and(|why| why.place == command)
}

#[test]
fn everybody_and_some() {
    for account in ACCOUNTS {
        for missing in [Missing::Assume, Missing::Unknown] {
            let estate = without(account, missing);
            let said = |answer: &Answer| match missing {
                Missing::Assume => rests_on(answer, account),
                Missing::Unknown => is_open(answer),
            };
            let settings = settings();
            let all = estate.who_can(&requests(), &settings.ask).unwrap();
            let (name, last) = all.last().unwrap();
            assert_eq!(**name, *format!("account:{account}"));
            assert!(said(last), "{account}, {missing:?}: {last:?}");
            let (ranging, other) = selectors(account);
            for selector in ranging {
                let from = std::slice::from_ref(&selector);
                // A tag that nobody has, or an account of which nobody is left, is refused.
                let Ok(found) = estate.can(from, &requests(), Quantifier::Some, &settings.ask) else {
                    continue;
                };
                assert!(said(&found.overall), "{selector}, {missing:?}: {:?}", found.overall);
            }
            let one = estate.can(&[other], &requests(), Quantifier::Some, &settings.ask).unwrap();
            assert_eq!(one.overall.verdict, Verdict::Impossible);
            assert!(!said(&one.overall));
        }
    }
}

#[test]
fn any_number_of_steps() {
    let leave =
        Requests { actions: vec!["organizations:LeaveOrganization".to_owned()], ..Requests::default() };
    let (target, from) = (Target::Access(leave), ["account:222222222222".parse().unwrap()]);
    let estate = without("222222222222", Missing::Assume);
    let answer = estate.reach(&from, &[], &target, &settings()).unwrap().overall;
    assert!(rests_on(&answer, "222222222222"), "{answer:?}");
}

#[test]
fn properties() {
    let approve = format!("action: {ACTION}\n  resource: {GATE}\n  when: aws:MultiFactorAuthPresent!=true");
    let nobody = |of: &str| format!("never:\n  {approve}\n{of}");
    let cases = [
        nobody(""),
        nobody("  from: \"role/*\""),
        format!("only:\n  {approve}\n  within: role/acme-org-auditor"),
        "always:\n  from: account:222222222222\n  action: sts:GetCallerIdentity".to_owned(),
    ];
    for says in cases {
        let assumed = decided(&says, &without("222222222222", Missing::Assume));
        assert_eq!(assumed.judgement, Holds, "{says}");
        assert!(assumed.untold.iter().any(|one| one.what == "account 222222222222 has no users and roles"));
        assert_eq!(decided(&says, &without("222222222222", Missing::Unknown)).judgement, Undecided, "{says}");
    }
    let whole =
        "only:\n  action: sts:GetCallerIdentity\n  within: [account:111111111111, account:222222222222]";
    let found = decided(whole, &without("222222222222", Missing::Unknown));
    assert_eq!(found.judgement, Violated, "those of other accounts");
    assert!(
        found.doubts.iter().all(|doubt| *doubt.principal != *"account:222222222222"),
        "all of them are meant"
    );
}

#[test]
fn accounts_that_were_not_collected_at_all() {
    let elsewhere = Requests {
        actions: vec!["codepipeline:PutApprovalResult".to_owned()],
        resources: vec!["arn:aws:codepipeline:us-east-1:999999999999:prod/Approve/*".to_owned()],
        ..Requests::default()
    };
    let ask = |missing| {
        let estate = fixed_without("organization/list-roots.json", missing);
        let from: Vec<Selector> = vec!["external:999999999999".parse().unwrap()];
        estate.can(&from, &elsewhere, Quantifier::Some, &settings().ask).unwrap().overall
    };
    let assumed = ask(Missing::Assume);
    assert_eq!(assumed.verdict, Verdict::Impossible);
    assert!(assumed.untold.iter().any(|one| one.what.contains("account 999999999999")), "{assumed:?}");
    assert_eq!(ask(Missing::Unknown).verdict, Verdict::Undecided);
}
