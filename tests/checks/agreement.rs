//! Properties say what the questions say that they are made of.

use crate::file::{acme, decided, fixed, settings};
use gateproof::ask::Estate;
use gateproof::check::Judgement;
use gateproof::question::{Answer, Quantifier, Requests, Verdict};
use gateproof_model::assumption::is_of_unreadable;
use proptest::prelude::*;
use std::collections::BTreeSet;

const PRINCIPALS: [&str; 8] = [
    "role/acme-build-prod",
    "role/acme-pipeline-prod",
    "user/alice.nguyen",
    "user/bob.ferreira",
    "user/dave.okafor",
    "account:333333333333",
    "anyone",
    "role/acme-legacy-jenkins",
];

const ACTIONS: [&str; 7] = [
    "s3:GetObject",
    "s3:Put*",
    "kms:Decrypt",
    "secretsmanager:GetSecretValue",
    "sts:AssumeRole",
    "codepipeline:PutApprovalResult",
    "iam:*",
];

const CONDITIONS: [&str; 4] = [
    "aws:MultiFactorAuthPresent!=true",
    "aws:SecureTransport=true",
    "aws:PrincipalOrgID=absent",
    "aws:SourceVpce=absent",
];

#[derive(Debug, Clone)]
struct Question {
    from: Vec<&'static str>,
    action: &'static str,
    account: Option<&'static str>,
    when: Option<&'static str>,
    fixed: bool,
}

fn questions() -> impl Strategy<Value = Question> {
    let from = proptest::sample::subsequence(PRINCIPALS.to_vec(), 1..=3);
    let account = proptest::option::of(proptest::sample::select(vec!["222222222222", "444444444444"]));
    let when = proptest::option::of(proptest::sample::select(CONDITIONS.to_vec()));
    let action = proptest::sample::select(ACTIONS.to_vec());
    (from, action, account, when, any::<bool>()).prop_map(|(from, action, account, when, fixed)| Question {
        from,
        action,
        account,
        when,
        fixed,
    })
}

impl Question {
    fn estate(&self) -> &'static Estate {
        if self.fixed { fixed() } else { acme() }
    }

    fn requests(&self) -> Requests {
        Requests {
            actions: vec![self.action.to_owned()],
            within: self.account.iter().map(|id| format!("account:{id}").parse().unwrap()).collect(),
            when: self.when.iter().map(|when| when.parse().unwrap()).collect(),
            ..Requests::default()
        }
    }

    /// What a property says of the requests.
    fn matching(&self) -> String {
        let account = self.account.map(|id| format!("  in: account:{id}\n")).unwrap_or_default();
        let when = self.when.map(|when| format!("  when: \"{when}\"\n")).unwrap_or_default();
        format!("  action: \"{}\"\n{account}{when}", self.action)
    }
}

/// Allowed, whatever an unreadable policy says.
fn certainly(answer: &Answer) -> bool {
    answer.verdict == Verdict::Reachable && !answer.assumptions.iter().any(|taken| is_of_unreadable(taken))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn never_is_what_can_says(question in questions()) {
        let says = format!("never:\n  from: {:?}\n{}allow_empty: true", question.from, question.matching());
        let found = decided(&says, question.estate());
        let from: Vec<_> = question.from.iter().map(|text| text.parse().unwrap()).collect();
        let ask = settings().ask;
        let answer = question.estate().can(&from, &question.requests(), Quantifier::Some, &ask).unwrap();
        let some = |test: &dyn Fn(&Answer) -> bool| answer.principals.iter().any(|(_, one)| test(one));
        let expected = match (some(&certainly), some(&|one| one.verdict != Verdict::Impossible)) {
            (true, _) => Judgement::Violated,
            (false, true) => Judgement::Undecided,
            (false, false) => Judgement::Holds,
        };
        prop_assert_eq!(found.judgement, expected, "{}", says);
        prop_assert_eq!(found.proof.is_some(), expected == Judgement::Holds);
        let can = answer.principals.iter().filter(|(_, one)| certainly(one)).count();
        prop_assert_eq!(found.violations.len(), can);
        prop_assert!(found.violations.iter().all(|violation| violation.witness.is_some()));
    }

    #[test]
    fn only_is_who_can_says(question in questions()) {
        let ask = settings().ask;
        let everybody = question.estate().who_can(&question.requests(), &ask).unwrap();
        let can: BTreeSet<&str> = everybody.iter().filter(|(_, one)| certainly(one)).map(|(id, _)| &**id).collect();
        let listed: Vec<&str> = can.iter().copied().filter(|id| id.starts_with("arn:") && !id.contains("-provider/")).collect();
        prop_assume!(!listed.is_empty());
        let says = format!("only:\n  are: {listed:?}\n{}allow_empty: true", question.matching());
        let found = decided(&says, question.estate());
        // Services, holders of tokens and unsigned callers are too many; nobody of the list is missing.
        let others: BTreeSet<&str> = can.iter().copied().filter(|id| !listed.contains(id)).collect();
        let violators: BTreeSet<&str> = found.violations.iter().map(|violation| &*violation.principal).collect();
        prop_assert_eq!(&violators, &others, "{}", says);
        // Without one of the list, that one is too many.
        let (first, rest) = listed.split_first().unwrap();
        prop_assume!(!rest.is_empty());
        let says = format!("only:\n  within: {rest:?}\n{}allow_empty: true", question.matching());
        let found = decided(&says, question.estate());
        prop_assert_eq!(found.judgement, Judgement::Violated);
        prop_assert!(found.violations.iter().any(|violation| &*violation.principal == *first));
    }
}
