//! Whether a concrete call is allowed in a state, by the reference evaluator alone.

use super::state::{Held, Managed, Session, State};
use super::world::{
    HOME, PRINCIPALS, Statements, World, allow_everything, document, is_user, key_arn, name_of,
};
use gateproof_model::catalogue::Catalogue;
use gateproof_model::evaluator::{self, Outcome, evaluate};
use gateproof_model::json::Json;
use gateproof_model::policy::{Document, Effect, Source};
use gateproof_model::policy_parse::{DocumentKind, parse_document};
use gateproof_model::policy_set::{Grant, PolicySet};
use gateproof_model::request::{Context, ContextValue, Principal, Request};
use rustc_hash::{FxHashMap, FxHasher};
use serde_json::{Value, json};
use std::cell::{Cell, RefCell};
use std::hash::{Hash, Hasher};
use std::sync::Arc;

type Text = Arc<Document>;

/// The policy that governs a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Governed {
    No,
    Trust(usize),
    Key,
    Bucket,
}

/// One call.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Call {
    pub action: &'static str,
    pub arn: String,
    pub account: &'static str,
    pub by: Governed,
    /// The user or role that it is on.
    pub on: Option<usize>,
    pub context: Vec<(&'static str, String)>,
}

impl Call {
    pub fn at_home(action: &'static str, arn: impl Into<String>) -> Self {
        Self { action, arn: arn.into(), account: HOME, by: Governed::No, on: None, context: Vec::new() }
    }

    pub fn with(mut self, key: &'static str, value: impl Into<String>) -> Self {
        self.context.push((key, value.into()));
        self
    }
}

/// A world with its policies read.
pub struct Reference<'w> {
    pub world: &'w World,
    inline: Vec<Vec<Text>>,
    pub versions: Vec<Vec<Text>>,
    trust: Vec<Text>,
    key: Option<Text>,
    bucket: Option<Text>,
    scp: Option<Text>,
    everything: Text,
    everybody: Text,
    any_trust: Text,
    /// Policies of AWS's that may be attached.
    pub aws: Vec<(String, Text)>,
    /// Whether some condition is about tags of principals.
    pub tags_matter: bool,
    known: RefCell<FxHashMap<u64, bool>>,
    last: Cell<(*const State, Option<Session>, u64)>,
}

fn read(value: &Value, kind: DocumentKind) -> Text {
    let source = Source { policy: "p".into(), file: "f".into(), pointer: "".into() };
    Arc::new(parse_document(&Json::parse(&value.to_string()).unwrap(), kind, source).unwrap().0)
}

fn identity(statements: &Statements) -> Text {
    read(&document(statements), DocumentKind::Identity)
}

fn resource(statements: &[Value]) -> Text {
    read(&document(statements), DocumentKind::Resource)
}

fn holds_text(policies: &[Statements]) -> Vec<Text> {
    policies.iter().map(identity).collect()
}

impl<'w> Reference<'w> {
    pub fn new(world: &'w World, aws: &[String]) -> Self {
        let own = world.principals.iter().map(|p| holds_text(&p.inline));
        let catalogue = Catalogue::embedded();
        let of_aws = |arn: &String| {
            let policy = catalogue.managed_policy(arn).unwrap();
            let text = serde_json::from_str(policy.document()).unwrap();
            (arn.clone(), read(&text, DocumentKind::Identity))
        };
        let actions = ["sts:AssumeRole", "sts:TagSession"];
        Self {
            world,
            inline: own.chain(world.groups.iter().map(|g| holds_text(&g.inline))).collect(),
            versions: world.policies.iter().map(|p| holds_text(&p.versions)).collect(),
            trust: world.principals.iter().map(|p| resource(&p.trust)).collect(),
            key: world.key_policy.as_ref().map(|s| resource(s)),
            bucket: world.bucket_policy.as_ref().filter(|s| !s.is_empty()).map(|s| resource(s)),
            scp: world.scp.as_ref().map(identity),
            everything: identity(&vec![allow_everything()]),
            everybody: resource(&[
                json!({"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}),
            ]),
            any_trust: resource(&[json!({"Effect": "Allow", "Principal": "*", "Action": actions})]),
            aws: aws.iter().map(of_aws).collect(),
            tags_matter: ["PrincipalTag", "ResourceTag"].iter().any(|key| format!("{world:?}").contains(key)),
            known: RefCell::default(),
            last: Cell::new((std::ptr::null(), None, 0)),
        }
    }

    /// What `aws:MultiFactorAuthPresent` can be in a session's calls.
    ///
    /// IAM User Guide, "AWS global condition context keys", `aws:MultiFactorAuthPresent`: absent with access keys, and
    /// whoever has them can open a session that says `false`; the console works with temporary credentials.
    pub fn devices(&self, state: &State, session: Session) -> Vec<Option<bool>> {
        let enrolled = state.people[session.principal].device.then_some(Some(true));
        match session.held {
            Held::Start => match self.world.device {
                None => vec![None, Some(false), Some(true)],
                Some(true) => vec![Some(true)],
                Some(false) if is_user(session.principal) => vec![None, Some(false)],
                Some(false) => vec![Some(false)],
            },
            Held::Key => [None, Some(false)].into_iter().chain(enrolled).collect(),
            Held::Console => [Some(false)].into_iter().chain(enrolled).collect(),
            Held::Assumed { device } => vec![Some(device)],
            Held::Service => vec![Some(false)],
        }
    }

    /// Whether the call is allowed in one of the ways in which the session can be used.
    pub fn can(&self, state: &State, session: Session, call: &Call) -> bool {
        self.devices(state, session).into_iter().any(|device| self.can_with(state, session, device, call))
    }

    /// Whether the calls are allowed, each in one of the ways. A role is passed by the call that follows, in the same way.
    ///
    /// IAM User Guide, "Grant a user permissions to pass a role to an AWS service": `iam:PassRole` is no call.
    pub fn can_make(&self, state: &State, session: Session, calls: &[Call]) -> bool {
        let devices = self.devices(state, session);
        let follows = |n: usize| n > 0 && calls[n - 1].action == "iam:PassRole";
        let in_one_way = |n: usize| {
            let whole = if follows(n) { &calls[n - 1..=n] } else { &calls[n..=n] };
            devices.iter().any(|device| whole.iter().all(|call| self.can_with(state, session, *device, call)))
        };
        (0..calls.len()).all(in_one_way)
    }

    pub fn can_with(&self, state: &State, session: Session, device: Option<bool>, call: &Call) -> bool {
        let mut hasher = FxHasher::default();
        (self.fingerprint(state, session), device, call).hash(&mut hasher);
        call.on.map(|on| (&state.people[on].tag, state.people[on].trust_written)).hash(&mut hasher);
        let key = hasher.finish();
        if let Some(known) = self.known.borrow().get(&key) {
            return *known;
        }
        let allowed = self.decide(state, session, device, call);
        self.known.borrow_mut().insert(key, allowed);
        allowed
    }

    /// All that the decisions on a session's calls hang on, but for the call.
    fn fingerprint(&self, state: &State, session: Session) -> u64 {
        let (same, known, print) = self.last.get();
        if same == std::ptr::from_ref(state) && known == Some(session) {
            return print;
        }
        let mut hasher = FxHasher::default();
        let person = &state.people[session.principal];
        (session.principal, session.tag, &state.holders[session.principal], person, &state.texts)
            .hash(&mut hasher);
        for group in person.groups.iter() {
            state.holders[PRINCIPALS + group].hash(&mut hasher);
        }
        (state.left, &state.grants, state.key_written, state.bucket_written).hash(&mut hasher);
        hasher.finish()
    }

    /// Decides on many calls of one session in one state, without looking at the whole state for each.
    pub fn within<T>(&self, state: &State, session: Session, work: impl FnOnce() -> T) -> T {
        self.last.set((std::ptr::null(), None, 0));
        let print = self.fingerprint(state, session);
        self.last.set((std::ptr::from_ref(state), Some(session), print));
        let done = work();
        self.last.set((std::ptr::null(), None, 0));
        done
    }

    /// Whether some Allow on the session's side is about actions of a service.
    pub fn may_use(&self, state: &State, session: Session, service: &str) -> bool {
        let groups = state.people[session.principal].groups.iter().map(|g| PRINCIPALS + g);
        let texts = groups.chain([session.principal]).flat_map(|holder| self.held(state, holder));
        let about = |pattern: &str| pattern.starts_with('*') || pattern.starts_with(service);
        texts.into_iter().any(|text| {
            let allows = text.statements.iter().filter(|s| s.effect == Effect::Allow);
            allows.flat_map(|s| &s.action.patterns).any(|p| about(&p.text))
        })
    }

    fn decide(&self, state: &State, session: Session, device: Option<bool>, call: &Call) -> bool {
        let n = session.principal;
        let account = self.world.account(n);
        let person = &state.people[n];
        let mut policies = self.of_resource(state, call);
        policies.identity = self.held(state, n);
        for group in person.groups.iter() {
            policies.identity.extend(self.held(state, PRINCIPALS + group));
        }
        policies.boundary = person.boundary.map(|b| vec![self.text(state, b)]);
        if let Some(scp) = &self.scp {
            let open = vec![self.everything.clone()];
            match account {
                HOME if state.left => {}
                HOME => policies.scps = vec![open, vec![scp.clone()]],
                _ => policies.scps = vec![open.clone(), open],
            }
        }
        let mut context = Context::default();
        let mut set = |key: &str, value: &str| {
            context.insert(key, ContextValue::Single(value.to_owned()));
        };
        if let Some(tag) = session.tag.or(person.tag) {
            set("aws:PrincipalTag/team", tag.text());
        }
        if let Some(device) = device {
            set("aws:MultiFactorAuthPresent", if device { "true" } else { "false" });
        }
        if let Some(tag) = call.on.and_then(|on| state.people[on].tag) {
            set("aws:ResourceTag/team", tag.text());
        }
        for (key, value) in &call.context {
            set(key, value);
        }
        let principal = if is_user(n) {
            Principal::from_arn(&self.world.arn(n), None)
        } else {
            let role = name_of(n).split_off(5);
            Principal::from_arn(&format!("arn:aws:sts::{account}:assumed-role/{role}/s"), None)
        };
        let directly = self.outcome(&policies, principal.clone(), call, context.clone());
        directly || {
            // Some policies of AWS's allow calls that AWS CloudFormation makes for the caller.
            let statements = policies.identity.iter().flat_map(|document| &document.statements);
            let mut keys = statements.flat_map(|statement| &statement.conditions).map(|clause| &clause.key);
            let service = "cloudformation.amazonaws.com".to_owned();
            context.insert("aws:CalledVia", ContextValue::List(vec![service]));
            context.insert("aws:ViaAWSService", ContextValue::Single("true".to_owned()));
            keys.any(|key| key.eq_ignore_ascii_case("aws:CalledVia"))
                && self.outcome(&policies, principal, call, context)
        }
    }

    /// Whether a service may assume a role.
    pub fn service_can(&self, state: &State, service: &str, role: usize) -> bool {
        let call = self.assume("sts:AssumeRole", role);
        let policies = self.of_resource(state, &call);
        self.outcome(&policies, Principal::service(service), &call, Context::default())
    }

    pub fn assume(&self, action: &'static str, role: usize) -> Call {
        Call {
            action,
            arn: self.world.arn(role),
            account: self.world.account(role),
            by: Governed::Trust(role),
            on: Some(role),
            context: Vec::new(),
        }
    }

    fn outcome(&self, policies: &PolicySet, principal: Principal, call: &Call, context: Context) -> bool {
        let request = Request {
            principal,
            action: call.action.to_owned(),
            resource: call.arn.clone(),
            resource_account: Some(call.account.to_owned()),
            context,
        };
        let world = evaluator::World::new(Catalogue::embedded());
        evaluate(policies, &request, &world).outcome == Outcome::Allowed
    }

    fn of_resource(&self, state: &State, call: &Call) -> PolicySet {
        let resource = match call.by {
            Governed::No => None,
            Governed::Trust(role) if state.people[role].trust_written => Some(self.any_trust.clone()),
            Governed::Trust(role) => Some(self.trust[role].clone()),
            Governed::Key if state.key_written => Some(self.everybody.clone()),
            Governed::Key => self.key.clone(),
            Governed::Bucket if state.bucket_written => Some(self.everybody.clone()),
            Governed::Bucket => self.bucket.clone(),
        };
        let mut policies = PolicySet { resource, ..PolicySet::default() };
        if call.arn == key_arn() {
            policies.grants = state.grants.iter().map(|n| self.grant(n)).collect();
        }
        policies
    }

    fn grant(&self, principal: usize) -> Grant {
        Grant {
            grantee: self.world.arn(principal).into(),
            retiring: None,
            operations: ["Decrypt", "Encrypt", "CreateGrant"].map(Arc::from).to_vec(),
            encryption_context_subset: Vec::new(),
            encryption_context_equals: None,
            label: "g".into(),
        }
    }

    /// A managed policy's text in force.
    pub fn text(&self, state: &State, policy: Managed) -> Text {
        match policy {
            Managed::Aws(n) => self.aws[n].1.clone(),
            Managed::Own(n) => {
                state.texts[n].map_or_else(|| self.everything.clone(), |v| self.versions[n][v].clone())
            }
        }
    }

    /// What a user, role or group holds by itself.
    pub fn held(&self, state: &State, holder: usize) -> Vec<Text> {
        let held = &state.holders[holder];
        let kept = held.kept.iter().map(|n| self.inline[holder][n].clone());
        let attached = held.attached.iter().map(|p| self.text(state, p));
        kept.chain(attached).chain(held.written.then(|| self.everything.clone())).collect()
    }

    pub fn inline_text(&self, holder: usize, n: usize) -> &Document {
        &self.inline[holder][n]
    }
}
