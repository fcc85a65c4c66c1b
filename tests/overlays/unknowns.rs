//! What is known only after deployment never ends as a plain *impossible*.

use crate::{IMPOSSIBLE, ask, assumptions, can};

const PLACE: [&str; 4] = ["--account", "222222222222", "--region", "us-east-1"];

fn is_open(changes: &[&str], principal: &str, action: &str, resource: &str) {
    let (code, document) = ask(changes, principal, action, resource);
    assert_ne!(code, IMPOSSIBLE, "{document}");
    let strict =
        [changes, &["--strict", "--principal", principal, "--action", action, "--resource", resource]]
            .concat();
    let (code, document) = can(&strict);
    assert_eq!(code, 3, "{document}");
}

#[test]
fn imports_attributes_and_parameters() {
    let cdk = ["--with-template", "corpus/templates/cdk"];
    let stranger = "external:999999999999";
    // Trusted: whatever the import comes to. Let in: whatever the custom resource answers.
    is_open(&cdk, stranger, "sts:AssumeRole", "arn:aws:iam::222222222222:role/orders-importer");
    is_open(&cdk, stranger, "s3:PutObject", "arn:aws:s3:::acme-orders-drop/in/x");
    let partner = [&["--with-template", "corpus/templates/partner.yaml"][..], &PLACE].concat();
    let reader = "arn:aws:iam::222222222222:role/partner-staging";
    is_open(&partner, stranger, "sts:AssumeRole", reader);
    is_open(&partner, reader, "s3:PutObject", "arn:aws:s3:::acme-team-data-222222222222/any/x");
    // A role's policy that hangs on a condition which hangs on a parameter.
    let cleaner = "arn:aws:iam::222222222222:role/partner-Cleaner-GENERATED000";
    is_open(&partner, cleaner, "s3:DeleteObject", "arn:aws:s3:::acme-team-data-222222222222/x");
}

#[test]
fn a_deny_that_is_not_known_denies_nothing_for_certain() {
    let partner = [&["--with-template", "corpus/templates/partner.yaml"][..], &PLACE].concat();
    let reader = "arn:aws:iam::222222222222:role/partner-staging";
    // The Deny is on PREFIX/closed/*, whatever PREFIX is: this object may be meant or not.
    let (code, document) =
        ask(&partner, reader, "s3:GetObject", "arn:aws:s3:::acme-team-data-222222222222/shared/closed/x");
    assert_ne!(code, IMPOSSIBLE, "{document}");
    // This one isn't.
    let (code, document) =
        ask(&partner, reader, "s3:GetObject", "arn:aws:s3:::acme-team-data-222222222222/shared/x");
    assert_eq!(code, crate::REACHABLE, "{document}");
    assert!(!assumptions(&document).contains("parameter Prefix"), "{document}");
}

#[test]
fn a_bucket_policy_known_after_apply_only() {
    let plan = [&["--with-plan", "corpus/templates/plan.json"][..], &PLACE].concat();
    is_open(&plan, "external:999999999999", "s3:PutObject", "arn:aws:s3:::acme-tf-drop/x");
}

#[test]
fn what_may_carry_permissions_and_is_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let alice = "arn:aws:iam::222222222222:user/people/alice.nguyen";
    let cases = [
        r#"{"Resources":{"N":{"Type":"AWS::CloudFormation::Stack","Properties":{"TemplateURL":"https://x"}}}}"#,
        r#"{"Transform":"AWS::Serverless-2016-10-31","Resources":{"F":{"Type":"AWS::Serverless::Function"}}}"#,
        r#"{"Resources":{"P":{"Type":"AWS::SSO::PermissionSet","Properties":{"Name":"x"}}}}"#,
        r#"{"Resources":{"P":{"Type":"AWS::IAM::Policy","Properties":{"PolicyName":"p","Roles":[{"Fn::ImportValue":"x"}],"PolicyDocument":{"Version":"2012-10-17","Statement":[]}}}}}"#,
        r#"{"Resources":{"D":{"Type":"AWS::Unheard::Of","Properties":{"Access":{"Statement":[{"Effect":"Allow"}]}}}}}"#,
        r#"{"Resources":{"B":{"Type":"AWS::S3::BucketPolicy","Properties":{"Bucket":{"Fn::ImportValue":"x"},"PolicyDocument":{"Version":"2012-10-17","Statement":[]}}}}}"#,
    ];
    for (n, text) in cases.iter().enumerate() {
        let path = folder.path().join(format!("t{n}.json"));
        std::fs::write(&path, text).unwrap();
        let changes = [&["--with-template", path.to_str().unwrap()][..], &PLACE].concat();
        let (code, document) =
            ask(&changes, alice, "sqs:PurgeQueue", "arn:aws:sqs:us-east-1:222222222222:any");
        assert_eq!(code, 3, "{text}: {document}");
    }
    // A custom resource is only assumed to change nothing.
    let path = folder.path().join("custom.json");
    std::fs::write(
        &path,
        r#"{"Resources":{"C":{"Type":"Custom::Thing","Properties":{"ServiceToken":"x"}}}}"#,
    )
    .unwrap();
    let changes = [&["--with-template", path.to_str().unwrap()][..], &PLACE].concat();
    let (code, document) = ask(&changes, alice, "sqs:PurgeQueue", "arn:aws:sqs:us-east-1:222222222222:any");
    assert_eq!(code, IMPOSSIBLE, "{document}");
    assert!(assumptions(&document).contains("the custom resource C (Custom::Thing)"), "{document}");
    let unknown = [&changes[..], &["--missing", "unknown"]].concat();
    assert_eq!(ask(&unknown, alice, "sqs:PurgeQueue", "arn:aws:sqs:us-east-1:222222222222:any").0, 3);
}
