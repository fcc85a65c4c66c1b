//! The example organization: what is planted is found, what was fixed holds, and whatever else is said is looked at by a person once.

use crate::said::{audit, example, intent, of, pipeline};
use gateproof::audit::{Audit, Evidence, Finding, Judgement};
use std::collections::BTreeSet;
use std::sync::OnceLock;

/// What is said of a twin.
pub fn said_of(name: &'static str) -> &'static Audit {
    static VULNERABLE: OnceLock<Audit> = OnceLock::new();
    static FIXED: OnceLock<Audit> = OnceLock::new();
    let known = if name == "acme" { &VULNERABLE } else { &FIXED };
    known.get_or_init(|| audit(&example(name), &[], Some(&intent())))
}

/// One test, since an audit of the vulnerable twin takes longer than all that is looked at in it, and each test is a process of its own.
#[test]
fn what_is_said_of_the_example_is_right() {
    what_is_planted_is_found_and_what_was_fixed_is_not();
    who_approves_without_mfa_is_who_the_questions_name();
    violations_come_with_what_shows_them_and_proofs_with_what_they_refute();
    fingerprints_tell_findings_apart_and_stay();
    all_that_is_said_of_the_example_is_as_it_was();
}

/// What is planted (`corpus/snapshots/README.md`): the gap, the control, the pipeline, and what the message must say.
const PLANTED: [(&str, &str, &str, &str); 48] = [
    ("G03", "CP-A4", "staging-deploy", "bob.ferreira may write what is shipped, and approve it"),
    ("G04", "MP-1", "prod-deploy", "by AWSCodePipelineApproverAccess"),
    ("G15", "XA-2", "prod-deploy", "may use the key from another account"),
    ("G20", "CB-4", "images", "comes to account 444444444444"),
    ("G23", "XA-1", "prod-deploy", "acme-build-prod may assume the role of a deployment"),
    ("G27", "CDK-1", "staging-deploy", "may assume a role of the CDK's from another account"),
    ("G27", "CDK-1", "staging-deploy", "may write IAM"),
    (
        "G29",
        "OIDC-1",
        "images",
        "may assume arn:aws:iam::222222222222:role/github-actions-ci with a token of a subject that isn't meant",
    ),
    ("G30", "OIDC-1", "staging-deploy", "github-actions-preview with a token of a subject that isn't meant"),
    ("G31", "CB-6", "prod-deploy", "dave.okafor may start builds and override what they do"),
    ("G33", "CP-A2", "staging-deploy", "bob.ferreira may start the pipeline with what they may write"),
    ("G33", "CP-A5", "prod-deploy", "bob.ferreira may take the pipeline on without its gates"),
    ("G35", "CB-10", "prod-deploy", "in AWS's own network"),
    ("G35", "CB-11", "prod-deploy", "is not named by its digest"),
    ("G35", "CB-2", "images", "the filters let in events of account"),
    ("G35", "CB-3", "images", "without anybody's comment"),
    ("G35", "CB-5", "prod-deploy", "the steps are in the repository"),
    ("G35", "CB-7", "prod-deploy", "`DB_PASSWORD` holds in plain text"),
    ("G35", "CB-8", "prod-deploy", "are not encrypted"),
    ("G35", "CP-A11", "images", "becomes part of `commands`"),
    ("G01", "CP-APR-3", "prod-deploy", "alice.nguyen may approve with a long-term key"),
    ("G03", "CP-APR-1", "prod-deploy", "bob.ferreira may approve, and doesn't administer production"),
    ("G04", "CP-APR-1", "prod-deploy", "ci-legacy may approve, and doesn't administer production"),
    ("G05", "CP-APR-2", "prod-deploy", "carol.schmidt may approve, and isn't meant to"),
    ("G09", "CP-ART-3", "prod-deploy", "may read and decrypt artifacts"),
    ("G12", "CP-ART-7", "prod-deploy", "may make requests without TLS"),
    ("G13", "CP-ART-8", "prod-deploy", "may write artifacts under another key"),
    ("G14", "CP-A6", "prod-deploy", "acme-staging-developer may write artifacts"),
    ("G15", "CP-ART-2", "prod-deploy", "may decrypt artifacts"),
    ("G16", "CP-ART-2", "images", "names no key"),
    ("G19", "CP-ROLE-1", "prod-deploy", "codebuild.amazonaws.com may assume the pipeline's role"),
    ("G20", "CP-A1", "images", "Commands runs with the pipeline's role"),
    ("G20", "CP-ROLE-1", "images", "Commands does its work with the pipeline's role"),
    ("G20", "CP-ROLE-3", "images", "acme-pipeline-images may write IAM"),
    ("G21", "CP-CFN-7", "prod-deploy", "acme-build-prod comes to administer account 444444444444"),
    ("G22", "CP-CFN-1", "prod-deploy", "CloudFormationDeployRole executes 2 stacks"),
    ("G22", "CP-ROLE-3", "prod-deploy", "CloudFormationDeployRole may write IAM"),
    ("G16", "CP-ART-1", "images", "names no key"),
    ("G16", "CP-ART-4", "images", "keeps no versions"),
    ("G17", "CP-ART-6", "prod-deploy", "doesn't block public access"),
    ("G17", "CP-ART-6", "prod-deploy", "acme-pipeline-images may lift the account's block"),
    ("G18", "CP-ART-5", "prod-deploy", "`expire-old-artifacts` deletes artifacts before 90 days"),
    ("G35", "CB-1", "prod-deploy", "builds are privileged"),
    ("G35", "CB-12", "prod-deploy", "with a token or password"),
    ("G36", "ECR-1", "images", "can be moved to another image"),
    ("G42", "CP-OBS-1", "prod-deploy", "no enabled rule sends every such event"),
    ("G44", "STK-1", "prod-deploy", "no termination protection"),
    ("G34", "CP-SRC-4", "prod-deploy", "`**`, which isn't meant to be shipped"),
];

fn what_is_planted_is_found_and_what_was_fixed_is_not() {
    for (gap, control, name, says) in PLANTED {
        let found = |twin| {
            let violated = of(said_of(twin), control, name, Judgement::Violated);
            violated.into_iter().filter(|finding| finding.message.contains(says)).count()
        };
        assert!(found("acme") > 0, "{gap}: {control} of {name} says nothing of `{says}`");
        assert_eq!(found("acme-fixed"), 0, "{gap}: {control} of {name} still says `{says}`");
    }
}

/// Whom the approvals' demo names, exactly.
fn who_approves_without_mfa_is_who_the_questions_name() {
    let violated = of(said_of("acme"), "CP-APR-3", "prod-deploy", Judgement::Violated);
    let who: BTreeSet<&str> = violated.iter().filter_map(|f| f.message.split_whitespace().next()).collect();
    let people = ["people/alice.nguyen", "people/bob.ferreira", "people/carol.schmidt", "service/ci-legacy"];
    let people = people.map(|name| format!("arn:aws:iam::222222222222:user/{name}"));
    assert_eq!(who, people.iter().map(String::as_str).collect());
    let fixed = of(said_of("acme-fixed"), "CP-APR-3", "prod-deploy", Judgement::Holds);
    assert_eq!(fixed.len(), 2, "keys and sessions");
}

fn violations_come_with_what_shows_them_and_proofs_with_what_they_refute() {
    for finding in &said_of("acme").findings {
        let witness = finding.evidence.iter().any(|e| matches!(e, Evidence::Request(_) | Evidence::Chain(_)));
        match finding.verdict {
            Judgement::Violated => {
                let of_data = [
                    "CB-1",
                    "CB-10",
                    "CB-11",
                    "CB-12",
                    "CB-2",
                    "CB-3",
                    "CB-5",
                    "CB-7",
                    "CB-8",
                    "CB-9",
                    "CP-A1",
                    "CP-A11",
                    "CP-A5",
                    "CP-A7",
                    "CP-A8",
                    "CP-ART-1",
                    "CP-ART-4",
                    "CP-ART-5",
                    "CP-ART-6",
                    "CP-CFN-1",
                    "CP-CFN-3",
                    "CP-CFN-5",
                    "CP-MAP-1",
                    "CP-OBS-1",
                    "CP-OBS-2",
                    "CP-OBS-3",
                    "CP-OBS-4",
                    "CP-ROLE-1",
                    "CP-ROLE-2",
                    "CP-ROLE-6",
                    "CP-SRC-1",
                    "CP-SRC-2",
                    "CP-SRC-3",
                    "CP-SRC-4",
                    "CP-SRC-5",
                    "ECR-1",
                    "LAM-1",
                    "STK-1",
                    "TF-2",
                    "USR-1",
                ];
                let shown =
                    witness || of_data.contains(&finding.control) || finding.message.contains("names no key");
                let absent =
                    finding.message.ends_with("can't") || finding.message.ends_with("can't decrypt them");
                assert!(shown || absent, "{finding:?}");
            }
            Judgement::Unknown => assert!(!finding.missing.is_empty(), "{finding:?}"),
            Judgement::Holds => assert!(!witness && finding.missing.is_empty(), "{finding:?}"),
        }
    }
}

/// But for what AWS doesn't tell: who may push to a repository that lies elsewhere.
#[test]
fn the_fixed_twin_holds() {
    let findings = said_of("acme-fixed").findings.iter();
    let open: Vec<_> = findings.filter(|finding| finding.verdict != Judgement::Holds).collect();
    let untold = |f: &&Finding| f.verdict == Judgement::Unknown && f.message.contains("AWS doesn't tell");
    assert!(open.len() == 2 && open.iter().all(untold), "{open:#?}");
}

fn fingerprints_tell_findings_apart_and_stay() {
    let first = said_of("acme");
    let again = audit(&example("acme"), &["CP-A1", "CP-APR-3"], Some(&intent()));
    let all: BTreeSet<&str> = first.findings.iter().map(|f| f.fingerprint.as_str()).collect();
    assert_eq!(all.len(), first.findings.len(), "two findings share a fingerprint");
    assert!(again.findings.iter().all(|finding| all.contains(finding.fingerprint.as_str())));
}

/// All that is said of both twins, a line each, as a person has read it. To write it anew: `GATEPROOF_WRITE_DOCS=1`.
fn all_that_is_said_of_the_example_is_as_it_was() {
    for twin in ["acme", "acme-fixed"] {
        let mut lines: Vec<String> = said_of(twin)
            .findings
            .iter()
            .map(|f| format!("{} {} {} | {} | {}\n", pipeline(f), f.control, f.verdict, f.subject, f.message))
            .collect();
        lines.sort();
        crate::documentation::compare(&format!("corpus/snapshots/{twin}.audit.txt"), &lines.concat());
    }
}
