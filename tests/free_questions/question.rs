//! Random questions, and what it means for a request to be one of those asked about.

use super::organization::Organization;
use super::random::Random;
use super::vocabulary::{ELSEWHERE, PARTNER};
use gateproof::question::constraint::Demand;
use gateproof::question::{Constraint, Quantifier, Requests, Selector};
use gateproof_model::request::{ContextValue, Request};

/// One question.
pub struct Question {
    /// Whom it is about; none: who can?
    pub principal: Option<String>,
    pub requests: Requests,
    pub every: bool,
}

const ASKED: [&str; 20] = [
    "s3:GetObject",
    "s3:GetObject",
    "s3:PutObject",
    "s3:ListBucket",
    "s3:ListAllMyBuckets",
    "s3:Get*Object",
    "s3:DeleteBucketPolicy",
    "kms:Decrypt",
    "kms:CreateGrant",
    "kms:De*",
    "kms:ListKeys",
    "sns:Publish",
    "sns:P*",
    "secretsmanager:GetSecretValue",
    "sts:AssumeRole",
    "iam:PassRole",
    "iam:CreateAccessKey",
    "ec2:CreateTags",
    "sts:GetCallerIdentity",
    "acme:Unheard*",
];

const WHEN: [&str; 16] = [
    "aws:MultiFactorAuthPresent!=true",
    "aws:MultiFactorAuthPresent=true",
    "aws:SourceIp=203.0.113.7",
    "aws:SourceIp~10.*",
    "aws:SourceVpce=vpce-1",
    "aws:SourceVpce=absent",
    "aws:RequestTag/env=prod",
    "aws:RequestTag/env=absent",
    "aws:TagKeys=[env,team]",
    "aws:PrincipalTag/team=red",
    "aws:PrincipalTag/team!~re*",
    "aws:ResourceTag/env!=prod",
    "aws:RequestedRegion=eu-west-1",
    "aws:ViaAWSService=false",
    "kms:EncryptionContext:App=present",
    "sts:ExternalId~secret-?",
];

impl std::fmt::Display for Question {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let requests = &self.requests;
        let principal = self.principal.as_deref().unwrap_or("who");
        write!(f, "{principal} {} {}", requests.actions.join(","), requests.resources.join(","))?;
        requests.within.iter().try_for_each(|s| write!(f, " in {s}"))?;
        requests.when.iter().try_for_each(|w| write!(f, " when {w}"))?;
        if self.every { write!(f, " every") } else { Ok(()) }
    }
}

impl Question {
    /// A random question about an organization.
    pub fn random(random: &mut Random, organization: &Organization) -> Self {
        let mut requests = Requests::default();
        requests.actions.push((random.word(&ASKED)).to_owned());
        if random.percent(15) {
            requests.actions.push((random.word(&ASKED)).to_owned());
        }
        match random.below(10) {
            0..=3 => {}
            4..=6 if !organization.things.is_empty() => {
                let arn = &random.pick(&organization.things).arn;
                let tail = random.word(&["", "*", "/*", "/home/*"]);
                requests.resources.push(format!("{arn}{tail}"));
            }
            7 if !organization.people.is_empty() => {
                requests.resources.push(random.pick(&organization.people).arn.clone());
            }
            _ => {
                let pattern = random.pick(&organization.patterns).clone();
                if !pattern.contains('$') {
                    requests.resources.push(pattern);
                }
            }
        }
        if random.percent(10) {
            requests.within.push(Selector::Account(random.pick(&organization.accounts).id.clone()));
        }
        while random.percent(15) && requests.when.len() < 2 {
            requests.when.push(random.word(&WHEN).parse().unwrap());
        }
        let every = random.percent(10);
        let principal = match random.below(20) {
            0 if !every => None,
            1 => Some(format!("external:{PARTNER}")),
            2 => Some(format!("external:{ELSEWHERE}")),
            3 if random.percent(50) => Some("anyone".to_owned()),
            3 => {
                let name = random.word(&["role/deploy", "role/other", "user/ann"]);
                Some(format!("arn:aws:iam::{PARTNER}:{name}"))
            }
            4 => Some(format!("arn:aws:iam::{}:root", random.pick(&organization.accounts).id)),
            _ if organization.people.is_empty() => Some("anyone".to_owned()),
            _ => Some(random.pick(&organization.people).arn.clone()),
        };
        Self { principal, requests, every }
    }

    pub fn quantifier(&self) -> Quantifier {
        if self.every { Quantifier::Every } else { Quantifier::Some }
    }

    /// Whether a request is one that the question is about, as far as action, resource and owner go.
    pub fn is_about(&self, action: &str, resource: &str, owner: Option<&str>) -> bool {
        let requests = &self.requests;
        let action = action.to_lowercase();
        let listed = requests.actions.iter().any(|glob| glob_matches(&glob.to_lowercase(), &action));
        let on =
            requests.resources.is_empty() || requests.resources.iter().any(|g| glob_matches(g, resource));
        let within = requests.within.is_empty()
            || requests
                .within
                .iter()
                .any(|s| matches!(s, Selector::Account(id) if Some(id.as_str()) == owner));
        listed && on && within
    }

    /// Whether the request's context is one that the question is about.
    pub fn holds_of(&self, request: &Request) -> bool {
        self.requests.when.iter().all(|constraint| is_met(constraint, request))
    }
}

fn is_met(constraint: &Constraint, request: &Request) -> bool {
    is_demand_met(&constraint.key, &constraint.demand, request)
}

fn is_demand_met(key: &str, demand: &Demand, request: &Request) -> bool {
    let found = request.context.get(&key.to_lowercase());
    let values: Vec<&str> =
        found.map(ContextValue::values).unwrap_or_default().iter().map(String::as_str).collect();
    let flag = |v: &str| v.eq_ignore_ascii_case("true") || v.eq_ignore_ascii_case("false");
    let same =
        |value: &str, wanted: &str| value == wanted || flag(wanted) && value.eq_ignore_ascii_case(wanted);
    match demand {
        Demand::OneOf(demands) => demands.iter().any(|one| is_demand_met(key, one, request)),
        Demand::Equals(wanted) => values.len() == 1 && same(values[0], wanted),
        Demand::Differs(wanted) => !values.iter().any(|v| same(v, wanted)),
        Demand::Matches(glob) => values.iter().any(|v| glob_matches(glob, v)),
        Demand::Avoids(glob) => !values.iter().any(|v| glob_matches(glob, v)),
        Demand::Members(wanted) => {
            found.is_some()
                && wanted.iter().all(|w| values.contains(&w.as_str()))
                && values.iter().all(|v| wanted.iter().any(|w| w == v))
        }
        Demand::Absent => found.is_none(),
        Demand::Present => found.is_some(),
    }
}

/// `*` and `?` over a text, by trying.
pub fn glob_matches(glob: &str, text: &str) -> bool {
    fn walk(glob: &[char], text: &[char]) -> bool {
        match glob.split_first() {
            None => text.is_empty(),
            Some(('*', rest)) => (0..=text.len()).any(|n| walk(rest, &text[n..])),
            Some((c, rest)) => {
                text.split_first().is_some_and(|(t, more)| (*c == '?' || c == t) && walk(rest, more))
            }
        }
    }
    walk(&glob.chars().collect::<Vec<_>>(), &text.chars().collect::<Vec<_>>())
}
