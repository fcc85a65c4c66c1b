//! What resources of a template are called: by themselves, by the snapshot, or by CloudFormation.
//!
//! AWS CloudFormation User Guide, "Name type": without a name of its own a resource gets the stack's name, its logical id and
//! letters that nobody can tell beforehand.

use super::evaluate::{Scope, as_text};
use crate::json::Json;
use crate::overlay::unknown::{has_hole, named};

/// What stands for the letters that CloudFormation adds: as many, and of no name that is there.
const MADE: &str = "GENERATED000";

/// What a resource is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Identity {
    /// What `Ref` gives.
    pub(super) reference: Json,
    pub(super) name: String,
    pub(super) arn: String,
    attributes: Vec<(&'static str, String)>,
    /// Whether the snapshot says that it is this stack's.
    pub(super) owned: bool,
    /// Whether the name holds something that is known only after deployment.
    pub(super) is_open: bool,
}

impl Identity {
    pub(super) fn attribute(&self, name: &str) -> Option<Json> {
        let found = self.attributes.iter().find(|(attribute, _)| *attribute == name);
        found.map(|(_, value)| Json::String(value.clone()))
    }
}

/// How a type is named: its property, the ARN (`{n}`: the name, `{path}`: its path), whether `Ref` gives the ARN.
struct Naming {
    kind: &'static str,
    property: &'static str,
    arn: &'static str,
    refers: Refers,
    lower: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Refers {
    Name,
    Arn,
    Url,
}

const fn naming(kind: &'static str, property: &'static str, arn: &'static str, refers: Refers) -> Naming {
    Naming { kind, property, arn, refers, lower: false }
}

const NAMINGS: &[Naming] = &[
    naming("AWS::IAM::Role", "RoleName", "arn:{p}:iam::{a}:role{path}{n}", Refers::Name),
    naming("AWS::IAM::User", "UserName", "arn:{p}:iam::{a}:user{path}{n}", Refers::Name),
    naming("AWS::IAM::Group", "GroupName", "arn:{p}:iam::{a}:group{path}{n}", Refers::Name),
    naming("AWS::IAM::ManagedPolicy", "ManagedPolicyName", "arn:{p}:iam::{a}:policy{path}{n}", Refers::Arn),
    naming(
        "AWS::IAM::InstanceProfile",
        "InstanceProfileName",
        "arn:{p}:iam::{a}:instance-profile{path}{n}",
        Refers::Name,
    ),
    naming("AWS::IAM::OIDCProvider", "Url", "arn:{p}:iam::{a}:oidc-provider/{n}", Refers::Arn),
    Naming {
        kind: "AWS::S3::Bucket",
        property: "BucketName",
        arn: "arn:{p}:s3:::{n}",
        refers: Refers::Name,
        lower: true,
    },
    naming("AWS::KMS::Key", "KeyId", "arn:{p}:kms:{r}:{a}:key/{n}", Refers::Name),
    naming("AWS::KMS::Alias", "AliasName", "arn:{p}:kms:{r}:{a}:{n}", Refers::Name),
    naming("AWS::SNS::Topic", "TopicName", "arn:{p}:sns:{r}:{a}:{n}", Refers::Arn),
    naming("AWS::SQS::Queue", "QueueName", "arn:{p}:sqs:{r}:{a}:{n}", Refers::Url),
    naming("AWS::Lambda::Function", "FunctionName", "arn:{p}:lambda:{r}:{a}:function:{n}", Refers::Name),
    naming(
        "AWS::SecretsManager::Secret",
        "Name",
        "arn:{p}:secretsmanager:{r}:{a}:secret:{n}-NEWONE",
        Refers::Arn,
    ),
    naming("AWS::ECR::Repository", "RepositoryName", "arn:{p}:ecr:{r}:{a}:repository/{n}", Refers::Name),
    naming("AWS::CodeBuild::Project", "Name", "arn:{p}:codebuild:{r}:{a}:project/{n}", Refers::Name),
    naming("AWS::CodePipeline::Pipeline", "Name", "arn:{p}:codepipeline:{r}:{a}:{n}", Refers::Name),
    naming("AWS::Logs::LogGroup", "LogGroupName", "arn:{p}:logs:{r}:{a}:log-group:{n}:*", Refers::Name),
    naming("AWS::DynamoDB::Table", "TableName", "arn:{p}:dynamodb:{r}:{a}:table/{n}", Refers::Name),
    naming("AWS::SSM::Parameter", "Name", "arn:{p}:ssm:{r}:{a}:parameter/{n}", Refers::Name),
];

impl Scope<'_> {
    /// What a resource of a template is called; `None` for types whose names aren't known here.
    pub(super) fn identify(&self, logical: &str, json: &Json) -> Option<Identity> {
        let kind = json.get("Type").and_then(Json::as_str)?;
        let kind = kind.strip_prefix("Local::Unchanged::").unwrap_or(kind);
        let naming = NAMINGS.iter().find(|naming| naming.kind == kind)?;
        let property = |key: &str| {
            let value = self.value(json.get("Properties")?.get(key)?)?;
            Some(as_text(&value)).filter(|text| !text.is_empty())
        };
        let stated = property(naming.property);
        let owned = self.physical.get(logical).map(|physical| bare(&physical.id, naming));
        let stated_path = property("Path");
        let is_open = [&stated, &stated_path].iter().any(|text| text.as_deref().is_some_and(has_hole));
        let path = stated_path.map_or_else(|| "/".to_owned(), |path| named(&path));
        let name = match (stated, &owned) {
            (Some(stated), Some(owned)) if has_hole(&stated) => owned.clone(),
            // Two names with unknown parts are not to be the same.
            (Some(stated), _) if has_hole(&stated) => format!("{}-{}", named(&stated), letters_of(logical)),
            (Some(stated), _) => stated,
            (None, Some(owned)) => owned.clone(),
            (None, None) => self.made_name(logical, naming.lower),
        };
        let name = if kind == "AWS::IAM::OIDCProvider" {
            name.trim_start_matches("https://").to_owned()
        } else {
            name
        };
        let path = self.known_path(naming, &name).unwrap_or(path);
        let arn = self.fill(naming.arn, &name, &path);
        let is_owned = owned.is_some_and(|owned| owned == name);
        Some(self.made(naming, name, arn, (is_owned, is_open && !is_owned)))
    }

    fn made(&self, naming: &Naming, name: String, arn: String, (owned, is_open): (bool, bool)) -> Identity {
        let url = format!("https://sqs.{}.amazonaws.com/{}/{name}", self.stack.region, self.stack.account);
        let reference = match naming.refers {
            Refers::Name => name.clone(),
            Refers::Arn => arn.clone(),
            Refers::Url => url.clone(),
        };
        let mut attributes = vec![("Arn", arn.clone())];
        match naming.kind {
            "AWS::SNS::Topic" => attributes.extend([("TopicArn", arn.clone()), ("TopicName", name.clone())]),
            "AWS::SQS::Queue" => attributes.extend([("QueueName", name.clone()), ("QueueUrl", url)]),
            "AWS::IAM::ManagedPolicy" => attributes.push(("PolicyArn", arn.clone())),
            "AWS::SecretsManager::Secret" => attributes.push(("Id", arn.clone())),
            "AWS::KMS::Key" => attributes.push(("KeyId", name.clone())),
            "AWS::ECR::Repository" => attributes.push((
                "RepositoryUri",
                format!("{}.dkr.ecr.{}.amazonaws.com/{name}", self.stack.account, self.stack.region),
            )),
            _ => {}
        }
        Identity { reference: Json::String(reference), name, arn, attributes, owned, is_open }
    }

    /// The path of a principal or policy of the snapshot that has this name.
    fn known_path(&self, naming: &Naming, name: &str) -> Option<String> {
        let account = &self.stack.account;
        let principal = |prefix: &str| {
            let found = self
                .base
                .principals()
                .iter()
                .find(|p| *p.account == **account && *p.name == *name && p.arn.contains(prefix));
            found.map(|p| p.path.to_string())
        };
        match naming.kind {
            "AWS::IAM::Role" => principal(":role/"),
            "AWS::IAM::User" => principal(":user/"),
            "AWS::IAM::Group" => {
                let mut groups = self.base.groups().iter();
                groups.find(|g| *g.account == **account && *g.name == *name).map(|g| g.path.to_string())
            }
            "AWS::IAM::ManagedPolicy" => {
                let mut policies = self.base.managed_policies().iter();
                let is_it = |p: &&std::sync::Arc<crate::account::ManagedPolicy>| {
                    *p.account == **account && *p.name == *name && !p.is_aws_managed()
                };
                policies.find(is_it).map(|p| p.path.to_string())
            }
            _ => None,
        }
    }

    fn made_name(&self, logical: &str, lower: bool) -> String {
        let short = |text: &str| text.chars().take(24).collect::<String>();
        // Ids that begin alike are not to share a name.
        let made = if logical.chars().count() > 24 { letters_of(logical) } else { MADE.to_owned() };
        let name = format!("{}-{}-{made}", short(&self.stack.name), short(logical));
        if lower { name.to_lowercase() } else { name }
    }

    pub(super) fn fill(&self, template: &str, name: &str, path: &str) -> String {
        let filled = template.replace("{p}", &self.partition).replace("{r}", &self.stack.region);
        filled.replace("{a}", &self.stack.account).replace("{path}", path).replace("{n}", name)
    }
}

/// As many letters as in [`MADE`], others for other texts (FNV-1a).
fn letters_of(text: &str) -> String {
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    format!("GEN{:09X}", hash >> 28)
}

/// The name in a physical id, which may be an ARN or a URL.
fn bare(physical: &str, naming: &Naming) -> String {
    match naming.refers {
        Refers::Name => physical.to_owned(),
        Refers::Url => physical.rsplit('/').next().unwrap_or(physical).to_owned(),
        Refers::Arn => {
            let last = physical.rsplit([':', '/']).next().unwrap_or(physical);
            match naming.kind {
                "AWS::IAM::OIDCProvider" => {
                    physical.split_once("oidc-provider/").map_or(last, |(_, host)| host).to_owned()
                }
                "AWS::SecretsManager::Secret" => {
                    let name = physical.split_once(":secret:").map_or(last, |(_, name)| name);
                    name.rsplit_once('-').map_or(name, |(name, _)| name).to_owned()
                }
                _ => last.to_owned(),
            }
        }
    }
}
