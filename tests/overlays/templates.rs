//! Templates and plans, each with what follows from it.

use crate::{IMPOSSIBLE, REACHABLE, ask, assumptions, run};

const CDK: [&str; 2] = ["--with-template", "corpus/templates/cdk"];
const PLAN: [&str; 6] =
    ["--with-plan", "corpus/templates/plan.json", "--account", "222222222222", "--region", "us-east-1"];
const PARTNER: [&str; 6] = [
    "--with-template",
    "corpus/templates/partner.yaml",
    "--account",
    "222222222222",
    "--region",
    "us-east-1",
];

fn arn(rest: &str) -> String {
    format!("arn:aws:iam::222222222222:{rest}")
}

#[test]
fn what_cdk_synthesizes_gives_and_withholds() {
    let reader = arn("role/orders-reader");
    let data = "arn:aws:s3:::acme-team-data-222222222222/orders/1";
    assert_eq!(ask(&CDK, &reader, "s3:GetObject", data).0, REACHABLE);
    // What the policy gives lies outside the boundary.
    assert_eq!(ask(&CDK, &reader, "iam:CreateUser", "*").0, IMPOSSIBLE);
    // A condition that doesn't hold, and one that a parameter makes hold.
    let (purge, queue) = ("sqs:PurgeQueue", "arn:aws:sqs:us-east-1:222222222222:orders-inbox");
    assert_eq!(ask(&CDK, &reader, purge, queue).0, IMPOSSIBLE);
    let open = [&CDK[..], &["--with-parameter", "Open=yes"]].concat();
    assert_eq!(ask(&open, &reader, purge, queue).0, REACHABLE);
    // A topic's policy lets another account in.
    let topic = "arn:aws:sns:us-east-1:222222222222:orders-events";
    let admin = "arn:aws:iam::444444444444:role/acme-breakglass";
    assert_eq!(ask(&CDK, admin, "sns:Publish", topic).0, REACHABLE);
    assert_eq!(ask(&CDK, admin, "sns:Subscribe", topic).0, IMPOSSIBLE);
}

#[test]
fn parameters_close_what_they_leave_open() {
    let (reader, action) = (arn("role/orders-reader"), "sqs:ReceiveMessage");
    let queue = |name: &str| format!("arn:aws:sqs:us-east-1:222222222222:{name}");
    let (code, document) = ask(&CDK, &reader, action, &queue("orders-inbox"));
    assert!(code == REACHABLE || code == 3, "{document}");
    assert!(assumptions(&document).contains("parameter Suffix"), "{document}");
    let given = [&CDK[..], &["--with-parameter", "Suffix=inbox"]].concat();
    let (code, document) = ask(&given, &reader, action, &queue("orders-inbox"));
    assert_eq!(code, REACHABLE, "{document}");
    assert!(!assumptions(&document).contains("parameter Suffix"), "{document}");
    assert_eq!(ask(&given, &reader, action, &queue("orders-outbox")).0, IMPOSSIBLE);
    // Whatever it comes to, the queue's name begins so.
    assert_eq!(ask(&CDK, &reader, action, &queue("payments")).0, IMPOSSIBLE);
}

#[test]
fn a_pipeline_of_a_template_is_mapped_and_judged() {
    let output = run("map", &[&CDK[..], &["--pipeline", "orders", "--format", "json"]].concat());
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    for part in ["orders-build", "acme-orders-artifacts", "orders-delivery-BuildRole"] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
}

#[test]
fn a_template_in_yaml_with_short_forms() {
    let reader = arn("role/partner-staging");
    let with = |parameter: &'static str| [&PARTNER[..], &["--with-parameter", parameter]].concat();
    let partner = with("PartnerAccount=444444444444");
    let shared = |bucket: &str| format!("arn:aws:s3:::{bucket}/shared/x");
    assert_eq!(ask(&partner, &reader, "s3:GetObject", &shared("acme-audit-logs-222222222222")).0, IMPOSSIBLE);
    let queue = "arn:aws:sqs:us-east-1:222222222222:any";
    assert_eq!(ask(&partner, &reader, "sqs:SendMessage", queue).0, REACHABLE);
    let production = [&partner[..], &["--with-parameter", "Stage=production"]].concat();
    let producer = arn("role/partner-production");
    assert_eq!(ask(&production, &producer, "sqs:SendMessage", queue).0, IMPOSSIBLE);
    assert_eq!(ask(&partner, "external:999999999999", "sts:AssumeRole", &reader).0, IMPOSSIBLE);
    let given = with("PartnerAccount=999999999999");
    assert_eq!(ask(&given, "external:999999999999", "sts:AssumeRole", &reader).0, REACHABLE);
}

#[test]
fn a_terraform_plan() {
    let alice = arn("user/people/alice.nguyen");
    let deployer = arn("role/tf-deployer");
    assert_eq!(ask(&PLAN, &alice, "sts:AssumeRole", &deployer).0, REACHABLE);
    assert_eq!(ask(&PLAN, &arn("user/people/bob.ferreira"), "sts:AssumeRole", &deployer).0, IMPOSSIBLE);
    // The policy's role is known through the configuration only.
    let data = "arn:aws:s3:::acme-team-data-222222222222/x";
    assert_eq!(ask(&PLAN, &deployer, "s3:GetObject", data).0, REACHABLE);
    assert_eq!(ask(&PLAN, &deployer, "s3:PutObject", data).0, IMPOSSIBLE);
    // An attached policy of AWS.
    let pipeline = "arn:aws:codepipeline:us-east-1:222222222222:prod-deploy";
    assert_eq!(ask(&PLAN, &deployer, "codepipeline:GetPipeline", pipeline).0, REACHABLE);
    let output = run("can", &[&PLAN[..], &["--principal", &deployer, "--action", "s3:GetObject"]].concat());
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        said.contains("aws_cloudwatch_metric_alarm.noise (aws_cloudwatch_metric_alarm) is not read"),
        "{said}"
    );
}

#[test]
fn long_ids_that_begin_alike_are_two_roles() {
    let role = |service: &str| {
        serde_json::json!({"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {"Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Principal": {"AWS": service}, "Action": "sts:AssumeRole"}]}}})
    };
    let alice = arn("user/people/alice.nguyen");
    let template = serde_json::json!({"Resources": {
        "PipelineSourceCodePipelineActionRoleA": role(&alice),
        "PipelineSourceCodePipelineActionRoleB": role("444444444444")}});
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("long.json");
    std::fs::write(&path, template.to_string()).unwrap();
    let changes =
        ["--with-template", path.to_str().unwrap(), "--account", "222222222222", "--region", "us-east-1"];
    let roles = arn("role/long-PipelineSourceCodePipeli-*");
    let (code, document) = ask(&changes, &alice, "sts:AssumeRole", &roles);
    assert_eq!(code, REACHABLE, "{document}");
    let made = run(
        "who-can",
        &[&changes[..], &["--action", "sts:AssumeRole", "--resource", &roles, "--quiet"]].concat(),
    );
    let text = String::from_utf8_lossy(&made.stdout).into_owned();
    assert!(text.contains("alice.nguyen") && text.contains("444444444444"), "{text}");
}

/// Before Terraform 0.13, plans name providers by one word.
#[test]
fn plans_of_old_versions_are_read_the_same() {
    let text = std::fs::read_to_string("corpus/templates/plan.json").unwrap();
    let old = tempfile::NamedTempFile::new().unwrap();
    let renamed = text.replace("registry.terraform.io/hashicorp/aws", "aws");
    assert!(renamed.len() < text.len());
    std::fs::write(old.path(), renamed).unwrap();
    let [flag, _, place @ ..] = PLAN;
    let plan = [&[flag, old.path().to_str().unwrap()], &place[..]].concat();
    let deployer = arn("role/tf-deployer");
    assert_eq!(ask(&plan, &arn("user/people/alice.nguyen"), "sts:AssumeRole", &deployer).0, REACHABLE);
    let data = "arn:aws:s3:::acme-team-data-222222222222/x";
    assert_eq!(ask(&plan, &deployer, "s3:GetObject", data).0, REACHABLE);
}
