//! `what-can` on the command line.

use crate::program::{ask, run, stderr, stdout};

const ACME: &str = "corpus/snapshots/acme";

#[test]
fn one_document_a_principal_in_order() {
    let (code, document) = ask(&[
        "what-can",
        ACME,
        "--principal",
        "user/erin.walsh",
        "--principal",
        "user/alice.nguyen",
        "--service",
        "codepipeline,s3",
    ]);
    assert_eq!(code, 0);
    let names: Vec<&str> =
        document["principals"].as_array().unwrap().iter().map(|p| p["arn"].as_str().unwrap()).collect();
    assert_eq!(
        names,
        [
            "arn:aws:iam::222222222222:user/people/erin.walsh",
            "arn:aws:iam::222222222222:user/people/alice.nguyen"
        ]
    );
    for principal in document["principals"].as_array().unwrap() {
        assert_eq!(principal["agreement"], "exact");
        for action in principal["actions"].as_array().unwrap() {
            let name = action["name"].as_str().unwrap();
            assert!(name.starts_with("codepipeline:") || name.starts_with("s3:"), "{name}");
            assert!(action["witness"].is_object(), "{name}");
        }
    }
}

#[test]
fn conditions_are_put_in() {
    let approvals = |when: &str| {
        let (code, document) = ask(&[
            "what-can",
            ACME,
            "--principal",
            "user/alice.nguyen",
            "--action",
            "codepipeline:PutApprovalResult",
            "--when",
            when,
        ]);
        assert_eq!(code, 0);
        document["principals"][0]["actions"].as_array().unwrap().len()
    };
    // The guardrail tests for `false`, which a long-term key doesn't say.
    assert_eq!(approvals("aws:MultiFactorAuthPresent=absent"), 1);
    assert_eq!(approvals("aws:MultiFactorAuthPresent=false"), 0);
}

#[test]
fn what_cannot_be_told_ends_with_3() {
    let output = run(&["what-can", ACME, "--principal", "user/qa-robot", "--service", "secretsmanager"]);
    assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
    assert!(stdout(&output).contains("unreadable policy of arn:aws:secretsmanager:"));
}

#[test]
fn mistakes_are_refused() {
    for (arguments, code) in [
        (&["what-can", ACME][..], 64),
        (&["what-can", ACME, "--principal", "role/no-such-role"], 1),
        (&["what-can", ACME, "--principal", "user/erin.walsh", "--service", "nothing"], 1),
        (&["what-can", ACME, "--principal", "user/erin.walsh", "--action", "s3"], 64),
    ] {
        let output = run(arguments);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {}", stderr(&output));
    }
}
