//! Each kind holding, violated, and undecided.

use crate::file::{acme, decided, fixed, fixed_in_part, judged, names, settings, violators};
use gateproof::check::Judgement::{Holds, Undecided, Violated};
use gateproof::check::{PropertyFile, decide};
use gateproof_model::snapshot::Missing;

const APPROVE: &str = "\n  action: codepipeline:PutApprovalResult\n  resource: arn:aws:codepipeline:us-east-1:222222222222:prod-deploy/Approve/*\n";

/// A secret whose policy could not be read in the vulnerable example.
const UNREAD: &str = "\n  action: secretsmanager:GetSecretValue\n  resource: arn:aws:secretsmanager:us-east-1:333333333333:secret:staging/payments/db-Zx81Qw\n";

#[test]
fn never() {
    let build = "never:\n  from: \"stage:Build@prod-deploy\"\n  action: iam:*\n  access: [write, permissions-management]\n  in: env:prod";
    let found = decided(build, acme());
    assert_eq!((found.judgement, found.principals), (Holds, 1));
    assert!(found.proof.is_some() && found.witnesses.is_empty());
    let device = format!("never:{APPROVE}  when: aws:MultiFactorAuthPresent!=true");
    let found = decided(&device, acme());
    assert_eq!(found.judgement, Violated);
    assert_eq!(violators(&found), ["alice.nguyen", "bob.ferreira", "carol.schmidt", "ci-legacy"]);
    assert!(found.violations.iter().all(|violation| violation.witness.as_ref().unwrap().steps.len() == 1));
    assert_eq!(judged(&device, fixed()), Holds);
    let unread = format!("never:{UNREAD}  from: role/acme-build-prod");
    let found = decided(&unread, acme());
    assert_eq!((found.judgement, found.violations.len(), found.doubts.len()), (Undecided, 0, 1));
    assert!(found.message.contains("possible only if errors.json#"), "{}", found.message);
    let of_group = format!("never:{APPROVE}  from: group:approvers");
    assert_eq!(violators(&decided(&of_group, acme())), ["alice.nguyen"]);
}

#[test]
fn never_through_escalation() {
    let administers =
        "never:\n  from: role/acme-build-prod\n  administrator: env:prod\n  through: escalation";
    let found = decided(administers, acme());
    assert_eq!(found.judgement, Violated);
    let chain = found.violations[0].witness.as_ref().unwrap();
    assert!(chain.steps.len() > 1 && chain.steps[0].technique.is_some());
    let found = decided(administers, fixed());
    assert_eq!(found.judgement, Holds);
    assert_eq!(found.proof.unwrap().method, "invariant");
    assert!(found.untold.is_empty(), "all that matters was collected");
    let found = decided(administers, &fixed_in_part(Missing::Assume));
    assert_eq!((found.judgement, found.untold.is_empty()), (Holds, false));
    let direct =
        "never:\n  from: role/acme-build-prod\n  action: iam:CreateRole\n  in: env:prod\n  through: ";
    assert_eq!(judged(&format!("{direct}direct"), acme()), Holds);
    assert_eq!(judged(&format!("{direct}escalation"), acme()), Violated);
    assert_eq!(judged(administers, &fixed_in_part(Missing::Unknown)), Undecided);
}

#[test]
fn always() {
    let alice = format!("always:{APPROVE}  from: user/alice.nguyen");
    let found = decided(&alice, acme());
    assert_eq!((found.judgement, found.witnesses.len()), (Holds, 1));
    assert_eq!(found.assumptions.len(), 1, "that the action exists");
    let both = format!("always:{APPROVE}  from: [user/alice.nguyen, user/dave.okafor]");
    let found = decided(&both, acme());
    assert_eq!((found.judgement, violators(&found)), (Violated, vec!["dave.okafor".to_owned()]));
    let proof = found.violations[0].proof.as_ref().unwrap();
    assert!(
        proof.blocked_by.iter().any(|obstacle| obstacle.contains(" denies, at ")),
        "{:?}",
        proof.blocked_by
    );
    assert_eq!(judged(&format!("always:{UNREAD}  from: role/acme-build-prod"), acme()), Undecided);
}

#[test]
fn always_each_and_every() {
    let work = |extent: &str| {
        format!(
            "always:\n  from: role/acme-build-prod\n  action: [s3:GetObject, s3:PutObject]\n  \
             resource: [arn:aws:s3:::acme-pipeline-artifacts-222222222222/*, arn:aws:s3:::acme-audit-logs-222222222222/*]\n{extent}"
        )
    };
    assert_eq!(judged(&work(""), acme()), Holds);
    let found = decided(&work("  each: true"), acme());
    assert_eq!(found.judgement, Violated);
    assert_eq!(found.violations.len(), 2, "reading and writing the other bucket");
    assert!(
        found.message.contains("cannot s3:GetObject on arn:aws:s3:::acme-audit-logs"),
        "{}",
        found.message
    );
    // Without TLS for one, nobody can.
    let found = decided(&work("  every: true"), acme());
    assert_eq!((found.judgement, found.violations.len()), (Violated, 1));
    assert!(found.violations[0].witness.is_some(), "a request that is refused");
    let role = "always:\n  from: arn:aws:iam::444444444444:role/CloudFormationDeployRole\n  action: iam:GetRole\n  \
                resource: arn:aws:iam::444444444444:role/acme-deploy\n  every: true";
    assert_eq!(judged(role, acme()), Holds);
    let never = format!("{role}\n  when: aws:MultiFactorAuthPresent=absent");
    assert_eq!(judged(&never, acme()), Violated, "a role session always says, so there is no such request");
}

#[test]
fn only() {
    let only = |who: &str| format!("only:{APPROVE}  when: aws:MultiFactorAuthPresent!=true\n  {who}");
    let four = "are: [user/alice.nguyen, user/bob.ferreira, user/carol.schmidt, user/ci-legacy]";
    let found = decided(&only(four), acme());
    assert_eq!((found.judgement, found.witnesses.len()), (Holds, 4));
    assert!(found.proof.is_some(), "that nobody else can");
    let found = decided(
        &only("are: [user/alice.nguyen, user/bob.ferreira, user/dave.okafor, user/ci-legacy]"),
        acme(),
    );
    assert_eq!(found.judgement, Violated);
    assert_eq!(violators(&found), ["carol.schmidt", "dave.okafor"], "one too many, one missing");
    assert!(found.violations[0].witness.is_some() && found.violations[0].proof.is_none());
    assert!(found.violations[1].witness.is_none() && found.violations[1].proof.is_some());
    assert_eq!(judged(&only("within: \"user/*\""), acme()), Holds);
    assert_eq!(judged(&only("within: [user/alice.nguyen]"), acme()), Violated);
    let unread = format!("only:{UNREAD}  within: account:333333333333");
    assert_eq!(judged(&unread, acme()), Undecided);
}

#[test]
fn only_with_services() {
    let subscribers = |more: &str| {
        format!(
            "only:\n  action: s3:PutObject\n  resource: arn:aws:s3:::acme-audit-logs-222222222222/*\n  within: account:222222222222\n{more}"
        )
    };
    let found = decided(&subscribers(""), acme());
    assert_eq!(violators(&found), ["cloudtrail.amazonaws.com"]);
    assert_eq!(judged(&subscribers("  services: cloudtrail.amazonaws.com"), acme()), Holds);
}

#[test]
fn subset() {
    let within = |of: &str, bound: &str| format!("subset:\n  of: {of}\n  within: {{{bound}}}");
    let administrator = "policy: \"arn:aws:iam::aws:policy/AdministratorAccess\"";
    let found = decided(&within("user/erin.walsh", administrator), acme());
    assert_eq!(found.judgement, Holds, "{}", found.message);
    assert!(found.proof.is_some());
    let found =
        decided(&within("user/erin.walsh", "policy: \"arn:aws:iam::aws:policy/ReadOnlyAccess\""), acme());
    assert_eq!((found.judgement, found.violations.len()), (Violated, 1));
    assert_eq!(judged(&within("role/acme-pipeline-prod", "pipeline: prod-deploy"), acme()), Violated);
    assert_eq!(judged(&within("role/acme-pipeline-prod", "pipeline: prod-deploy"), fixed()), Holds);
    assert_eq!(judged(&within("role/CloudFormationDeployRole", "scps: true"), acme()), Violated);
    let narrow = format!(
        "{}\n  action: s3:GetObject\n  in: account:444444444444",
        within("user/erin.walsh", administrator)
    );
    assert_eq!(judged(&narrow, acme()), Holds);
    let document = |deny: &str| {
        let text = format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"*","Resource":"*"}}{deny}]}}"#
        );
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("bound.json"), text).unwrap();
        let says =
            "properties:\n  - name: it\n    subset: {of: user/erin.walsh, within: {policy: bound.json}}\n";
        let names = gateproof::check::Names { folder: folder.path().to_owned(), ..names() };
        let file = PropertyFile::parse("checks.yaml", says, &names).unwrap();
        decide(&file.properties[0], acme(), &settings()).unwrap()
    };
    assert_eq!(document("").judgement, Holds);
    let found = document(r#",{"Effect":"Deny","Action":"kms:Decrypt","Resource":"*"}"#);
    assert_eq!(found.judgement, Violated, "what a policy denies is beyond it");
    assert!(found.message.contains("kms:Decrypt"), "{}", found.message);
}

#[test]
fn equal() {
    let equal = |to: &str| format!("equal:\n  of: user/erin.walsh\n  to: {{{to}}}");
    assert_eq!(judged(&equal("principal: user/erin.walsh"), acme()), Holds);
    let found = decided(&equal("principal: user/alice.nguyen"), acme());
    assert_eq!(found.judgement, Violated);
    let says = |word: &str| found.violations.iter().any(|violation| violation.message.starts_with(word));
    assert!(says("may call") && says("cannot call"), "more here and less there");
    assert_eq!(judged(&equal("policy: \"arn:aws:iam::aws:policy/AdministratorAccess\""), acme()), Violated);
}

#[test]
fn the_same_file_gives_the_same_words() {
    let text = std::fs::read_to_string("docs/checks/example.yaml").unwrap();
    let file = PropertyFile::parse("example.yaml", &text, &names()).unwrap();
    let all = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let each =
                file.properties.iter().map(|one| format!("{:?}", decide(one, acme(), &settings()).unwrap()));
            each.collect::<Vec<_>>()
        })
    };
    assert_eq!(all(1), all(4));
}
