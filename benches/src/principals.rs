//! Roles, users, groups and their policies, as `aws iam get-account-authorization-details` prints them.

use crate::account::Surroundings;
use crate::random::Random;
use crate::statements::{statement, team};
use crate::trust::trust_policy;
use gateproof_model::catalogue::Catalogue;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io;

const BOUNDARIES: [&str; 4] = ["developer", "pipeline", "reader", "workload"];
const BASELINES: [&str; 3] = ["observability", "artifacts", "secrets"];
const CREATED: &str = "2024-05-06T07:08:09+00:00";

/// What many roles of real accounts have; every fourth attachment is one of these.
const FREQUENT: [&str; 16] = [
    "AWSLambda_FullAccess",
    "AWSCodePipeline_FullAccess",
    "AWSCodeBuildDeveloperAccess",
    "AWSCloudFormationFullAccess",
    "AmazonDynamoDBFullAccess",
    "AmazonEC2ContainerRegistryPowerUser",
    "AmazonEC2FullAccess",
    "AmazonS3FullAccess",
    "AmazonS3ReadOnlyAccess",
    "AmazonSNSFullAccess",
    "AmazonSQSFullAccess",
    "AmazonSSMManagedInstanceCore",
    "CloudWatchLogsFullAccess",
    "PowerUserAccess",
    "ReadOnlyAccess",
    "SecretsManagerReadWrite",
];

/// The AWS-managed policies that customers can attach.
pub(crate) struct Attachable {
    policies: Vec<(&'static str, Value)>,
    frequent: Vec<usize>,
}

impl Attachable {
    /// All but those of service-linked roles, which AWS alone attaches.
    pub fn of_catalogue() -> Self {
        let policies: Vec<(&str, Value)> = Catalogue::embedded()
            .managed_policies()
            .filter(|p| p.path() != "/aws-service-role/")
            .filter_map(|p| Some((p.arn(), serde_json::from_str(p.document()).ok()?)))
            .collect();
        let is_frequent = |arn: &str| FREQUENT.iter().any(|name| arn.ends_with(&format!("/{name}")));
        let frequent =
            policies.iter().enumerate().filter(|(_, (arn, _))| is_frequent(arn)).map(|(i, _)| i).collect();
        Self { policies, frequent }
    }

    /// Two to six different policies; `used` collects what the account needs to list.
    fn pick(&self, used: &mut BTreeSet<usize>, random: &mut Random) -> Vec<Value> {
        let wanted = 2 + random.below(5);
        let mut chosen = BTreeSet::new();
        while chosen.len() < wanted {
            let common = self.frequent.get(random.below(self.frequent.len())).copied();
            let index = common.filter(|_| random.percent(25));
            chosen.insert(index.unwrap_or_else(|| random.below(self.policies.len())));
        }
        used.extend(&chosen);
        let arns = chosen.iter().filter_map(|i| self.policies.get(*i)).map(|(arn, _)| *arn);
        arns.map(attachment).collect()
    }
}

fn attachment(arn: &str) -> Value {
    json!({"PolicyName": arn.rsplit('/').next(), "PolicyArn": arn})
}

/// Writes the account's principals and policies; the ARNs of its roles.
pub(crate) fn write_principals(
    around: Surroundings<'_>,
    roles: usize,
    attachable: &Attachable,
    random: &mut Random,
) -> io::Result<Vec<String>> {
    let account = around.account;
    let mut used = BTreeSet::new();
    let role_list: Vec<Value> =
        (0..roles).map(|number| role(around, number, attachable, &mut used, random)).collect();
    let groups: Vec<Value> = (0..roles.div_ceil(80)).map(|n| group(account, n, random)).collect();
    let users: Vec<Value> = (0..roles.div_ceil(10)).map(|n| user(account, n, groups.len(), random)).collect();
    let mut policies: Vec<Value> = used
        .iter()
        .filter_map(|i| attachable.policies.get(*i))
        .map(|(arn, document)| managed_policy(arn, document.clone()))
        .collect();
    policies.extend(BOUNDARIES.iter().map(|name| boundary(account, name)));
    policies.extend(BASELINES.iter().map(|name| baseline(account, name)));
    let arns = role_list.iter().filter_map(|r| r.get("Arn")?.as_str()).map(str::to_owned).collect();
    around.write(
        "global/iam/get-account-authorization-details",
        &json!({"UserDetailList": users, "GroupDetailList": groups, "RoleDetailList": role_list, "Policies": policies}),
    )?;
    write_providers(around)?;
    Ok(arns)
}

fn write_providers(around: Surroundings<'_>) -> io::Result<()> {
    let account = around.account;
    let oidc = format!("arn:aws:iam::{account}:oidc-provider/token.actions.githubusercontent.com");
    let saml = format!("arn:aws:iam::{account}:saml-provider/corporate");
    around.write(
        "global/iam/list-open-id-connect-providers",
        &json!({"OpenIDConnectProviderList": [{"Arn": oidc}]}),
    )?;
    let file = oidc.replace(':', "%3A").replace('/', "%2F");
    around.write(
        &format!("global/iam/get-open-id-connect-provider/{file}"),
        &json!({"Url": "token.actions.githubusercontent.com", "ClientIDList": ["sts.amazonaws.com"],
                "ThumbprintList": [], "CreateDate": CREATED, "Tags": []}),
    )?;
    around.write(
        "global/iam/list-saml-providers",
        &json!({"SAMLProviderList": [{"Arn": saml, "ValidUntil": "2121-11-02T10:14:37+00:00", "CreateDate": CREATED}]}),
    )
}

fn managed_policy(arn: &str, document: Value) -> Value {
    let name = arn.rsplit('/').next().unwrap_or_default();
    json!({
        "PolicyName": name, "PolicyId": format!("ANPA{name}"), "Arn": arn, "Path": "/", "DefaultVersionId": "v1",
        "AttachmentCount": 1, "IsAttachable": true,
        "PolicyVersionList": [{"Document": document, "VersionId": "v1", "IsDefaultVersion": true}]
    })
}

fn boundary(account: &str, name: &str) -> Value {
    let allow = match name {
        "reader" => json!(["s3:Get*", "s3:List*", "logs:*", "dynamodb:*", "sqs:*"]),
        "pipeline" => {
            json!(["codebuild:*", "codepipeline:*", "s3:*", "kms:*", "iam:PassRole", "sts:AssumeRole"])
        }
        _ => json!("*"),
    };
    let document = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": allow, "Resource": "*"},
        {"Effect": "Deny", "Action": ["iam:Create*", "iam:Delete*", "organizations:*"], "Resource": "*",
         "Condition": {"ArnNotLike": {"aws:PrincipalArn": format!("arn:aws:iam::{account}:role/break-glass")}}}
    ]});
    managed_policy(&format!("arn:aws:iam::{account}:policy/boundary-{name}"), document)
}

/// A policy of the account's own that many roles share.
fn baseline(account: &str, name: &str) -> Value {
    let statements = match name {
        "observability" => {
            json!([{"Effect": "Allow", "Action": ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents", "xray:Put*"],
                    "Resource": "*"}])
        }
        "artifacts" => {
            json!([{"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"],
                    "Resource": "arn:aws:s3:::*-artifacts/${aws:PrincipalTag/team}/*"},
                   {"Effect": "Deny", "Action": "s3:PutObject", "Resource": "*",
                    "Condition": {"StringNotEqualsIfExists": {"s3:x-amz-server-side-encryption": "aws:kms"}}}])
        }
        _ => {
            json!([{"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": "*",
                    "Condition": {"StringEquals": {"secretsmanager:ResourceTag/team": "${aws:PrincipalTag/team}"}}}])
        }
    };
    let document = json!({"Version": "2012-10-17", "Statement": statements});
    managed_policy(&format!("arn:aws:iam::{account}:policy/baseline-{name}"), document)
}

fn role(
    around: Surroundings<'_>,
    number: usize,
    attachable: &Attachable,
    used: &mut BTreeSet<usize>,
    random: &mut Random,
) -> Value {
    let account = around.account;
    let team = team(random);
    let kind = random.pick(&["build", "deploy", "app", "job"]).unwrap_or("app");
    let name = format!("{team}-{kind}-{number:05}");
    let path = if random.percent(20) { format!("/{team}/") } else { "/".to_owned() };
    let mut attached = attachable.pick(used, random);
    if random.percent(30) {
        let name = random.pick(&BASELINES).unwrap_or("observability");
        attached.push(attachment(&format!("arn:aws:iam::{account}:policy/baseline-{name}")));
    }
    let mut role = json!({
        "Path": path, "RoleName": name, "RoleId": format!("AROA{number:016}"),
        "Arn": format!("arn:aws:iam::{account}:role{path}{name}"), "CreateDate": CREATED,
        "AssumeRolePolicyDocument": trust_policy(around, random),
        "InstanceProfileList": [],
        "RolePolicyList": [inline(account, 3 + random.below(4), random)],
        "AttachedManagedPolicies": attached,
        "Tags": [{"Key": "team", "Value": team}, {"Key": "cost-center", "Value": random.below(90).to_string()}],
    });
    // Three of ten, whatever the account's size.
    if number % 10 < 3
        && let Some(object) = role.as_object_mut()
    {
        let boundary = random.pick(&BOUNDARIES).unwrap_or("workload");
        let arn = format!("arn:aws:iam::{account}:policy/boundary-{boundary}");
        object.insert(
            "PermissionsBoundary".to_owned(),
            json!({"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": arn}),
        );
    }
    role
}

fn inline(account: &str, statements: usize, random: &mut Random) -> Value {
    let statements: Vec<Value> = (0..statements).map(|sid| statement(random, account, sid)).collect();
    json!({"PolicyName": "team", "PolicyDocument": {"Version": "2012-10-17", "Statement": statements}})
}

fn group_name(number: usize) -> String {
    format!("group-{number:02}")
}

fn group(account: &str, number: usize, random: &mut Random) -> Value {
    let name = group_name(number);
    let baseline = random.pick(&BASELINES).unwrap_or("observability");
    json!({
        "Path": "/", "GroupName": name, "GroupId": format!("AGPA{number:016}"),
        "Arn": format!("arn:aws:iam::{account}:group/{name}"), "CreateDate": CREATED,
        "GroupPolicyList": [inline(account, 3, random)],
        "AttachedManagedPolicies": [attachment(&format!("arn:aws:iam::{account}:policy/baseline-{baseline}"))],
    })
}

fn user(account: &str, number: usize, groups: usize, random: &mut Random) -> Value {
    let team = team(random);
    let name = format!("{team}.user-{number:03}");
    let member: BTreeSet<usize> = (0..1 + random.below(2)).map(|_| random.below(groups)).collect();
    let member: Vec<String> = member.into_iter().map(group_name).collect();
    json!({
        "Path": "/", "UserName": name, "UserId": format!("AIDA{number:016}"),
        "Arn": format!("arn:aws:iam::{account}:user/{name}"), "CreateDate": CREATED,
        "UserPolicyList": [inline(account, 1 + random.below(2), random)], "GroupList": member,
        "AttachedManagedPolicies": [], "Tags": [{"Key": "team", "Value": team}],
    })
}
