//! Resources of the provider `aws` as resources of a template.

use super::deliveries::{pipeline, project};
use super::values::{Planned, document};
use crate::json::Json;

/// Resources that need no more than their attributes under other names: type, its type in a template, and for each property the
/// attribute and how it is taken.
type Form = (&'static str, &'static str, &'static [(&'static str, &'static str, Take)]);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Take {
    /// As it is.
    Value,
    /// Where the configuration sets it: AWS fills it in otherwise.
    IfSet,
    /// A document in a text.
    Document,
    /// A list of one.
    Alone,
    /// A map of tags.
    Tags,
}
use Take::{Alone, Document, IfSet, Tags, Value};

const FORMS: &[Form] = &[
    (
        "aws_iam_user",
        "AWS::IAM::User",
        &[
            ("UserName", "name", Value),
            ("Path", "path", Value),
            ("PermissionsBoundary", "permissions_boundary", Value),
            ("Tags", "tags_all", Tags),
        ],
    ),
    ("aws_iam_group", "AWS::IAM::Group", &[("GroupName", "name", Value), ("Path", "path", Value)]),
    (
        "aws_iam_policy",
        "AWS::IAM::ManagedPolicy",
        &[
            ("ManagedPolicyName", "name", Value),
            ("Path", "path", Value),
            ("PolicyDocument", "policy", Document),
        ],
    ),
    (
        "aws_iam_role_policy",
        "AWS::IAM::RolePolicy",
        &[("PolicyName", "name", Value), ("RoleName", "role", Value), ("PolicyDocument", "policy", Document)],
    ),
    (
        "aws_iam_user_policy",
        "AWS::IAM::UserPolicy",
        &[("PolicyName", "name", Value), ("UserName", "user", Value), ("PolicyDocument", "policy", Document)],
    ),
    (
        "aws_iam_group_policy",
        "AWS::IAM::GroupPolicy",
        &[
            ("PolicyName", "name", Value),
            ("GroupName", "group", Value),
            ("PolicyDocument", "policy", Document),
        ],
    ),
    (
        "aws_iam_role_policy_attachment",
        "Local::IAM::Attachment",
        &[("RoleName", "role", Value), ("PolicyArn", "policy_arn", Value)],
    ),
    (
        "aws_iam_user_policy_attachment",
        "Local::IAM::Attachment",
        &[("UserName", "user", Value), ("PolicyArn", "policy_arn", Value)],
    ),
    (
        "aws_iam_group_policy_attachment",
        "Local::IAM::Attachment",
        &[("GroupName", "group", Value), ("PolicyArn", "policy_arn", Value)],
    ),
    (
        "aws_iam_policy_attachment",
        "Local::IAM::Attachment",
        &[
            ("Roles", "roles", Value),
            ("Users", "users", Value),
            ("Groups", "groups", Value),
            ("PolicyArn", "policy_arn", Value),
        ],
    ),
    (
        "aws_iam_group_membership",
        "AWS::IAM::UserToGroupAddition",
        &[("GroupName", "group", Value), ("Users", "users", Value)],
    ),
    (
        "aws_iam_user_group_membership",
        "Local::IAM::Memberships",
        &[("UserName", "user", Value), ("Groups", "groups", Value)],
    ),
    (
        "aws_iam_instance_profile",
        "AWS::IAM::InstanceProfile",
        &[("InstanceProfileName", "name", Value), ("Path", "path", Value), ("Roles", "role", Alone)],
    ),
    (
        "aws_iam_openid_connect_provider",
        "AWS::IAM::OIDCProvider",
        &[("Url", "url", Value), ("ClientIdList", "client_id_list", Value)],
    ),
    ("aws_s3_bucket", "AWS::S3::Bucket", &[("BucketName", "bucket", Value), ("Tags", "tags_all", Tags)]),
    (
        "aws_s3_bucket_policy",
        "AWS::S3::BucketPolicy",
        &[("Bucket", "bucket", Value), ("PolicyDocument", "policy", Document)],
    ),
    (
        "aws_kms_key",
        "AWS::KMS::Key",
        &[("KeyId", "key_id", IfSet), ("KeyPolicy", "policy", Document), ("Tags", "tags_all", Tags)],
    ),
    (
        "aws_kms_key_policy",
        "Local::KMS::KeyPolicy",
        &[("Key", "key_id", Value), ("PolicyDocument", "policy", Document)],
    ),
    (
        "aws_kms_alias",
        "AWS::KMS::Alias",
        &[("AliasName", "name", Value), ("TargetKeyId", "target_key_id", Value)],
    ),
    ("aws_sns_topic", "AWS::SNS::Topic", &[("TopicName", "name", Value), ("Policy", "policy", Document)]),
    (
        "aws_sns_topic_policy",
        "AWS::SNS::TopicPolicy",
        &[("Topics", "arn", Alone), ("PolicyDocument", "policy", Document)],
    ),
    ("aws_sqs_queue", "AWS::SQS::Queue", &[("QueueName", "name", Value), ("Policy", "policy", Document)]),
    (
        "aws_sqs_queue_policy",
        "AWS::SQS::QueuePolicy",
        &[("Queues", "queue_url", Alone), ("PolicyDocument", "policy", Document)],
    ),
    (
        "aws_lambda_function",
        "AWS::Lambda::Function",
        &[
            ("FunctionName", "function_name", Value),
            ("Role", "role", Value),
            ("Runtime", "runtime", Value),
            ("Handler", "handler", Value),
        ],
    ),
    (
        "aws_lambda_permission",
        "AWS::Lambda::Permission",
        &[
            ("FunctionName", "function_name", Value),
            ("Action", "action", Value),
            ("Principal", "principal", Value),
            ("SourceArn", "source_arn", Value),
            ("SourceAccount", "source_account", Value),
            ("PrincipalOrgID", "principal_org_id", Value),
            ("StatementId", "statement_id", IfSet),
        ],
    ),
    (
        "aws_secretsmanager_secret",
        "AWS::SecretsManager::Secret",
        &[("Name", "name", Value), ("ResourcePolicy", "policy", Document)],
    ),
    (
        "aws_secretsmanager_secret_policy",
        "AWS::SecretsManager::ResourcePolicy",
        &[("SecretId", "secret_arn", Value), ("ResourcePolicy", "policy", Document)],
    ),
    ("aws_ecr_repository", "AWS::ECR::Repository", &[("RepositoryName", "name", Value)]),
    (
        "aws_ecr_repository_policy",
        "Local::ECR::RepositoryPolicy",
        &[("Repository", "repository", Value), ("PolicyDocument", "policy", Document)],
    ),
];

/// Settings of a bucket, which CloudFormation has with the bucket.
const SETTINGS: [&str; 3] = [
    "aws_s3_bucket_versioning",
    "aws_s3_bucket_public_access_block",
    "aws_s3_bucket_server_side_encryption_configuration",
];

/// The template's type of a resource that has a name, its name's property, and the attribute.
pub(super) fn name_of(kind: &str) -> Option<(&'static str, &'static str, &'static str)> {
    match kind {
        "aws_iam_role" => return Some(("AWS::IAM::Role", "RoleName", "name")),
        "aws_codebuild_project" => return Some(("AWS::CodeBuild::Project", "Name", "name")),
        "aws_codepipeline" => return Some(("AWS::CodePipeline::Pipeline", "Name", "name")),
        _ => {}
    }
    let (_, known, properties) = FORMS.iter().find(|(name, ..)| *name == kind)?;
    let (property, attribute, _) = properties.first()?;
    (known.starts_with("AWS::") && !known.ends_with("Policy")).then_some((*known, *property, *attribute))
}

/// A planned resource as resources of a template, by address.
pub(super) fn resources(planned: &Planned<'_>) -> Vec<(String, Json)> {
    let (kind, properties) = match planned.kind.as_str() {
        "aws_iam_role" => ("AWS::IAM::Role".to_owned(), role(planned)),
        "aws_codebuild_project" => ("AWS::CodeBuild::Project".to_owned(), project(planned)),
        "aws_codepipeline" => ("AWS::CodePipeline::Pipeline".to_owned(), pipeline(planned)),
        kind if SETTINGS.contains(&kind) => ("Local::S3::Settings".to_owned(), settings(planned)),
        kind => match FORMS.iter().find(|(name, ..)| *name == kind) {
            Some((_, known, form)) => ((*known).to_owned(), take(planned, form)),
            None => (kind.to_owned(), policy_attributes(planned)),
        },
    };
    let resource = Json::Object(vec![
        ("Type".to_owned(), Json::String(kind)),
        ("Properties".to_owned(), Json::Object(properties)),
    ]);
    vec![(planned.address.clone(), resource)]
}

fn take(planned: &Planned<'_>, form: &[(&str, &str, Take)]) -> Vec<(String, Json)> {
    let taken = form.iter().filter_map(|(property, attribute, how)| {
        let value = match how {
            Value => planned.get(attribute)?,
            IfSet => planned.get_if_set(attribute)?,
            Document => planned.document(attribute)?,
            Alone => Json::Array(vec![planned.get(attribute)?]),
            Tags => tags(planned.get(attribute)?),
        };
        Some(((*property).to_owned(), value))
    });
    taken.collect()
}

fn tags(map: Json) -> Json {
    match map.as_object() {
        Some([(key, _)]) if key == super::values::UNKNOWN => Json::Array(vec![tag("unknown", map.clone())]),
        Some(members) => Json::Array(members.iter().map(|(key, value)| tag(key, value.clone())).collect()),
        None => map,
    }
}

fn tag(key: &str, value: Json) -> Json {
    Json::Object(vec![("Key".to_owned(), Json::String(key.to_owned())), ("Value".to_owned(), value)])
}

fn role(planned: &Planned<'_>) -> Vec<(String, Json)> {
    let form = [
        ("RoleName", "name", Value),
        ("Path", "path", Value),
        ("AssumeRolePolicyDocument", "assume_role_policy", Document),
        ("PermissionsBoundary", "permissions_boundary", Value),
        ("ManagedPolicyArns", "managed_policy_arns", IfSet),
        ("MaxSessionDuration", "max_session_duration", Value),
        ("Tags", "tags_all", Tags),
    ];
    let mut properties = take(planned, &form);
    if let Some(Json::Array(blocks)) = planned.get_if_set("inline_policy") {
        let policies = blocks.into_iter().filter(|block| block.get("name").is_some_and(|n| *n != Json::Null));
        let policies = policies.map(|mut block| {
            let policy = block.remove("policy").and_then(document).unwrap_or(Json::Null);
            let name = block.remove("name").unwrap_or(Json::Null);
            Json::Object(vec![("PolicyName".to_owned(), name), ("PolicyDocument".to_owned(), policy)])
        });
        properties.push(("Policies".to_owned(), Json::Array(policies.collect())));
    }
    properties
}

/// The first of the blocks of an attribute.
pub(super) fn block(planned: &Planned<'_>, key: &str) -> Option<Json> {
    match planned.get(key)? {
        Json::Array(items) => items.into_iter().next(),
        other => Some(other),
    }
}

fn settings(planned: &Planned<'_>) -> Vec<(String, Json)> {
    let mut properties: Vec<(String, Json)> = Vec::new();
    properties.extend(planned.get("bucket").map(|bucket| ("Bucket".to_owned(), bucket)));
    match planned.kind.as_str() {
        "aws_s3_bucket_versioning" => {
            let status = block(planned, "versioning_configuration").and_then(|mut b| b.remove("status"));
            let versioning = status.map(|status| Json::Object(vec![("Status".to_owned(), status)]));
            properties.extend(versioning.map(|v| ("VersioningConfiguration".to_owned(), v)));
        }
        "aws_s3_bucket_public_access_block" => {
            let flags = [
                ("BlockPublicAcls", "block_public_acls"),
                ("BlockPublicPolicy", "block_public_policy"),
                ("IgnorePublicAcls", "ignore_public_acls"),
                ("RestrictPublicBuckets", "restrict_public_buckets"),
            ];
            let flags =
                flags.map(|(name, key)| (name.to_owned(), planned.get(key).unwrap_or(Json::Bool(false))));
            properties.push(("PublicAccessBlockConfiguration".to_owned(), Json::Object(flags.into())));
        }
        _ => {
            let default = block(planned, "rule").and_then(|mut rule| {
                match rule.remove("apply_server_side_encryption_by_default")? {
                    Json::Array(items) => items.into_iter().next(),
                    other => Some(other),
                }
            });
            if let Some(mut default) = default {
                let mut members = Vec::new();
                for (name, key) in
                    [("SSEAlgorithm", "sse_algorithm"), ("KMSMasterKeyID", "kms_master_key_id")]
                {
                    let value = default.remove(key).filter(|v| *v != Json::Null && v.as_str() != Some(""));
                    members.extend(value.map(|value| (name.to_owned(), value)));
                }
                let rule = vec![("ServerSideEncryptionByDefault".to_owned(), Json::Object(members))];
                let rules = vec![(
                    "ServerSideEncryptionConfiguration".to_owned(),
                    Json::Array(vec![Json::Object(rule)]),
                )];
                properties.push(("BucketEncryption".to_owned(), Json::Object(rules)));
            }
        }
    }
    properties
}

/// Of a type that isn't read: the attributes that policies may stand in.
fn policy_attributes(planned: &Planned<'_>) -> Vec<(String, Json)> {
    let keys = ["policy", "access_policies", "resource_policy", "policy_document", "inline_policy"];
    keys.iter().filter_map(|key| Some(((*key).to_owned(), planned.document(key)?))).collect()
}
