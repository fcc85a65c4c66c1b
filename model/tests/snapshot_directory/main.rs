//! Reading snapshot directories: both forms of an operation, pages, errors, resources; the organization in a file of its own.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod organization;

use gateproof_model::account::ProviderKind;
use gateproof_model::policy::{Document, Effect, PrincipalEntry};
use gateproof_model::snapshot::{LoadError, LoadOptions, Missing, Snapshot};
use serde_json::{Value, json};
use tempfile::TempDir;

const ACCOUNT: &str = "111122223333";
const KEY_ID: &str = "1a2b3c4d-5e6f-4a7b-8c9d-0e1f2a3b4c5d";

fn write(files: &[(&str, Value)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, value) in files {
        let file = folder.path().join(path);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, value.to_string()).unwrap();
    }
    folder
}

fn load_with(files: &[(&str, Value)], missing: Missing) -> Result<Snapshot, LoadError> {
    let folder = write(files);
    Snapshot::load(folder.path(), &LoadOptions { missing, ..LoadOptions::default() })
}

fn load(files: &[(&str, Value)]) -> Snapshot {
    load_with(files, Missing::Assume).unwrap()
}

fn gaad(role: &str) -> Value {
    json!({"UserDetailList": [], "GroupDetailList": [], "Policies": [], "RoleDetailList": [{
        "Path": "/", "RoleName": role, "RoleId": "AROAEXAMPLE", "Arn": format!("arn:aws:iam::{ACCOUNT}:role/{role}"),
        "AssumeRolePolicyDocument": policy("sts:AssumeRole"), "RolePolicyList": [], "AttachedManagedPolicies": []
    }]})
}

fn policy(action: &str) -> Value {
    json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": action, "Resource": "*"}]})
}

fn identity(action: &str) -> Value {
    json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]})
}

fn is_unknown(document: &Document) -> bool {
    let effects: Vec<Effect> =
        document.statements.iter().filter(|s| s.assumption.is_some()).map(|s| s.effect).collect();
    effects == [Effect::Allow, Effect::Deny]
}

fn actions(document: &Document) -> Vec<String> {
    document.statements.iter().map(|s| s.action.patterns[0].text.to_string()).collect()
}

fn at(path: &str) -> String {
    format!("accounts/{ACCOUNT}/{path}")
}

#[test]
fn pages_and_regions_of_authorization_details_are_one_account() {
    let mut first = gaad("one");
    first["IsTruncated"] = json!(true);
    let pages = [
        (at("global/iam/get-account-authorization-details.1.json"), first.clone()),
        (at("global/iam/get-account-authorization-details.2.json"), gaad("two")),
    ];
    let files: Vec<(&str, Value)> = pages.iter().map(|(p, v)| (p.as_str(), v.clone())).collect();
    let s = load(&files);
    let names: Vec<&str> = s.principals().iter().map(|p| &*p.name).collect();
    assert_eq!(names, ["one", "two", "root"]);
    let cut = load_with(&files[..1], Missing::Assume);
    assert!(matches!(cut, Err(LoadError::TruncatedPage { file }) if file.ends_with("details.1.json")));
    let regional = at("eu-west-1/iam/get-account-authorization-details.json");
    assert_eq!(load(&[(&regional, gaad("three"))]).principals().len(), 2);
}

#[test]
fn a_page_of_another_region_is_no_successor() {
    let mut first = gaad("one");
    first["IsTruncated"] = json!(true);
    let cut = load_with(
        &[
            (&at("global/iam/get-account-authorization-details.json"), first),
            (&at("us-east-1/iam/get-account-authorization-details.json"), gaad("two")),
        ],
        Missing::Assume,
    );
    assert!(matches!(cut, Err(LoadError::TruncatedPage { file }) if file.contains("global")));
}

#[test]
fn a_role_elsewhere_is_an_assumption_and_a_missing_one_here_is_not() {
    let s = load(&[(&at("global/iam/get-account-authorization-details.json"), gaad("r"))]);
    let trust = |arn: &str| s.policy_of(arn, None);
    assert!(trust("arn:aws:iam::111122223333:role/r").policy.is_some());
    assert!(trust("arn:aws:iam::111122223333:role/none").assumptions.is_empty());
    assert_eq!(trust("arn:aws:iam::444455556666:role/none").assumptions.len(), 1);
}

#[test]
fn lists_left_out_are_assumed_empty() {
    let file = at("global/iam/get-account-authorization-details.json");
    let s = load(&[(&file, json!({"RoleDetailList": []}))]);
    let texts: Vec<_> = s.assumptions().iter().filter(|a| a.text.contains("has no users")).collect();
    assert_eq!(texts.len(), 1);
    assert!(!s.assumptions().iter().any(|a| a.text.contains("has no roles")));
}

#[test]
fn a_listing_that_promises_more_is_an_error() {
    let file = at("us-east-1/sns/list-topics.json");
    let cut = load_with(&[(&file, json!({"Topics": [], "NextToken": "x"}))], Missing::Assume);
    assert!(matches!(cut, Err(LoadError::TruncatedPage { .. })));
}

#[test]
fn buckets_have_policies_block_public_access_and_tags() {
    let s = load(&[
        (&at("global/s3api/list-buckets.json"), json!({"Buckets": [{"Name": "plain"}, {"Name": "untold"}]})),
        (
            &at("us-east-1/s3api/get-bucket-policy/open.json"),
            json!({"Policy": policy("s3:GetObject").to_string()}),
        ),
        (
            &at("us-east-1/s3api/get-public-access-block/open.json"),
            json!({"PublicAccessBlockConfiguration": {"RestrictPublicBuckets": false, "BlockPublicPolicy": true}}),
        ),
        (
            &at("global/s3control/get-public-access-block.json"),
            json!({"PublicAccessBlockConfiguration": {"RestrictPublicBuckets": true}}),
        ),
        (
            &at("us-east-1/s3api/get-bucket-tagging/open.json"),
            json!({"TagSet": [{"Key": "Env", "Value": "prod"}]}),
        ),
        (
            "errors.json",
            json!([
                {"account": ACCOUNT, "region": "global", "service": "s3api", "operation": "get-bucket-policy", "name": "plain", "error": "NoSuchBucketPolicy"},
                {"account": ACCOUNT, "region": "us-east-1", "service": "s3api", "operation": "get-bucket-policy", "name": "closed", "error": "AccessDenied"}
            ]),
        ),
    ]);
    let open = s.resource("arn:aws:s3:::open").unwrap();
    assert_eq!(
        (&*open.account, actions(open.policy.as_ref().unwrap())),
        (ACCOUNT, vec!["s3:getobject".to_owned()])
    );
    assert!(open.block_public_access.restrict_public_buckets && open.block_public_access.block_public_policy);
    assert_eq!(open.tag("env").map(|t| &**t), Some("prod"));
    assert_eq!(s.resource("arn:aws:s3:::plain").unwrap().policy, None);
    assert_eq!(s.assumptions_about("arn:aws:s3:::plain").count(), 0);
    assert!(is_unknown(s.resource("arn:aws:s3:::closed").unwrap().policy.as_ref().unwrap()));
    assert_eq!(s.resource("arn:aws:s3:::untold").unwrap().policy, None);
    let untold: Vec<_> = s.assumptions_about("arn:aws:s3:::untold").collect();
    assert_eq!(&*untold[0].cli_command, "aws s3api get-bucket-policy --bucket untold");
    let object = s.policy_of("arn:aws:s3:::open/a/b", None);
    assert_eq!(object.entity.unwrap().arn, open.arn);
    let foreign = s.policy_of("arn:aws:s3:::elsewhere/key", None);
    assert!(foreign.policy.is_none() && foreign.assumptions.len() == 1);
}

#[test]
fn what_was_never_collected_is_unknown_on_demand() {
    let files = [(&*at("global/s3api/list-buckets.json"), json!({"Buckets": [{"Name": "untold"}]}))];
    let s = load_with(&files, Missing::Unknown).unwrap();
    assert!(is_unknown(s.resource("arn:aws:s3:::untold").unwrap().policy.as_ref().unwrap()));
    assert!(is_unknown(s.policy_of("arn:aws:s3:::elsewhere", None).policy.as_ref().unwrap()));
    assert!(is_unknown(&s.organization().scp_levels(ACCOUNT)[0][0]));
    assert!(s.blind_spots().iter().any(|b| b.what.contains("users, roles") && b.hides_callers));
    assert_eq!(s.policy_of("arn:aws:ec2:us-east-1:111122223333:instance/i-1", None).policy, None);
}

#[test]
fn keys_are_found_by_id_arn_and_alias_and_have_grants() {
    let arn = format!("arn:aws:kms:us-east-1:{ACCOUNT}:key/{KEY_ID}");
    let grant = json!({"KeyId": arn, "GrantId": "g1", "GranteePrincipal": "arn:aws:iam::444455556666:role/r",
        "Operations": ["Decrypt"], "Constraints": {"EncryptionContextSubset": {"a": "b"}}});
    let aliases = json!({"Aliases": [{"AliasName": "alias/main", "AliasArn": format!("arn:aws:kms:us-east-1:{ACCOUNT}:alias/main"), "TargetKeyId": KEY_ID},
        {"AliasName": "alias/aws/s3", "AliasArn": format!("arn:aws:kms:us-east-1:{ACCOUNT}:alias/aws/s3")}]});
    let key_policy = json!({"Policy": policy("kms:Decrypt").to_string()});
    let names = [
        "alias%2Fmain.json".to_owned(),
        format!("{KEY_ID}.json"),
        format!("{}.json", arn.replace(':', "%3A").replace('/', "%2f")),
    ];
    for name in names {
        let s = load(&[
            (&at("us-east-1/kms/list-aliases.json"), aliases.clone()),
            (&at(&format!("us-east-1/kms/get-key-policy/{name}")), key_policy.clone()),
            (&at(&format!("us-east-1/kms/list-grants/{name}")), json!({"Grants": [grant]})),
        ]);
        let key = s.resource(&arn).unwrap_or_else(|| panic!("{name}"));
        assert_eq!(actions(key.policy.as_ref().unwrap()), ["kms:decrypt"], "{name}");
        assert_eq!(key.grants[0].encryption_context_subset, [("a".into(), "b".into())]);
        let by_alias = s.policy_of(&format!("arn:aws:kms:us-east-1:{ACCOUNT}:alias/main"), None);
        assert_eq!(by_alias.entity.unwrap().arn.as_ref(), arn);
        assert_eq!(s.resources().len(), 1, "{name}");
    }
}

#[test]
fn a_key_without_collected_policy_delegates_to_its_account() {
    let arn = format!("arn:aws:kms:us-east-1:{ACCOUNT}:key/{KEY_ID}");
    let s =
        load(&[(&at("us-east-1/kms/list-keys.json"), json!({"Keys": [{"KeyId": KEY_ID, "KeyArn": arn}]}))]);
    let policy = s.resource(&arn).unwrap().policy.clone().unwrap();
    assert_eq!(
        policy.statements[0].principal.as_ref().unwrap().entries,
        [PrincipalEntry::Account(ACCOUNT.into())]
    );
    let texts: Vec<_> = s.assumptions_about(&arn).map(|a| a.text.to_string()).collect();
    assert!(
        texts.iter().any(|t| t.contains("default key policy"))
            && texts.iter().any(|t| t.contains("no grants"))
    );
    let unlisted = s.policy_of(&format!("arn:aws:kms:us-east-1:{ACCOUNT}:key/other"), None);
    assert_eq!(actions(unlisted.policy.as_ref().unwrap()), ["kms:*"]);
}

#[test]
fn unreadable_grants_may_allow() {
    let s = load(&[
        (
            &at(&format!("us-east-1/kms/get-key-policy/{KEY_ID}.json")),
            json!({"Policy": policy("kms:Decrypt").to_string()}),
        ),
        (&at(&format!("us-east-1/kms/list-grants/{KEY_ID}.json")), json!({"Grants": [{"GrantId": 3}]})),
    ]);
    let policy = s.resources()[0].policy.clone().unwrap();
    assert_eq!(policy.statements.len(), 2);
    assert!(policy.statements[1].assumption.as_ref().unwrap().contains("list-grants"));
    assert!(s.blind_spots().iter().any(|b| b.what.contains("grants")));
}

#[test]
fn the_table_covers_the_services() {
    let region = |p: &str| at(&format!("us-east-1/{p}"));
    let text = policy("x:Y").to_string();
    let arn = |rest: &str| rest.replace("{}", &format!("us-east-1:{ACCOUNT}"));
    let cases = [
        (
            "sns/get-topic-attributes/arn%3Aaws%3Asns%3Aus-east-1%3A111122223333%3At.json",
            json!({"Attributes": {"Policy": text}}),
            "arn:aws:sns:{}:t",
        ),
        (
            "sqs/get-queue-attributes/https%3A%2F%2Fsqs.us-east-1.amazonaws.com%2F111122223333%2Fq.json",
            json!({"Attributes": {"Policy": text}}),
            "arn:aws:sqs:{}:q",
        ),
        (
            "secretsmanager/get-resource-policy/s.json",
            json!({"ARN": arn("arn:aws:secretsmanager:{}:secret:s-AbCdEf"), "ResourcePolicy": text}),
            "arn:aws:secretsmanager:{}:secret:s-AbCdEf",
        ),
        ("lambda/get-policy/f.json", json!({"Policy": text}), "arn:aws:lambda:{}:function:f"),
        (
            "ecr/get-repository-policy.json",
            json!({"repositoryName": "r/x", "policyText": text}),
            "arn:aws:ecr:{}:repository/r/x",
        ),
        (
            "opensearch/describe-domain/d.json",
            json!({"DomainStatus": {"AccessPolicies": text, "ARN": arn("arn:aws:es:{}:domain/d")}}),
            "arn:aws:es:{}:domain/d",
        ),
        (
            "backup/get-backup-vault-access-policy/v.json",
            json!({"BackupVaultName": "v", "Policy": text}),
            "arn:aws:backup:{}:backup-vault:v",
        ),
        (
            "events/describe-event-bus/b.json",
            json!({"Name": "b", "Policy": text}),
            "arn:aws:events:{}:event-bus/b",
        ),
        (
            "efs/describe-file-system-policy/fs-1.json",
            json!({"FileSystemId": "fs-1", "Policy": text}),
            "arn:aws:elasticfilesystem:{}:file-system/fs-1",
        ),
        ("glue/get-resource-policy.json", json!({"PolicyInJson": text}), "arn:aws:glue:{}:catalog"),
        (
            "logs/describe-resource-policies.json",
            json!({"resourcePolicies": [{"policyName": "p", "policyDocument": text}]}),
            "arn:aws:logs:{}:log-group:*",
        ),
        (
            "apigateway/get-rest-apis.json",
            json!({"items": [{"id": "abc", "policy": text.replace('"', "\\\"")}]}),
            "arn:aws:execute-api:{}:abc",
        ),
        (
            "s3control/get-access-point-policy/ap.json",
            json!({"Policy": text}),
            "arn:aws:s3:{}:accesspoint/ap",
        ),
        ("dynamodb/get-resource-policy/t.json", json!({"Policy": text}), "arn:aws:dynamodb:{}:table/t"),
        (
            "codeartifact/get-domain-permissions-policy/d.json",
            json!({"policy": {"resourceArn": arn("arn:aws:codeartifact:{}:domain/d"), "document": text}}),
            "arn:aws:codeartifact:{}:domain/d",
        ),
        (
            "mediastore/get-container-policy/arn%3Aaws%3Amediastore%3Aus-east-1%3A111122223333%3Acontainer%2Fc.json",
            json!({"Policy": text}),
            "arn:aws:mediastore:{}:container/c",
        ),
        (
            "schemas/get-resource-policy.json",
            json!({"Arn": arn("arn:aws:schemas:{}:registry/r"), "Policy": policy("x:Y")}),
            "arn:aws:schemas:{}:registry/r",
        ),
    ];
    for (path, value, expected) in cases {
        let s = load(&[(&region(path), value)]);
        assert!(s.problems().is_empty(), "{path}: {:?}", s.problems());
        let resource = s.resource(&arn(expected)).unwrap_or_else(|| panic!("{path}: {:?}", s.resources()));
        assert_eq!(actions(resource.policy.as_ref().unwrap()), ["x:y"], "{path}");
        assert_eq!(&*resource.account, ACCOUNT);
    }
}

#[test]
fn a_queue_whose_policy_was_not_asked_for_is_not_one_without() {
    let arn = format!("arn:aws:sqs:us-east-1:{ACCOUNT}:q");
    let file = at("us-east-1/sqs/get-queue-attributes/q.json");
    let s = load(&[(&file, json!({"Attributes": {"QueueArn": arn}}))]);
    assert_eq!(s.assumptions_about(&arn).count(), 1);
    let s = load(&[(&file, json!({"Attributes": {"QueueArn": arn, "VisibilityTimeout": "30"}}))]);
    assert_eq!(s.assumptions_about(&arn).count(), 0);
}

#[test]
fn an_unreadable_policy_is_unknown_and_a_refused_secret_keeps_its_name() {
    let s = load(&[
        (&at("us-east-1/lambda/get-policy/f.json"), json!({"Policy": "{\"Statement\":[{}]}"})),
        (
            &at("us-east-1/secretsmanager/list-secrets.json"),
            json!({"SecretList": [{"ARN": format!("arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:a/b-AbCdEf"), "Name": "a/b", "Tags": [{"Key": "k", "Value": "v"}]}]}),
        ),
        (
            "errors.json",
            json!([{"account": ACCOUNT, "region": "us-east-1", "service": "secretsmanager", "operation": "get-resource-policy", "name": "a/b", "error": "AccessDeniedException"},
            {"account": ACCOUNT, "service": "sns", "operation": "list-topics", "error": "AccessDenied"}]),
        ),
    ]);
    let function = s.resource(&format!("arn:aws:lambda:us-east-1:{ACCOUNT}:function:f")).unwrap();
    assert!(is_unknown(function.policy.as_ref().unwrap()));
    assert!(
        s.problems()
            .iter()
            .any(|p| p.file.ends_with("get-policy/f.json") && p.pointer == "/Policy/Statement/0")
    );
    let secret =
        s.resource(&format!("arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:a/b-AbCdEf")).unwrap();
    assert!(is_unknown(secret.policy.as_ref().unwrap()));
    let blind = s.blind_spots().iter().find(|b| b.what.contains("sns")).unwrap();
    assert!(
        blind.touches(ACCOUNT, "sns")
            && !blind.touches(ACCOUNT, "s3")
            && !blind.touches("444455556666", "sns")
    );
    assert!(!blind.hides_callers);
}

#[test]
fn resource_policies_by_arn_and_two_that_differ() {
    let arn = "arn:aws:s3:::b";
    let s = load(&[
        (
            "resource-policies.json",
            json!([{"Resource": arn, "Account": ACCOUNT, "Policy": policy("s3:GetObject")},
            {"Resource": "arn:aws:iot:us-east-1:444455556666:thing/t", "Policy": policy("iot:Publish")}]),
        ),
        (&at("global/s3api/get-bucket-policy/b.json"), json!({"Policy": policy("s3:PutObject").to_string()})),
    ]);
    assert!(is_unknown(s.resource(arn).unwrap().policy.as_ref().unwrap()));
    assert!(s.problems().iter().any(|p| p.found.contains("another policy")));
    assert_eq!(&*s.resource("arn:aws:iot:us-east-1:444455556666:thing/t").unwrap().account, "444455556666");
}

#[test]
fn providers_and_endpoints() {
    let arn = format!("arn:aws:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com");
    let s = load(&[
        (
            &at("global/iam/list-open-id-connect-providers.json"),
            json!({"OpenIDConnectProviderList": [{"Arn": arn}]}),
        ),
        (
            &at(&format!(
                "global/iam/get-open-id-connect-provider/{}.json",
                arn.replace(':', "%3A").replace('/', "%2F")
            )),
            json!({"Url": "token.actions.githubusercontent.com", "ClientIDList": ["sts.amazonaws.com"]}),
        ),
        (
            &at("global/iam/list-saml-providers.json"),
            json!({"SAMLProviderList": [{"Arn": format!("arn:aws:iam::{ACCOUNT}:saml-provider/x")}]}),
        ),
        (
            &at("eu-west-1/ec2/describe-vpc-endpoints.json"),
            json!({"VpcEndpoints": [
            {"VpcEndpointId": "vpce-1", "VpcId": "vpc-1", "ServiceName": "com.amazonaws.eu-west-1.s3", "PolicyDocument": policy("s3:*").to_string(), "Tags": []},
            {"VpcEndpointId": "vpce-2"}]}),
        ),
    ]);
    assert_eq!(s.providers().len(), 2);
    let ProviderKind::Oidc { issuer, client_ids } = &s.providers()[0].kind else { panic!("saml first") };
    assert_eq!(
        (&**issuer, client_ids.as_ref().unwrap()[0].as_ref()),
        ("token.actions.githubusercontent.com", "sts.amazonaws.com")
    );
    assert_eq!(actions(s.endpoints()[0].policy.as_ref().unwrap()), ["s3:*"]);
    assert_eq!(s.endpoints()[1].policy, None);
}

#[test]
fn other_operations_are_read_when_asked_for() {
    let s = {
        let folder = write(&[
            (&at("us-east-1/codepipeline/get-pipeline/a%2Fb.json"), json!({"pipeline": {"name": "a/b"}})),
            (&at("eu-west-1/codepipeline/get-pipeline/c.json"), json!({"pipeline": {"name": "c"}})),
        ]);
        let s = Snapshot::load(folder.path(), &LoadOptions::default()).unwrap();
        let names: Vec<String> = s
            .operation(ACCOUNT, None, "codepipeline", "get-pipeline")
            .map(|o| {
                format!(
                    "{} {} {}",
                    o.region,
                    o.name.unwrap(),
                    o.json.unwrap().get("pipeline").unwrap().get("name").unwrap().as_str().unwrap()
                )
            })
            .collect();
        assert_eq!(names, ["eu-west-1 c c", "us-east-1 a/b a/b"]);
        assert_eq!(s.operation(ACCOUNT, Some("us-east-1"), "codepipeline", "get-pipeline").count(), 1);
        s
    };
    let gone = s.operation(ACCOUNT, Some("us-east-1"), "codepipeline", "get-pipeline").next().unwrap();
    assert!(gone.json.is_err());
    assert_eq!(s.operations(ACCOUNT).collect::<Vec<_>>(), [("codepipeline", "get-pipeline")]);
}

#[test]
fn partitions_come_from_arns_and_regions() {
    let s = load(&[(
        &at("cn-north-1/s3api/get-bucket-policy/b.json"),
        json!({"Policy": policy("s3:*").to_string()}),
    )]);
    assert_eq!(&*s.accounts()[0].partition, "aws-cn");
    assert!(s.resource("arn:aws-cn:s3:::b").is_some());
}

#[test]
fn an_empty_folder_is_no_snapshot() {
    let error = load_with(&[("notes/readme.json", json!({}))], Missing::Assume).unwrap_err();
    assert!(error.to_string().contains("no usable snapshot"), "{error}");
}

#[cfg(unix)]
#[test]
fn links_may_not_leave_the_snapshot() {
    let outside = write(&[("get-bucket-policy.json", json!({"Policy": policy("s3:*").to_string()}))]);
    let folder = write(&[(&at("global/iam/get-account-authorization-details.json"), gaad("r"))]);
    let target = folder.path().join(at("global/s3api/get-bucket-policy"));
    std::fs::create_dir_all(&target).unwrap();
    let link = |from: &std::path::Path, to: &str| std::os::unix::fs::symlink(from, target.join(to)).unwrap();
    link(&outside.path().join("get-bucket-policy.json"), "evil.json");
    link(outside.path(), "folder");
    let s = Snapshot::load(folder.path(), &LoadOptions::default()).unwrap();
    assert!(s.resource("arn:aws:s3:::evil").is_none());
    let refused = s.problems().iter().filter(|p| p.found.contains("leaves the snapshot")).count();
    assert_eq!(refused, 2);
}

#[test]
fn files_over_the_limit_are_refused_with_both_numbers() {
    let folder = write(&[(&at("global/iam/get-account-authorization-details.json"), gaad("r"))]);
    let options = LoadOptions { file_limit: 100, ..LoadOptions::default() };
    let s = Snapshot::load(folder.path(), &options).unwrap();
    let problem = s.problems()[0].to_string();
    assert!(problem.contains("bytes given") && problem.contains("limit of 100 bytes"), "{problem}");
    assert_eq!(s.blind_spots().len(), 1);
}
