//! Customer statements: what teams write beside the AWS-managed policies.

use crate::random::Random;
use serde_json::{Map, Value, json};

const TEAMS: [&str; 12] = [
    "payments", "ledger", "search", "mobile", "platform", "data", "fraud", "growth", "identity", "billing",
    "risk", "media",
];
const REGIONS: [&str; 4] = ["us-east-1", "eu-west-1", "eu-central-1", "*"];

/// Actions and the resource that they are about; `{a}` account, `{r}` region, `{t}` team, `{n}` number. A fifth has variables.
const SHAPES: [(&[&str], &str); 20] = [
    (&["s3:GetObject", "s3:ListBucket"], "arn:aws:s3:::{t}-{n}-*"),
    (&["s3:PutObject", "s3:DeleteObject"], "arn:aws:s3:::{t}-{n}/*"),
    (&["s3:Get*", "s3:List*"], "arn:aws:s3:::shared-{n}/${aws:PrincipalTag/team}/*"),
    (&["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query"], "arn:aws:dynamodb:{r}:{a}:table/{t}-*"),
    (&["sqs:SendMessage", "sqs:ReceiveMessage"], "arn:aws:sqs:{r}:{a}:{t}-{n}"),
    (&["sns:Publish"], "arn:aws:sns:{r}:{a}:{t}-*"),
    (&["lambda:InvokeFunction", "lambda:UpdateFunctionCode"], "arn:aws:lambda:{r}:{a}:function:{t}-*"),
    (&["kms:Decrypt", "kms:GenerateDataKey"], "arn:aws:kms:{r}:{a}:key/*"),
    (&["secretsmanager:GetSecretValue"], "arn:aws:secretsmanager:{r}:{a}:secret:{t}/*"),
    (&["codebuild:StartBuild", "codebuild:BatchGetBuilds"], "arn:aws:codebuild:{r}:{a}:project/{t}-*"),
    (&["codepipeline:PutApprovalResult"], "arn:aws:codepipeline:{r}:{a}:{t}-prod/*"),
    (&["codepipeline:StartPipelineExecution"], "arn:aws:codepipeline:{r}:{a}:{t}-*"),
    (&["iam:PassRole"], "arn:aws:iam::{a}:role/{t}/*"),
    (&["iam:CreatePolicyVersion", "iam:AttachRolePolicy"], "arn:aws:iam::{a}:role/{t}-*"),
    (&["sts:AssumeRole"], "arn:aws:iam::*:role/{t}-deploy-*"),
    (&["s3:GetObject", "s3:PutObject"], "arn:aws:s3:::home-{t}/${aws:username}/*"),
    (&["secretsmanager:*"], "arn:aws:secretsmanager:{r}:{a}:secret:${aws:PrincipalTag/team}/*"),
    (&["dynamodb:*"], "arn:aws:dynamodb:{r}:{a}:table/${aws:PrincipalTag/stage, 'dev'}-*"),
    (&["ssm:GetParameter*", "ssm:PutParameter"], "arn:aws:ssm:{r}:{a}:parameter/{t}/*"),
    (&["logs:CreateLogStream", "logs:PutLogEvents"], "arn:aws:logs:{r}:{a}:log-group:/aws/{t}/*"),
];

/// A team's name.
pub(crate) fn team(random: &mut Random) -> &'static str {
    random.pick(&TEAMS).unwrap_or("payments")
}

/// One statement; somewhat more than half of them have conditions, and about one in seven denies.
pub(crate) fn statement(random: &mut Random, account: &str, sid: usize) -> Value {
    let (actions, resource) =
        SHAPES.get(random.below(SHAPES.len())).copied().unwrap_or((&["s3:GetObject"], "*"));
    let deny = random.percent(15);
    let number = random.below(400).to_string();
    let resource = resource
        .replace("{a}", account)
        .replace("{r}", random.pick(&REGIONS).unwrap_or("us-east-1"))
        .replace("{t}", team(random))
        .replace("{n}", &number);
    let mut statement = Map::new();
    statement.insert("Sid".to_owned(), json!(format!("S{sid}")));
    statement.insert("Effect".to_owned(), json!(if deny { "Deny" } else { "Allow" }));
    statement.insert("Action".to_owned(), json!(actions));
    statement.insert("Resource".to_owned(), json!(resource));
    if random.percent(56) {
        statement.insert("Condition".to_owned(), condition(random, actions, deny));
    }
    Value::Object(statement)
}

fn condition(random: &mut Random, actions: &[&str], deny: bool) -> Value {
    if actions.contains(&"iam:PassRole") && random.percent(60) {
        let service =
            random.pick(&["codebuild.amazonaws.com", "lambda.amazonaws.com", "ecs-tasks.amazonaws.com"]);
        return json!({"StringEquals": {"iam:PassedToService": service}});
    }
    if actions.contains(&"kms:Decrypt") && random.percent(50) {
        let service = random.pick(&["s3.us-east-1.amazonaws.com", "secretsmanager.eu-west-1.amazonaws.com"]);
        return json!({"StringEquals": {"kms:ViaService": service}});
    }
    let team = team(random);
    match random.below(if deny { 6 } else { 11 }) {
        0 => json!({"Bool": {"aws:MultiFactorAuthPresent": if deny { "false" } else { "true" }}}),
        1 => json!({"BoolIfExists": {"aws:MultiFactorAuthPresent": if deny { "false" } else { "true" }}}),
        2 if deny => json!({"StringNotEquals": {"aws:RequestedRegion": ["us-east-1", "eu-west-1"]}}),
        2 => json!({"StringEquals": {"aws:RequestedRegion": ["us-east-1", "eu-central-1"]}}),
        3 if deny => json!({"NotIpAddress": {"aws:SourceIp": ["203.0.113.0/24", "198.51.100.0/24"]}}),
        3 => json!({"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}),
        4 if deny => json!({"StringNotEquals": {"aws:PrincipalTag/team": team}}),
        4 => json!({"StringEquals": {"aws:PrincipalTag/team": team}}),
        5 if deny => {
            json!({"ArnNotLike": {"aws:PrincipalArn": [format!("arn:aws:iam::*:role/{team}-*"), "arn:aws:iam::*:role/break-glass"]}})
        }
        5 => json!({"StringEquals": {"aws:ResourceTag/team": "${aws:PrincipalTag/team}"}}),
        6 => json!({"NumericLessThan": {"aws:MultiFactorAuthAge": "3600"}}),
        7 => json!({"DateLessThan": {"aws:CurrentTime": "2030-01-01T00:00:00Z"}}),
        8 => json!({"StringLike": {"aws:PrincipalArn": format!("arn:aws:iam::*:*/{team}*")}}),
        9 => {
            json!({"StringEquals": {"aws:RequestTag/team": "${aws:PrincipalTag/team}"}, "Null": {"aws:TagKeys": "false"}})
        }
        _ => json!({"ForAnyValue:StringEquals": {"aws:TagKeys": ["team", "cost-center"]}}),
    }
}
