//! Buckets, keys, secrets and repositories with their policies.
//!
//! AWS CloudFormation User Guide, "Amazon S3", "AWS KMS", "AWS Secrets Manager" and "Amazon ECR resource type reference".

use super::{Phase, Resource, Writer, object, string};
use crate::json::Json;
use crate::overlay::unknown::{has_hole, unreadable};

impl Writer<'_, '_> {
    /// Writes what a resource that holds things changes; whether it is one that is read.
    pub(super) fn stored(&mut self, resource: &Resource<'_>, phase: Phase) -> bool {
        let things = phase == Phase::Things;
        match resource.kind {
            "AWS::S3::Bucket" if things => self.bucket(resource),
            "AWS::KMS::Key" if things => self.key(resource),
            "AWS::KMS::Alias" if things => self.alias(resource),
            "AWS::SecretsManager::Secret" if things => self.secret(resource),
            "AWS::ECR::Repository" if things => self.repository(resource),
            "AWS::S3::BucketPolicy" if !things => {
                let bucket = resource.text("Bucket").unwrap_or_default();
                let arn = self.scope.fill("arn:{p}:s3:::{n}", bucket, "/");
                self.policy(resource, &arn, "PolicyDocument");
            }
            "Local::S3::Settings" if things => match resource.text("Bucket") {
                Some(name) if !has_hole(name) => self.bucket_settings(resource, name),
                _ => self.blind(format!("which bucket {} is about", resource.logical)),
            },
            "Local::KMS::KeyPolicy" if !things => {
                let key = resource.text("Key").unwrap_or_default();
                let id = key.rsplit('/').next().unwrap_or_default();
                let arn = self.scope.fill("arn:{p}:kms:{r}:{a}:key/{n}", id, "/");
                self.policy(resource, &arn, "PolicyDocument");
            }
            "Local::ECR::RepositoryPolicy" if !things => {
                let name = resource.text("Repository").unwrap_or_default();
                let arn = self.scope.fill("arn:{p}:ecr:{r}:{a}:repository/{n}", name, "/");
                self.policy(resource, &arn, "PolicyDocument");
            }
            "AWS::SecretsManager::Secret" => self.policy_of_own(resource, "ResourcePolicy"),
            "AWS::KMS::Key" => self.policy_of_own(resource, "KeyPolicy"),
            "AWS::ECR::Repository" => self.policy_of_own(resource, "RepositoryPolicyText"),
            "AWS::SecretsManager::ResourcePolicy" if !things => {
                let arn = resource.text("SecretId").unwrap_or_default().to_owned();
                self.policy(resource, &arn, "ResourcePolicy");
            }
            "AWS::S3::Bucket"
            | "AWS::S3::BucketPolicy"
            | "AWS::KMS::Alias"
            | "Local::S3::Settings"
            | "Local::KMS::KeyPolicy"
            | "Local::ECR::RepositoryPolicy"
            | "AWS::SecretsManager::ResourcePolicy" => {}
            _ => return false,
        }
        true
    }

    /// Puts the policy under a property on a resource.
    pub(super) fn policy(&mut self, resource: &Resource<'_>, arn: &str, key: &str) {
        match resource.properties.get(key).cloned() {
            Some(document) if arn.starts_with("arn:") => self.put_policy(resource, arn, document),
            Some(_) => self.blind(format!("whose policy {} ({}) is", resource.logical, resource.kind)),
            None => {}
        }
    }

    fn policy_of_own(&mut self, resource: &Resource<'_>, key: &str) {
        if let Some(identity) = self.scope.identity(resource.logical) {
            self.policy(resource, &identity.arn, key);
        }
    }

    /// Says that a name isn't known, where it isn't.
    pub(super) fn doubt_name(&mut self, resource: &Resource<'_>) {
        if let Some(identity) = self.scope.identity(resource.logical).filter(|identity| identity.is_open) {
            self.assume(format!("no policy tells {} apart from what it will be called", identity.arn), None);
        }
    }

    fn bucket(&mut self, resource: &Resource<'_>) {
        let Some(identity) = self.scope.identity(resource.logical) else { return };
        self.doubt_name(resource);
        let name = identity.name.as_str();
        let item = object([("Name", string(name)), ("CreationDate", string(""))]);
        self.listed(("s3api", "list-buckets"), ("Buckets", "Name"), item, false);
        let is_new = self.scope.base.resource(&identity.arn).is_none();
        if is_new || resource.properties.get("Tags").is_some() {
            let tags = object([("TagSet", Json::Array(resource.list("Tags").to_vec()))]);
            self.output(("s3api", "get-bucket-tagging"), name, tags);
        }
        if is_new && resource.properties.get("VersioningConfiguration").is_none() {
            self.output(("s3api", "get-bucket-versioning"), name, Json::Object(Vec::new()));
        }
        self.bucket_settings(resource, name);
    }

    fn bucket_settings(&mut self, resource: &Resource<'_>, name: &str) {
        let property = |key: &str| resource.properties.get(key).cloned();
        if let Some(versioning) = property("VersioningConfiguration") {
            self.output(("s3api", "get-bucket-versioning"), name, versioning);
        }
        if let Some(block) = property("PublicAccessBlockConfiguration") {
            let settings = object([("PublicAccessBlockConfiguration", block)]);
            self.output(("s3api", "get-public-access-block"), name, settings);
        }
        if let Some(rules) =
            property("BucketEncryption").and_then(|mut b| b.remove("ServerSideEncryptionConfiguration"))
        {
            let rules = rules.as_array().unwrap_or_default().iter().map(|rule| {
                let mut rule = rule.clone();
                if let Some(default) = rule.remove("ServerSideEncryptionByDefault") {
                    rule.set("ApplyServerSideEncryptionByDefault", default);
                }
                rule
            });
            let rules = object([("Rules", Json::Array(rules.collect()))]);
            let told = object([("ServerSideEncryptionConfiguration", rules)]);
            self.output(("s3api", "get-bucket-encryption"), name, told);
        }
    }

    fn key(&mut self, resource: &Resource<'_>) {
        let Some(identity) = self.scope.identity(resource.logical) else { return };
        let account = self.scope.stack.account.clone();
        if self.scope.base.resource(&identity.arn).is_some() {
            return;
        }
        let told = object([
            ("AWSAccountId", string(&account)),
            ("KeyId", string(&identity.name)),
            ("Arn", string(&identity.arn)),
            ("Enabled", Json::Bool(true)),
            ("KeyState", string("Enabled")),
            ("KeyManager", string("CUSTOMER")),
        ]);
        self.output(("kms", "describe-key"), &identity.name, object([("KeyMetadata", told)]));
        self.output(("kms", "list-grants"), &identity.name, object([("Grants", Json::Array(Vec::new()))]));
        let tags = object([("Tags", Json::Array(resource.list("Tags").iter().map(as_key_tag).collect()))]);
        self.output(("kms", "list-resource-tags"), &identity.name, tags);
        let item = object([("KeyId", string(&identity.name)), ("KeyArn", string(&identity.arn))]);
        self.listed(("kms", "list-keys"), ("Keys", "KeyArn"), item, false);
    }

    fn alias(&mut self, resource: &Resource<'_>) {
        let Some(identity) = self.scope.identity(resource.logical) else { return };
        let target = resource.text("TargetKeyId").unwrap_or_default();
        let id = target.rsplit('/').next().unwrap_or_default();
        if has_hole(target) || resource.maybe.is_some() {
            return self.blind(format!("which key {} is an alias of", identity.name));
        }
        let item = object([
            ("AliasName", string(&identity.name)),
            ("AliasArn", string(&identity.arn)),
            ("TargetKeyId", string(id)),
        ]);
        self.listed(("kms", "list-aliases"), ("Aliases", "AliasName"), item, true);
    }

    fn secret(&mut self, resource: &Resource<'_>) {
        let Some(identity) = self.scope.identity(resource.logical) else { return };
        let tags = unreadable(Json::Array(resource.list("Tags").to_vec()));
        let told = object([("ARN", string(&identity.arn)), ("Name", string(&identity.name)), ("Tags", tags)]);
        self.output(("secretsmanager", "describe-secret"), &identity.arn, told.clone());
        self.listed(("secretsmanager", "list-secrets"), ("SecretList", "ARN"), told, false);
    }

    fn repository(&mut self, resource: &Resource<'_>) {
        let Some(identity) = self.scope.identity(resource.logical) else { return };
        let item =
            object([("repositoryArn", string(&identity.arn)), ("repositoryName", string(&identity.name))]);
        self.listed(("ecr", "describe-repositories"), ("repositories", "repositoryName"), item, true);
    }
}

/// A tag as AWS KMS spells it.
fn as_key_tag(tag: &Json) -> Json {
    let part = |key: &str| tag.get(key).cloned().unwrap_or(Json::Null);
    object([("TagKey", part("Key")), ("TagValue", part("Value"))])
}
