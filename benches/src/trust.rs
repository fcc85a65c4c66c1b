//! Who may assume the generated roles.

use crate::account::Surroundings;
use crate::random::Random;
use crate::statements::team;
use serde_json::{Value, json};

/// Accounts outside the organization that roles trust.
const VENDORS: [&str; 3] = ["777700000001", "777700000002", "777700000003"];
const SERVICES: [&str; 4] =
    ["lambda.amazonaws.com", "codebuild.amazonaws.com", "ec2.amazonaws.com", "ecs-tasks.amazonaws.com"];

/// A trust policy: half the roles are for services, the others for people, pipelines, vendors and neighbours.
pub(crate) fn trust_policy(around: Surroundings<'_>, random: &mut Random) -> Value {
    let account = around.account;
    let statement = match random.below(10) {
        0..=4 => {
            json!({"Effect": "Allow", "Principal": {"Service": random.pick(&SERVICES)}, "Action": "sts:AssumeRole"})
        }
        5 => vendor(random),
        6 => assumable(
            &format!("arn:aws:iam::{account}:root"),
            &json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}}),
        ),
        7 => {
            let other = around.neighbour(random);
            assumable(
                &format!("arn:aws:iam::{other}:root"),
                &json!({"StringEquals": {"aws:PrincipalTag/team": team(random)}}),
            )
        }
        8 => {
            json!({"Effect": "Allow", "Principal": {"Federated": format!("arn:aws:iam::{account}:oidc-provider/token.actions.githubusercontent.com")},
                   "Action": "sts:AssumeRoleWithWebIdentity",
                   "Condition": {"StringEquals": {"token.actions.githubusercontent.com:aud": "sts.amazonaws.com"},
                                 "StringLike": {"token.actions.githubusercontent.com:sub": format!("repo:example/{}:*", team(random))}}})
        }
        _ => {
            json!({"Effect": "Allow", "Principal": {"Federated": format!("arn:aws:iam::{account}:saml-provider/corporate")},
                   "Action": "sts:AssumeRoleWithSAML",
                   "Condition": {"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}}})
        }
    };
    json!({"Version": "2012-10-17", "Statement": [statement]})
}

fn vendor(random: &mut Random) -> Value {
    let vendor = random.pick(&VENDORS).unwrap_or("777700000001");
    assumable(
        &format!("arn:aws:iam::{vendor}:root"),
        &json!({"StringEquals": {"sts:ExternalId": format!("customer-{}", random.below(1000))}}),
    )
}

fn assumable(principal: &str, condition: &Value) -> Value {
    json!({"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "sts:AssumeRole", "Condition": condition})
}
