//! Concrete requests near what policies and question speak of. Knows nothing of how questions are answered.

use super::facts::Facts;
use super::oracle::Who;
use super::organization::{Organization, Thing};
use super::question::{Question, glob_matches};
use super::random::Random;
use super::vocabulary::{ACTIONS, KEYS, Key, Kind, MEMBERS, ORGANIZATION, key_named};
use gateproof::question::constraint::Demand;
use gateproof_model::arn::Arn;
use gateproof_model::catalogue::{ActionInfo, Catalogue};
use gateproof_model::request::{Context, ContextValue, Principal, Request};

/// Draws requests of one caller that a question is about.
pub struct Sampler<'a> {
    organization: &'a Organization,
    question: &'a Question,
    who: &'a Who<'a>,
    /// Whether only what the catalogue grants an action is drawn.
    catalogued: bool,
    /// Actions and resources that fit each other and the question.
    pairs: Vec<(String, String)>,
}

/// How often a name stands in a list of resources to try.
const FILLINGS: [&str; 5] = ["", "x", "home/ann/x", "prod/zz", "a:b"];

impl<'a> Sampler<'a> {
    pub fn new(
        random: &mut Random,
        organization: &'a Organization,
        question: &'a Question,
        who: &'a Who<'a>,
        catalogued: bool,
    ) -> Self {
        let resources = resources(random, organization, question);
        let mut pairs = Vec::new();
        for action in actions(random, question, catalogued) {
            let info = Catalogue::embedded().find_action(&action);
            for resource in &resources {
                let owner = organization.owner(who, resource);
                let fits = info.is_none_or(|i| i.accepts_resource(resource));
                if fits
                    && question.is_about(&action, resource, owner.as_deref())
                    && is_considered(organization, who, &action, resource, owner.as_deref())
                {
                    pairs.push((action.clone(), resource.clone()));
                }
            }
        }
        Self { organization, question, who, catalogued, pairs }
    }

    /// A request; `None` where the draw breaks a condition of the question.
    pub fn draw(&self, random: &mut Random) -> Option<Request> {
        if self.pairs.is_empty() {
            return None;
        }
        let (action, resource) = random.pick(&self.pairs).clone();
        let info = Catalogue::embedded().find_action(&action).filter(|_| self.catalogued);
        let facts = self.organization.facts(self.who, &action, &resource);
        let foreign = matches!(self.who, Who::Outsider(a) | Who::Foreigner(a, _) if self.organization.organized && !self.organization.is_member(a));
        let mut draft = Draft { random, facts: &facts, context: Context::default(), foreign };
        let principal = draft.principal(self.who, info);
        draft.network_and_session(self.who, &action, &resource);
        for key in &KEYS {
            draft.key(key, self.question, info);
        }
        draft.tag_keys(info, self.question);
        let context = draft.context;
        let resource_account = self.organization.owner(self.who, &resource);
        let request = Request { principal, action, resource, resource_account, context };
        self.question.holds_of(&request).then_some(request)
    }
}

/// Resources that nobody of the snapshot holds can't be granted by it; `--every` doesn't ask about them, nor
/// about roles that aren't there.
fn is_considered(
    organization: &Organization,
    who: &Who<'_>,
    action: &str,
    resource: &str,
    owner: Option<&str>,
) -> bool {
    let own = owner == who.account() && owner.is_some_and(|a| organization.covers(a));
    let assumes = action.to_lowercase().starts_with("sts:assumerole");
    let person = organization.people.iter().any(|p| p.arn == resource && p.is_role);
    if assumes { person } else { own || organization.thing(resource).is_some_and(Thing::is_told_of) }
}

fn actions(random: &mut Random, question: &Question, catalogued: bool) -> Vec<String> {
    let globs = &question.requests.actions;
    let mut all: Vec<String> = ACTIONS
        .iter()
        .filter(|a| globs.iter().any(|g| glob_matches(&g.to_lowercase(), &a.to_lowercase())))
        .map(|a| (*a).to_owned())
        .collect();
    let catalogue = Catalogue::embedded();
    // Where the catalogue knows some action, an answer about it leaves out the names that it doesn't know.
    let unheard = !catalogued || globs.iter().all(|g| catalogue.actions_matching(g).next().is_none());
    for glob in globs {
        // A call that needs several authorizations is not allowed by one.
        const JOINT: [&str; 6] = [
            "ec2:AttachVolume",
            "ec2:CreateSnapshot",
            "ec2:RunInstances",
            "kms:CreateAlias",
            "kms:DeleteAlias",
            "kms:UpdateAlias",
        ];
        let known: Vec<&str> =
            catalogue.actions_matching(glob).map(|a| a.name()).filter(|name| !JOINT.contains(name)).collect();
        for _ in 0..known.len().min(6) {
            all.push(random.word(&known).to_owned());
        }
        if unheard && (known.is_empty() || glob.contains('*')) {
            all.push(glob.replace('*', "Zz").replace('?', "q"));
        }
    }
    all
}

fn resources(random: &mut Random, organization: &Organization, question: &Question) -> Vec<String> {
    let mut all = vec!["*".to_owned()];
    let tails = ["/x", "/home/ann/x", "/home/bob/y", "/red/a", "/none/a", "/public/z", "/example.txt"];
    for thing in &organization.things {
        all.push(thing.arn.clone());
        all.extend(tails.map(|tail| format!("{}{tail}", thing.arn)));
    }
    all.extend(organization.people.iter().map(|p| p.arn.clone()));
    for account in MEMBERS {
        let digit = &account[..1];
        all.extend([
            format!("arn:aws:secretsmanager:us-east-1:{account}:secret:prod/other-AbCdEf"),
            format!("arn:aws:ec2:us-east-1:{account}:instance/i-0123456789abcdef0"),
            format!("arn:aws:iam::{account}:role/app/new"),
            format!("arn:aws:iam::{account}:user/ann"),
            format!("arn:aws:kms:us-east-1:{account}:key/99999999-aaaa-bbbb-cccc-000000000000"),
            format!("arn:aws:kms:us-east-1:{account}:alias/x"),
            format!("arn:aws:sns:eu-west-1:{account}:other"),
            format!("arn:aws:s3:::acme-other-{digit}/home/ann/x"),
            format!("arn:aws:s3:::acme-other-{digit}"),
        ]);
    }
    for pattern in organization.patterns.iter().chain(&question.requests.resources) {
        for _ in 0..3 {
            all.push(fill(random, pattern));
        }
    }
    for at in 0..all.len() {
        if random.percent(15) {
            let changed = mutate(random, &all[at]);
            all.push(changed);
        }
    }
    all.sort();
    all.dedup();
    all
}

/// A text that the pattern could match.
pub fn fill(random: &mut Random, pattern: &str) -> String {
    let names = pattern.replace("${aws:username}", "ann").replace("${aws:PrincipalTag/team, 'none'}", "red");
    let names =
        names.replace("${aws:PrincipalAccount}", MEMBERS[0]).replace("${aws:PrincipalOrgID}", ORGANIZATION);
    let names = names.replace("${aws:PrincipalTag/team}", "red");
    let mut text = String::new();
    for (at, c) in names.char_indices() {
        let early = names[..at].matches(':').count() < 5 && names.starts_with("arn:");
        match c {
            '*' if early => text.push_str(random.word(&["us-east-1", "222222222222", "333333333333"])),
            '*' => text.push_str(random.word(&FILLINGS)),
            '?' => text.push('q'),
            other => text.push(other),
        }
    }
    text
}

/// The text with its last letter changed, dropped or doubled.
pub fn mutate(random: &mut Random, text: &str) -> String {
    let mut chars: Vec<char> = text.chars().collect();
    let Some(last) = chars.pop() else { return "m".to_owned() };
    match random.below(4) {
        0 => {}
        1 => chars.extend([last, last]),
        2 => chars.push('m'),
        _ => chars.push(if last.is_uppercase() {
            last.to_ascii_lowercase()
        } else {
            last.to_ascii_uppercase()
        }),
    }
    chars.into_iter().collect()
}

/// A context being filled.
struct Draft<'d> {
    random: &'d mut Random,
    facts: &'d Facts,
    context: Context,
    /// Whether the caller is known to be of no organization of ours.
    foreign: bool,
}

impl Draft<'_> {
    fn put(&mut self, key: &str, value: &str) {
        self.context.insert(key, ContextValue::Single(value.to_owned()));
    }

    /// The caller, and what follows from which of its sessions it is.
    fn principal(&mut self, who: &Who<'_>, info: Option<ActionInfo<'_>>) -> Principal {
        for (key, value) in self.facts.values() {
            let name = key_named(key).map_or(key, |k| k.name);
            self.context.insert(name, value.clone());
        }
        for (key, value) in self.facts.perhaps() {
            let supported = info.is_none_or(|i| i.support(key).is_possible());
            if self.random.percent(50) && supported {
                let name = key_named(key).map_or(key, |k| k.name);
                self.context.insert(name, value.clone());
            }
        }
        match who {
            Who::Inside(person) if person.is_role => {
                let session = self.random.word(&["gateproof", "s1", "i-0abc", "x2"]);
                self.put("aws:userid", &format!("{}:{session}", person.unique_id));
                let arn = format!("arn:aws:sts::{}:assumed-role/{}/{session}", person.account, person.name);
                Principal::from_arn(&arn, None)
            }
            Who::Inside(person) => Principal::from_arn(&person.arn, None),
            Who::Root(account) => Principal::from_arn(&format!("arn:aws:iam::{account}:root"), None),
            Who::Outsider(account) => {
                let form =
                    self.random.word(&["user/ann", "user/x/y", "role/deploy", "role/x/deploy", "root"]);
                let arn = format!("arn:aws:iam::{account}:{form}");
                self.put("aws:PrincipalArn", &arn);
                match form.strip_prefix("role/") {
                    None => Principal::from_arn(&arn, None),
                    Some(_) => {
                        Principal::from_arn(&format!("arn:aws:sts::{account}:assumed-role/deploy/s1"), None)
                    }
                }
            }
            Who::Foreigner(account, arn) => match arn.rsplit_once("role/") {
                None => Principal::from_arn(arn, None),
                Some((_, name)) => {
                    Principal::from_arn(&format!("arn:aws:sts::{account}:assumed-role/{name}/s1"), None)
                }
            },
            Who::Service(name) => Principal::service(name),
            Who::Anonymous => Principal::anonymous(),
        }
    }

    /// How the request comes, and how the session was opened.
    fn network_and_session(&mut self, who: &Who<'_>, action: &str, resource: &str) {
        let action = action.to_lowercase();
        // IAM has one endpoint; passing a role is part of a call elsewhere.
        let single = action.starts_with("iam:") && action != "iam:passrole";
        let named = single.then(|| "us-east-1".to_owned());
        let named =
            named.or_else(|| Arn::parse(resource).map(|a| a.region.to_owned()).filter(|r| !r.is_empty()));
        let region = named.unwrap_or_else(|| self.random.word(&["us-east-1", "eu-west-1"]).to_owned());
        self.put("aws:RequestedRegion", &region);
        let secure = self.random.word(&["true", "true", "false"]);
        self.put("aws:SecureTransport", secure);
        let by_service = matches!(who, Who::Service(_));
        let via = !by_service && !matches!(who, Who::Anonymous) && self.random.percent(20);
        self.put("aws:ViaAWSService", if via { "true" } else { "false" });
        if via {
            let names =
                vec![self.random.word(&["cloudformation.amazonaws.com", "athena.amazonaws.com"]).to_owned()];
            self.context.insert("aws:CalledVia", ContextValue::List(names));
        } else if self.random.percent(30) && !by_service {
            let (endpoint, vpc) =
                (self.random.word(&["vpce-1", "vpce-2"]), self.random.word(&["vpc-1", "vpc-2"]));
            self.put("aws:SourceVpce", endpoint);
            self.put("aws:SourceVpc", vpc);
            self.put("aws:VpcSourceIp", "10.1.2.3");
        } else if !by_service {
            let address = self.random.word(key_named("aws:sourceip").unwrap().values);
            self.put("aws:SourceIp", address);
        }
        let device = match who {
            Who::Service(_) | Who::Anonymous => return,
            Who::Inside(person) if person.is_role => {
                let mut trusted = person.trust.as_ref().unwrap()["Statement"].as_array().unwrap().iter();
                let opened = trusted.any(|s| s["Effect"] == "Allow" && !s["Principal"]["AWS"].is_null());
                if self.random.percent(40) && opened { "true" } else { "false" }
            }
            _ => self.random.word(&["", "false", "true"]),
        };
        if !device.is_empty() {
            self.put("aws:MultiFactorAuthPresent", device);
        }
        if device == "true" {
            let age = self.random.word(key_named("aws:multifactorauthage").unwrap().values);
            self.put("aws:MultiFactorAuthAge", age);
        }
    }

    /// One more key, unless it is settled, or the action's requests don't carry it.
    fn key(&mut self, key: &Key, question: &Question, info: Option<ActionInfo<'_>>) {
        const SETTLED: [&str; 10] = [
            "aws:SourceIp",
            "aws:SourceVpc",
            "aws:SourceVpce",
            "aws:MultiFactorAuthPresent",
            "aws:MultiFactorAuthAge",
            "aws:SecureTransport",
            "aws:RequestedRegion",
            "aws:ViaAWSService",
            "aws:CalledVia",
            "aws:TagKeys",
        ];
        let lower = key.name.to_lowercase();
        let unsupported = info.is_some_and(|i| !i.support(key.name).is_possible());
        if SETTLED.contains(&key.name)
            || self.facts.of(&lower).is_some()
            || self.facts.perhaps().any(|(key, _)| key == lower)
            || self.context.get(&lower).is_some()
            || unsupported
        {
            return;
        }
        let via = self.context.get("aws:viaawsservice").is_some_and(|v| v.values()[0] == "true");
        if lower.starts_with("kms:viaservice") || lower.starts_with("kms:grantisfor") {
            if !via {
                return;
            }
        } else if key.kind != Kind::Date && self.random.percent(35) {
            return;
        }
        let wanted = question.requests.when.iter().find(|w| w.key.eq_ignore_ascii_case(key.name));
        if self.foreign && lower.starts_with("aws:principalorg") {
            return;
        }
        let value = match wanted.map(|w| &w.demand) {
            Some(Demand::Equals(value)) => value.clone(),
            Some(Demand::Matches(glob)) => fill(self.random, glob),
            Some(Demand::Absent) => return,
            _ => self.value(key),
        };
        if key.kind == Kind::Many {
            let mut members = vec![value];
            while self.random.percent(30) {
                members.push(self.value(key));
            }
            members.truncate(self.random.below(members.len() + 1));
            self.context.insert(key.name, ContextValue::List(members));
        } else {
            self.put(key.name, &value);
        }
    }

    fn value(&mut self, key: &Key) -> String {
        if !key.values.is_empty() && self.random.percent(60) {
            return (self.random.word(key.values)).to_owned();
        }
        if matches!(key.kind, Kind::Flag | Kind::Number | Kind::Date | Kind::Address) {
            let values = if key.values.is_empty() { &["true", "false"] } else { key.values };
            return self.random.word(values).to_owned();
        }
        let operand = self.random.word(key.operands);
        let filled = fill(self.random, operand);
        if self.random.percent(20) { mutate(self.random, &filled) } else { filled }
    }

    /// `aws:TagKeys` lists the keys of the tags that the request carries, and perhaps others.
    fn tag_keys(&mut self, info: Option<ActionInfo<'_>>, question: &Question) {
        if info.is_some_and(|i| !i.support("aws:TagKeys").is_possible()) {
            return;
        }
        let mut keys = Vec::new();
        if self.context.get("aws:requesttag/env").is_some() {
            keys.push("env".to_owned());
        }
        let asked = question.requests.when.iter().any(|w| w.key == "aws:TagKeys");
        if asked || self.random.percent(40) {
            keys.push(self.random.word(&["team", "other"]).to_owned());
        }
        if !keys.is_empty() || self.random.percent(20) {
            self.context.insert("aws:TagKeys", ContextValue::List(keys));
        }
    }
}
