//! The words of the random policies: few, so that they meet.

pub const MANAGEMENT: &str = "111111111111";
pub const MEMBERS: [&str; 2] = ["222222222222", "333333333333"];
/// In the organization, but not in the snapshot.
pub const ELSEWHERE: &str = "444444444444";
/// In no organization of ours.
pub const PARTNER: &str = "888877776666";
pub const ORGANIZATION: &str = "o-random0001";

pub const ACTIONS: [&str; 16] = [
    "s3:GetObject",
    "s3:PutObject",
    "s3:ListBucket",
    "s3:ListAllMyBuckets",
    "s3:DeleteBucketPolicy",
    "kms:Decrypt",
    "kms:CreateGrant",
    "kms:ListKeys",
    "sns:Publish",
    "secretsmanager:GetSecretValue",
    "sts:AssumeRole",
    "iam:PassRole",
    "iam:CreateAccessKey",
    "ec2:DescribeInstances",
    "ec2:CreateTags",
    "sts:GetCallerIdentity",
];

pub const ACTION_GLOBS: [&str; 14] = [
    "s3:Get*",
    "s3:*",
    "S3:PUTOBJECT",
    "?3:*Object",
    "kms:*",
    "kms:De*",
    "sns:*",
    "secretsmanager:Get*",
    "sts:*",
    "sts:Assume*",
    "iam:*",
    "ec2:*",
    "*:*",
    "*",
];

/// What kind of values a key has, and so which operators fit.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Text,
    Arn,
    Flag,
    Number,
    Date,
    Address,
    Many,
}

/// A condition key: what policies compare it with, and what requests carry beside that.
pub struct Key {
    pub name: &'static str,
    pub kind: Kind,
    pub operands: &'static [&'static str],
    pub values: &'static [&'static str],
}

const fn key(
    name: &'static str,
    kind: Kind,
    operands: &'static [&'static str],
    values: &'static [&'static str],
) -> Key {
    Key { name, kind, operands, values }
}

pub const KEYS: [Key; 33] = [
    key(
        "aws:PrincipalTag/team",
        Kind::Text,
        &["red", "r*", "${aws:username}"],
        &["red", "rex", "blue", "ann"],
    ),
    key("aws:PrincipalTag/Team", Kind::Text, &["red", "blue"], &["red", "blue"]),
    key("aws:PrincipalOrgID", Kind::Text, &[ORGANIZATION, "o-other"], &["o-other"]),
    key(
        "aws:PrincipalOrgPaths",
        Kind::Many,
        &["o-random0001/r-ab12/*", "o-random0001/*/ou-ab12-22222222/*"],
        &["o-other/r-zz99/"],
    ),
    key(
        "aws:PrincipalArn",
        Kind::Arn,
        &["arn:aws:iam::222222222222:role/*", "arn:aws:iam::*:user/ann", "arn:aws:iam::888877776666:*"],
        &[],
    ),
    key("aws:PrincipalAccount", Kind::Text, &[MANAGEMENT, "222222222222", PARTNER, "33*"], &[]),
    key("aws:PrincipalType", Kind::Text, &["User", "AssumedRole", "Anonymous"], &[]),
    key("aws:PrincipalIsAWSService", Kind::Flag, &["true", "false"], &[]),
    key("aws:userid", Kind::Text, &["AROARANDOM0*", "*:gate*", "AIDARANDOM0?"], &[]),
    key("aws:username", Kind::Text, &["ann", "b?b", "a*"], &[]),
    key(
        "aws:SourceIp",
        Kind::Address,
        &["10.0.0.0/8", "203.0.113.7", "2001:db8::/32"],
        &["10.1.2.3", "11.0.0.0", "203.0.113.7", "203.0.113.8", "2001:db8::1", "9.255.255.255"],
    ),
    key("aws:SourceVpce", Kind::Text, &["vpce-1", "vpce-*"], &["vpce-1", "vpce-2"]),
    key("aws:SourceVpc", Kind::Text, &["vpc-1"], &["vpc-1", "vpc-2"]),
    key("aws:MultiFactorAuthPresent", Kind::Flag, &["true", "false"], &["true", "false"]),
    key("aws:MultiFactorAuthAge", Kind::Number, &["60", "3600"], &["59", "60", "61", "3600", "0"]),
    key(
        "aws:CurrentTime",
        Kind::Date,
        &["2026-01-01T00:00:00Z", "2027-06-01T12:00:00Z"],
        &["2025-12-31T23:59:59Z", "2026-01-01T00:00:00Z", "2026-05-05T00:00:00Z", "2028-01-01T00:00:00Z"],
    ),
    key("aws:SecureTransport", Kind::Flag, &["true", "false"], &["true", "false"]),
    key("aws:RequestedRegion", Kind::Text, &["us-east-1", "eu-*"], &["us-east-1", "eu-west-1", "ap-south-1"]),
    key("aws:ViaAWSService", Kind::Flag, &["true", "false"], &["true", "false"]),
    key(
        "aws:CalledVia",
        Kind::Many,
        &["cloudformation.amazonaws.com", "*.amazonaws.com"],
        &["cloudformation.amazonaws.com", "athena.amazonaws.com"],
    ),
    key("aws:RequestTag/env", Kind::Text, &["prod", "p*"], &["prod", "pre", "dev"]),
    key("aws:TagKeys", Kind::Many, &["env", "e*", "team"], &["env", "team", "other"]),
    key(
        "aws:ResourceTag/env",
        Kind::Text,
        &["prod", "p*", "${aws:PrincipalTag/team}"],
        &["prod", "pre", "dev", "red"],
    ),
    key("aws:ResourceAccount", Kind::Text, &["222222222222", "333333333333", "${aws:PrincipalAccount}"], &[]),
    key("aws:ResourceOrgID", Kind::Text, &[ORGANIZATION, "${aws:PrincipalOrgID}"], &["o-other"]),
    key("sts:ExternalId", Kind::Text, &["secret-1", "secret-?"], &["secret-1", "secret-2", "x"]),
    key("s3:prefix", Kind::Text, &["home/${aws:username}/*", "pub*"], &["home/ann/x", "public", "home/"]),
    key("s3:x-amz-acl", Kind::Text, &["private", "public-*"], &["private", "public-read"]),
    key(
        "kms:ViaService",
        Kind::Text,
        &["s3.us-east-1.amazonaws.com", "s3.*"],
        &["s3.us-east-1.amazonaws.com", "ec2.us-east-1.amazonaws.com"],
    ),
    key("kms:GrantIsForAWSResource", Kind::Flag, &["true", "false"], &["true", "false"]),
    key("kms:EncryptionContext:App", Kind::Text, &["pay", "p*"], &["pay", "play", "x"]),
    key(
        "iam:PassedToService",
        Kind::Text,
        &["lambda.amazonaws.com", "ec2*"],
        &["lambda.amazonaws.com", "ec2.amazonaws.com"],
    ),
    key("secretsmanager:ResourceTag/env", Kind::Text, &["prod", "p*"], &["prod", "pre", "dev"]),
];

/// The description of a key.
pub fn key_named(lower: &str) -> Option<&'static Key> {
    static TABLE: &[Key] = &KEYS;
    TABLE.iter().find(|k| k.name.eq_ignore_ascii_case(lower))
}
