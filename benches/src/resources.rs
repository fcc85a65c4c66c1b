//! Buckets, keys, topics, queues, secrets, functions and repositories with their policies, and the lists of them.

use crate::account::Surroundings;
use crate::organization;
use crate::random::Random;
use crate::statements::team;
use serde_json::{Value, json};
use std::io;

const REGION: &str = "us-east-1";

/// How many of each kind there are for a hundred roles.
const BUCKETS: usize = 4;
const KEYS: usize = 3;
const TOPICS: usize = 2;
const QUEUES: usize = 2;
const SECRETS: usize = 3;
const FUNCTIONS: usize = 3;
const REPOSITORIES: usize = 2;

/// What the policies of one account's resources are made from.
struct Maker<'a> {
    around: Surroundings<'a>,
    roles: &'a [String],
    random: &'a mut Random,
}

/// Writes the resources of an account with so many roles.
pub(crate) fn write_resources(
    around: Surroundings<'_>,
    roles: usize,
    named: &[String],
    random: &mut Random,
) -> io::Result<()> {
    let hundreds = roles.div_ceil(100);
    let mut maker = Maker { around, roles: named, random };
    maker.write_buckets(BUCKETS * hundreds)?;
    maker.write_keys(KEYS * hundreds)?;
    maker.write_topics(TOPICS * hundreds)?;
    maker.write_queues(QUEUES * hundreds)?;
    maker.write_secrets(SECRETS * hundreds)?;
    maker.write_functions(FUNCTIONS * hundreds)?;
    maker.write_repositories(REPOSITORIES * hundreds)
}

fn document(statements: Vec<Value>) -> String {
    json!({"Version": "2012-10-17", "Statement": statements}).to_string()
}

/// A name as a file name.
fn file(name: &str) -> String {
    name.replace(':', "%3A").replace('/', "%2F")
}

impl Maker<'_> {
    fn put(&self, call: &str, value: &Value) -> io::Result<()> {
        self.around.write(&format!("{REGION}/{call}"), value)
    }

    /// Some role of the account.
    fn role(&mut self) -> String {
        self.roles.get(self.random.below(self.roles.len())).cloned().unwrap_or_default()
    }

    fn root(&self) -> String {
        format!("arn:aws:iam::{}:root", self.around.account)
    }

    fn neighbour(&mut self) -> String {
        format!("arn:aws:iam::{}:root", self.around.neighbour(self.random))
    }

    fn write_buckets(&mut self, count: usize) -> io::Result<()> {
        let account = self.around.account;
        let mut listed = Vec::new();
        for number in 0..count {
            let bucket = format!("{}-{number}-{account}", team(self.random));
            let own = json!([format!("arn:aws:s3:::{bucket}"), format!("arn:aws:s3:::{bucket}/*")]);
            let mut statements =
                vec![json!({"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": own,
                       "Condition": {"Bool": {"aws:SecureTransport": "false"}}})];
            statements.push(match self.random.below(6) {
                0 => json!({"Effect": "Allow", "Principal": "*", "Action": ["s3:GetObject", "s3:ListBucket"], "Resource": own,
                            "Condition": {"StringEquals": {"aws:PrincipalOrgID": organization::ID}}}),
                1 => json!({"Effect": "Allow", "Principal": {"AWS": [self.role(), self.role()]}, "Action": ["s3:GetObject", "s3:PutObject"],
                            "Resource": own}),
                2 => json!({"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": "s3:PutObject",
                            "Resource": own, "Condition": {"StringEquals": {"aws:SourceAccount": account}}}),
                3 => json!({"Effect": "Deny", "Principal": "*", "Action": ["s3:PutObject", "s3:DeleteObject"], "Resource": own,
                            "Condition": {"StringNotEquals": {"aws:PrincipalTag/team": team(self.random)}}}),
                4 => json!({"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": own,
                            "Condition": {"StringNotEqualsIfExists": {"aws:SourceVpce": "vpce-0a1b2c3d4e5f60718"},
                                          "ArnNotLike": {"aws:PrincipalArn": self.role()}}}),
                _ => json!({"Effect": "Allow", "Principal": {"AWS": self.neighbour()}, "Action": ["s3:GetObject", "s3:ListBucket"],
                            "Resource": own}),
            });
            self.put(&format!("s3api/get-bucket-policy/{bucket}"), &json!({"Policy": document(statements)}))?;
            listed.push(json!({"Name": bucket}));
        }
        self.around.write("global/s3api/list-buckets", &json!({"Buckets": listed}))
    }

    fn write_keys(&mut self, count: usize) -> io::Result<()> {
        let account = self.around.account;
        let mut listed = Vec::new();
        for _ in 0..count {
            let (head, tail) = (self.random.bits() & 0xffff_ffff, self.random.bits() & 0xffff_ffff_ffff);
            let key = format!("{head:08x}-1111-2222-3333-{tail:012x}");
            let arn = format!("arn:aws:kms:{REGION}:{account}:key/{key}");
            let whole = json!({"Effect": "Allow", "Principal": {"AWS": self.root()}, "Action": "kms:*", "Resource": "*"});
            let statements = match self.random.below(4) {
                0 => vec![
                    json!({"Effect": "Allow", "Principal": {"AWS": self.role()}, "Action": ["kms:Put*", "kms:Describe*", "kms:ScheduleKeyDeletion"],
                           "Resource": "*"}),
                    json!({"Effect": "Allow", "Principal": {"AWS": [self.role(), self.role()]}, "Action": ["kms:Decrypt", "kms:GenerateDataKey*"],
                           "Resource": "*", "Condition": {"StringEquals": {"kms:ViaService": format!("s3.{REGION}.amazonaws.com")}}}),
                ],
                1 => vec![
                    whole,
                    json!({"Effect": "Allow", "Principal": {"AWS": self.neighbour()}, "Action": ["kms:Decrypt", "kms:DescribeKey"], "Resource": "*"}),
                ],
                _ => vec![whole],
            };
            self.put(&format!("kms/get-key-policy/{key}"), &json!({"Policy": document(statements)}))?;
            self.put(
                &format!("kms/describe-key/{key}"),
                &json!({"KeyMetadata": {"AWSAccountId": account, "KeyId": key, "Arn": arn, "KeyManager": "CUSTOMER", "KeyState": "Enabled"}}),
            )?;
            listed.push(json!({"KeyId": key, "KeyArn": arn}));
        }
        self.put("kms/list-keys", &json!({"Keys": listed}))
    }

    fn write_topics(&mut self, count: usize) -> io::Result<()> {
        let account = self.around.account;
        let mut listed = Vec::new();
        for number in 0..count {
            let topic = format!("arn:aws:sns:{REGION}:{account}:{}-{number}", team(self.random));
            let statement = if self.random.percent(50) {
                json!({"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": ["sns:Publish", "sns:Subscribe"], "Resource": topic,
                       "Condition": {"StringEquals": {"aws:PrincipalOrgID": organization::ID}}})
            } else {
                json!({"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sns:Publish", "Resource": topic,
                       "Condition": {"ArnLike": {"aws:SourceArn": format!("arn:aws:events:{REGION}:{account}:rule/*")}}})
            };
            self.put(
                &format!("sns/get-topic-attributes/{}", file(&topic)),
                &json!({"Attributes": {"TopicArn": topic, "Policy": document(vec![statement])}}),
            )?;
            listed.push(json!({"TopicArn": topic}));
        }
        self.put("sns/list-topics", &json!({"Topics": listed}))
    }

    fn write_queues(&mut self, count: usize) -> io::Result<()> {
        let account = self.around.account;
        let mut listed = Vec::new();
        for number in 0..count {
            let name = format!("{}-{number}", team(self.random));
            let arn = format!("arn:aws:sqs:{REGION}:{account}:{name}");
            let url = format!("https://sqs.{REGION}.amazonaws.com/{account}/{name}");
            let statement = if self.random.percent(50) {
                json!({"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": arn,
                       "Condition": {"ArnEquals": {"aws:SourceArn": format!("arn:aws:sns:{REGION}:{account}:{name}")}}})
            } else {
                json!({"Effect": "Allow", "Principal": {"AWS": [self.root(), self.role()]}, "Action": ["sqs:SendMessage", "sqs:ReceiveMessage"],
                       "Resource": arn})
            };
            self.put(
                &format!("sqs/get-queue-attributes/{}", file(&url)),
                &json!({"Attributes": {"QueueArn": arn, "Policy": document(vec![statement])}}),
            )?;
            listed.push(json!(url));
        }
        self.put("sqs/list-queues", &json!({"QueueUrls": listed}))
    }

    fn write_secrets(&mut self, count: usize) -> io::Result<()> {
        let account = self.around.account;
        let mut listed = Vec::new();
        for number in 0..count {
            let team = team(self.random);
            let name = format!("{team}/database-{number}");
            let arn = format!("arn:aws:secretsmanager:{REGION}:{account}:secret:{name}-{number:06}");
            let statement = if self.random.percent(50) {
                json!({"Effect": "Deny", "Principal": "*", "Action": "secretsmanager:GetSecretValue", "Resource": "*",
                       "Condition": {"StringNotEquals": {"aws:PrincipalTag/team": team}}})
            } else {
                json!({"Effect": "Allow", "Principal": {"AWS": self.role()}, "Action": "secretsmanager:GetSecretValue", "Resource": "*"})
            };
            self.put(
                &format!("secretsmanager/get-resource-policy/{}", file(&name)),
                &json!({"ARN": arn, "Name": name, "ResourcePolicy": document(vec![statement])}),
            )?;
            listed.push(json!({"ARN": arn, "Name": name, "Tags": [{"Key": "team", "Value": team}]}));
        }
        self.put("secretsmanager/list-secrets", &json!({"SecretList": listed}))
    }

    fn write_functions(&mut self, count: usize) -> io::Result<()> {
        let account = self.around.account;
        let mut listed = Vec::new();
        for number in 0..count {
            let name = format!("{}-{number}", team(self.random));
            let arn = format!("arn:aws:lambda:{REGION}:{account}:function:{name}");
            let statement = if self.random.percent(60) {
                json!({"Sid": "rule", "Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "lambda:InvokeFunction",
                       "Resource": arn, "Condition": {"ArnLike": {"AWS:SourceArn": format!("arn:aws:events:{REGION}:{account}:rule/{name}")}}})
            } else {
                json!({"Sid": "neighbour", "Effect": "Allow", "Principal": {"AWS": self.neighbour()}, "Action": "lambda:InvokeFunction",
                       "Resource": arn})
            };
            self.put(&format!("lambda/get-policy/{name}"), &json!({"Policy": document(vec![statement])}))?;
            listed.push(json!({"FunctionName": name, "FunctionArn": arn, "Role": self.role()}));
        }
        self.put("lambda/list-functions", &json!({"Functions": listed}))
    }

    fn write_repositories(&mut self, count: usize) -> io::Result<()> {
        let account = self.around.account;
        let mut listed = Vec::new();
        for number in 0..count {
            let name = format!("{}-{number}", team(self.random));
            let pull = json!(["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]);
            let statement = if self.random.percent(50) {
                json!({"Effect": "Allow", "Principal": {"AWS": self.neighbour()}, "Action": pull})
            } else {
                json!({"Effect": "Allow", "Principal": "*", "Action": pull,
                       "Condition": {"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": format!("{}/*", organization::ID)}}})
            };
            self.put(
                &format!("ecr/get-repository-policy/{name}"),
                &json!({"registryId": account, "repositoryName": name, "policyText": document(vec![statement])}),
            )?;
            let arn = format!("arn:aws:ecr:{REGION}:{account}:repository/{name}");
            listed.push(json!({"repositoryArn": arn, "registryId": account, "repositoryName": name}));
        }
        self.put("ecr/describe-repositories", &json!({"repositories": listed}))
    }
}
