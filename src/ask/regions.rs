//! To which region a call goes: what ties `aws:RequestedRegion` to the service and to the resource's ARN.
//!
//! IAM User Guide, "AWS global condition context keys", `aws:RequestedRegion`: "the AWS Region that was called
//! in the request". AWS General Reference, "AWS service endpoints": "If a service supports Regions, the resources
//! in each Region are independent of similar resources in other Regions." CONFORMANCE 3.9.

use gateproof_encodings::language::PatternSet;
use gateproof_model::arn::Arn;
use gateproof_model::catalogue::{ActionInfo, ResourceTypeInfo};
use gateproof_model::pattern::{Pattern, Token};
use gateproof_model::text::fold_text;

/// Services with a single endpoint, in `us-east-1`, for the whole `aws` partition.
///
/// IAM User Guide, "AWS: Denies access to AWS based on the requested Region" names the first four; AWS General
/// Reference, "AWS Organizations endpoints and quotas", the last.
const GLOBAL: [&str; 5] = ["cloudfront", "iam", "route53", "support", "organizations"];

/// Permissions of IAM that other services' calls need beside their own: those go where that call goes.
const BESIDE_OTHER_CALLS: [&str; 2] = ["iam:passrole", "iam:createservicelinkedrole"];

/// The region of every call of the action, where there is only one.
pub fn global_region(action: ActionInfo<'_>, partition: &str) -> Option<&'static str> {
    let beside = BESIDE_OTHER_CALLS.contains(&&*fold_text(action.name()));
    (partition == "aws" && GLOBAL.contains(&action.service()) && !beside).then_some("us-east-1")
}

/// Services whose calls reach resources of the called region only.
const REGIONAL: [&str; 20] = [
    "cloudformation",
    "codeartifact",
    "codebuild",
    "codecommit",
    "codedeploy",
    "codepipeline",
    "ec2",
    "ecr",
    "ecs",
    "elasticfilesystem",
    "firehose",
    "kinesis",
    "kms",
    "lambda",
    "logs",
    "secretsmanager",
    "sns",
    "sqs",
    "ssm",
    "states",
];

/// What the names of those actions have in common that may concern two regions at once: copies, replicas,
/// peerings, and the like.
const ACROSS: [&str; 7] = ["copy", "global", "import", "multiregion", "peering", "region", "replica"];

/// Whether a call of the action names resources of the called region only. Where this is not sure, no.
pub fn stays_in_its_region(action: ActionInfo<'_>) -> bool {
    let name = fold_text(action.name());
    REGIONAL.contains(&action.service()) && !ACROSS.iter().any(|word| name.contains(word))
}

/// The region in a resource's ARN.
pub fn region_of(resource: &str) -> Option<&str> {
    Arn::parse(resource).map(|arn| arn.region).filter(|region| !region.is_empty())
}

/// ARNs whose service is `service` and whose region fits the pattern.
pub fn arns_in(service: &str, region: &[Token]) -> Pattern {
    let text = |t: &str| t.chars().map(Token::Char).collect::<Vec<_>>();
    let mut tokens = text("arn:");
    tokens.push(Token::AnyRunInSegment);
    tokens.extend(text(&format!(":{service}:")));
    tokens.extend(region.iter().map(|token| match token {
        Token::AnyRun => Token::AnyRunInSegment,
        Token::AnyOne => Token::AnyOneInSegment,
        other => *other,
    }));
    tokens.push(Token::Char(':'));
    tokens.push(Token::AnyRunInSegment);
    tokens.push(Token::Char(':'));
    tokens.push(Token::AnyRun);
    tokens.into()
}

/// The ARNs of a service whose region lies in a set of texts.
pub fn arns_in_any(service: &str, regions: &PatternSet) -> Vec<Pattern> {
    regions.patterns.iter().map(|p| arns_in(service, p)).collect()
}

/// ARNs that fit the formats of a type by the letter, and that no resource has: those without the region that all
/// the formats have, and those with a colon in the resource part where no format has one.
pub fn odd_arns(kind: ResourceTypeInfo<'_>) -> Vec<Pattern> {
    let mut odd = Vec::new();
    let pattern = |text: &str| -> Pattern {
        text.chars().map(|c| if c == '*' { Token::AnyRun } else { Token::Char(c) }).collect()
    };
    if kind.arn_formats().all(|f| f.split(':').nth(3) == Some("${Region}")) {
        let mut tokens = pattern("arn:").to_vec();
        tokens.extend([Token::AnyRunInSegment, Token::Char(':'), Token::AnyRunInSegment]);
        tokens.extend(pattern("::*").iter());
        odd.push(tokens.into());
    }
    if kind.arn_formats().all(|f| f.matches(':').count() == 5) {
        odd.push(pattern("*:*:*:*:*:*:*"));
    }
    odd
}

/// What ARNs begin with, before their partition.
const START: &str = "arn:";

/// The pattern of a service's ARNs, their region not empty where the service is regional, and of the partition, where it is known.
///
/// IAM User Guide, "Identify AWS resources with Amazon Resource Names (ARNs)": a partition is a group of regions, each account is of one, and
/// there is no access from one to another.
pub fn placed(service: &str, partition: Option<&str>, pattern: Pattern) -> Pattern {
    let pattern = match (partition, pattern.get(START.len())) {
        (Some(partition), Some(Token::AnyRunInSegment)) => {
            let after = pattern.iter().skip(START.len() + 1);
            pattern
                .iter()
                .take(START.len())
                .copied()
                .chain(partition.chars().map(Token::Char))
                .chain(after.copied())
                .collect()
        }
        _ => pattern,
    };
    let colons = pattern.iter().enumerate().filter(|(_, token)| matches!(token, Token::Char(':')));
    let region = colons.map(|(at, _)| at + 1).nth(2).filter(|_| REGIONAL.contains(&service));
    match region.map(|at| pattern.split_at(at)) {
        Some((before, after)) if after.first() == Some(&Token::AnyRunInSegment) => {
            before.iter().chain(&[Token::AnyOneInSegment]).chain(after).copied().collect()
        }
        _ => pattern,
    }
}
