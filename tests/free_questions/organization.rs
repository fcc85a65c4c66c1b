//! Random organizations, held as what was drawn: the product reads the same from files.

use super::policy::{Side, Words, document, full_access, statement};
use super::random::Random;
use super::vocabulary::{ELSEWHERE, MANAGEMENT, MEMBERS, PARTNER};
use serde_json::{Value, json};
use std::collections::BTreeMap;

pub type Tags = Vec<(String, String)>;

/// A user or role.
#[derive(Debug, Clone)]
pub struct Person {
    pub arn: String,
    pub account: String,
    pub name: String,
    pub path: String,
    pub unique_id: String,
    pub is_role: bool,
    pub tags: Tags,
    pub inline: Vec<Value>,
    pub in_group: bool,
    pub boundary: Option<Value>,
    pub trust: Option<Value>,
}

/// A resource with what is known of it.
#[derive(Debug, Clone)]
pub struct Thing {
    pub arn: String,
    pub account: String,
    pub policy: Option<Value>,
    pub tags: Option<Tags>,
    pub grants: Vec<Value>,
}

impl Thing {
    /// Whether some file of the snapshot names it.
    pub fn is_told_of(&self) -> bool {
        let listed = self.arn.starts_with("arn:aws:s3:::") || self.arn.contains(":key/");
        listed || self.policy.is_some() || self.tags.is_some()
    }
}

/// An account and its group's policy.
#[derive(Debug, Clone)]
pub struct Account {
    pub id: String,
    pub group: Value,
}

#[derive(Debug, Clone, Default)]
pub struct Organization {
    /// Whether the organization was collected.
    pub organized: bool,
    pub accounts: Vec<Account>,
    pub people: Vec<Person>,
    pub things: Vec<Thing>,
    /// Policies of each node, by its id: SCPs and RCPs.
    pub scps: BTreeMap<String, Vec<Value>>,
    pub rcps: BTreeMap<String, Vec<Value>>,
    /// Patterns of resources that policies use.
    pub patterns: Vec<String>,
}

pub const ROOT: &str = "r-ab12";
pub const UNIT: &str = "ou-ab12-11111111";
pub const NESTED: &str = "ou-ab12-22222222";

/// The nodes from the root to an account.
pub fn path(account: &str) -> Vec<&str> {
    match account {
        MANAGEMENT => vec![ROOT, account],
        "333333333333" => vec![ROOT, UNIT, NESTED, account],
        _ => vec![ROOT, UNIT, account],
    }
}

/// The resources of an account: kind, ARN.
fn arns(account: &str) -> Vec<String> {
    let digit = &account[..1];
    vec![
        format!("arn:aws:s3:::acme-data-{digit}"),
        format!("arn:aws:s3:::acme-logs-{digit}"),
        format!("arn:aws:kms:us-east-1:{account}:key/0000000{digit}-aaaa-bbbb-cccc-000000000000"),
        format!("arn:aws:sns:us-east-1:{account}:alerts"),
        format!("arn:aws:secretsmanager:us-east-1:{account}:secret:prod/db-AbCdEf"),
    ]
}

fn resource_patterns(accounts: &[&str]) -> Vec<String> {
    let mut all: Vec<String> =
        ["arn:aws:s3:::acme-*/*", "arn:aws:s3:::*", "arn:aws:iam::*:role/app/*", "arn:aws:kms:*:*:key/*"]
            .map(str::to_owned)
            .to_vec();
    for account in accounts {
        let digit = &account[..1];
        for bucket in [format!("acme-data-{digit}"), format!("acme-logs-{digit}")] {
            let tails =
                ["", "/*", "/home/${aws:username}/*", "/${aws:PrincipalTag/team, 'none'}/?", "/pub?ic/*"];
            all.extend(tails.map(|tail| format!("arn:aws:s3:::{bucket}{tail}")));
        }
        all.extend(arns(account).into_iter().skip(2));
        all.push(format!("arn:aws:sns:*:{account}:*"));
        all.push(format!("arn:aws:secretsmanager:*:{account}:secret:prod/*"));
        all.push(format!("arn:aws:iam::{account}:role/app/worker"));
        all.push(format!("arn:aws:iam::{account}:user/${{aws:username}}"));
        all.push(format!("arn:aws:ec2:*:{account}:instance/*"));
    }
    all
}

fn principals(accounts: &[&str]) -> Vec<Value> {
    let mut all = vec![
        json!("*"),
        json!({"AWS": "*"}),
        json!({"Service": "lambda.amazonaws.com"}),
        json!({"AWS": PARTNER}),
        json!({"AWS": format!("arn:aws:iam::{PARTNER}:role/deploy")}),
    ];
    for account in accounts {
        all.push(json!({"AWS": account}));
        all.push(json!({"AWS": format!("arn:aws:iam::{account}:user/ann")}));
        all.push(json!({"AWS": [format!("arn:aws:iam::{account}:role/app/worker"), format!("arn:aws:iam::{account}:root")]}));
        all.push(json!({"AWS": format!("arn:aws:iam::{account}:role/app/worker")}));
        all.push(json!({"AWS": format!("arn:aws:sts::{account}:assumed-role/worker/gateproof")}));
        all.push(json!({"AWS": [format!("arn:aws:iam::{account}:root"), format!("arn:aws:iam::{account}:user/ann"), format!("arn:aws:sts::{account}:assumed-role/worker/s1")]}));
    }
    all
}

fn tags(random: &mut Random) -> Tags {
    let mut tags = Vec::new();
    if random.percent(60) {
        let key = random.word(&["team", "Team"]);
        tags.push((key.to_owned(), random.word(&["red", "rex", "blue"]).to_owned()));
    }
    if random.percent(50) {
        tags.push(("env".to_owned(), random.word(&["prod", "dev"]).to_owned()));
    }
    tags
}

fn person(random: &mut Random, words: &Words, account: &str, name: &str, number: usize) -> Person {
    let is_role = !matches!(name, "ann" | "bob");
    let path = if name == "worker" { "/app/" } else { "/" };
    let kind = if is_role { "role" } else { "user" };
    let mut inline: Vec<Value> = Vec::new();
    if random.percent(85) {
        inline.push(document(random, words, Side::Own, 20));
    }
    if random.percent(55) {
        inline.push(full_access());
    }
    let boundary = random.percent(30).then(|| {
        let mut boundary = document(random, words, Side::Own, 20);
        if random.percent(60) {
            boundary["Statement"].as_array_mut().unwrap().push(full_access()["Statement"][0].clone());
        }
        boundary
    });
    Person {
        arn: format!("arn:aws:iam::{account}:{kind}{path}{name}"),
        account: account.to_owned(),
        name: name.to_owned(),
        path: path.to_owned(),
        unique_id: format!("{}RANDOM{number}", if is_role { "AROA" } else { "AIDA" }),
        is_role,
        tags: tags(random),
        inline,
        in_group: !is_role && random.percent(50),
        boundary,
        trust: is_role.then(|| document(random, words, Side::Trust, 8)),
    }
}

fn thing(random: &mut Random, words: &Words, arn: String, account: &str) -> Thing {
    let key = arn.contains(":kms:");
    let policy = (key || random.percent(65)).then(|| {
        let mut policy = document(random, words, Side::Named, 15);
        if key && random.percent(70) {
            let delegate = json!({"Effect": "Allow", "Principal": {"AWS": format!("arn:aws:iam::{account}:root")}, "Action": "kms:*", "Resource": "*"});
            policy["Statement"].as_array_mut().unwrap().push(delegate);
        }
        policy
    });
    let mut grants = Vec::new();
    if key && random.percent(50) {
        let grantee = random
            .pick(&[
                format!("arn:aws:iam::{account}:role/app/worker"),
                format!("arn:aws:iam::{account}:user/ann"),
                format!("arn:aws:iam::{PARTNER}:role/deploy"),
            ])
            .clone();
        let mut grant =
            json!({"GrantId": "g1", "GranteePrincipal": grantee, "Operations": ["Decrypt", "CreateGrant"]});
        if random.percent(40) {
            let kind = random.word(&["EncryptionContextSubset", "EncryptionContextEquals"]);
            grant["Constraints"] = json!({kind: {"App": "pay"}});
        }
        grants.push(grant);
    }
    Thing { arn, account: account.to_owned(), policy, tags: random.percent(60).then(|| tags(random)), grants }
}

impl Organization {
    /// The organization of a seed.
    pub fn random(random: &mut Random) -> Self {
        let mut ids = vec![MEMBERS[0]];
        if random.percent(60) {
            ids.push(MEMBERS[1]);
        }
        if random.percent(25) {
            ids.push(MANAGEMENT);
        }
        let words = Words { resources: resource_patterns(&ids), principals: principals(&ids) };
        let r = random;
        let mut organization =
            Self { organized: r.percent(85), patterns: words.resources.clone(), ..Self::default() };
        let names = ["ann", "bob", "worker", "admin"];
        for id in &ids {
            let group = document(r, &words, Side::Own, 10);
            organization.accounts.push(Account { id: (*id).to_owned(), group });
            for name in names {
                if r.percent(65) {
                    let number = organization.people.len();
                    organization.people.push(person(r, &words, id, name, number));
                }
            }
            for arn in arns(id) {
                if r.percent(60) {
                    organization.things.push(thing(r, &words, arn, id));
                }
            }
        }
        if organization.organized {
            organization.guard(r, &words, &ids);
        }
        organization
    }

    /// Service and resource control policies for each node.
    fn guard(&mut self, r: &mut Random, words: &Words, ids: &[&str]) {
        for node in [ROOT, UNIT, NESTED].into_iter().chain(ids.iter().copied()) {
            let mut scps = Vec::new();
            if r.percent(95) {
                scps.push(full_access());
            } else {
                scps.push(document(r, words, Side::Own, 0));
            }
            if r.percent(25) {
                let deny = statement(r, words, Side::Own, "Deny");
                scps.push(json!({"Version": "2012-10-17", "Statement": [deny]}));
            }
            self.scps.insert(node.to_owned(), scps);
            if r.percent(25) {
                let mut deny = statement(r, words, Side::Named, "Deny");
                let deny_members = deny.as_object_mut().unwrap();
                deny_members.remove("NotPrincipal");
                deny_members.insert("Principal".into(), json!("*"));
                self.rcps
                    .insert(node.to_owned(), vec![json!({"Version": "2012-10-17", "Statement": [deny]})]);
            }
        }
    }

    /// The service control policies that bind an account's principals, root first.
    pub fn scp_levels(&self, account: &str) -> Vec<Vec<Value>> {
        let attached = |node| self.scps.get(node).cloned().unwrap_or_else(|| vec![full_access()]);
        self.nodes(account).into_iter().map(attached).collect()
    }

    /// The resource control policies that bind requests to an account's resources.
    pub fn rcp_levels(&self, account: &str) -> Vec<Vec<Value>> {
        self.nodes(account).into_iter().map(|node| self.rcps.get(node).cloned().unwrap_or_default()).collect()
    }

    /// The nodes whose policies bind an account: none for the management account and outside.
    fn nodes<'a>(&self, account: &'a str) -> Vec<&'a str> {
        if self.is_member(account) && account != MANAGEMENT { path(account) } else { Vec::new() }
    }

    /// Whether the organization's files list the account.
    pub fn is_member(&self, account: &str) -> bool {
        self.organized && [MANAGEMENT, MEMBERS[0], MEMBERS[1], ELSEWHERE].contains(&account)
    }

    pub fn covers(&self, account: &str) -> bool {
        self.accounts.iter().any(|a| a.id == account)
    }
}
