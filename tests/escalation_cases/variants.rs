//! The variants of a case that rules make. Each rule says what AWS does:
//!
//! - every grant is needed, and one alternative of each group: without it the target is out of reach;
//! - an explicit Deny, the implicit deny of a permissions boundary, a Deny in a service control policy and a control policy
//!   that doesn't list the action each take a needed call away (IAM User Guide, "Policy evaluation logic");
//! - `iam:PassedToService` is the service that the role is handed to, so a condition on another takes `iam:PassRole` away
//!   and one on that service doesn't (IAM User Guide, "Pass a role to a service");
//! - `iam:PassRole` is asked for by the call that passes the role, so it takes that call's network ("Grant a user permissions to pass a role to an
//!   AWS service");
//! - a role that lets in another service, or the service for another account only, can't be used by this one ("The confused
//!   deputy problem");
//! - what the victim itself is denied, nobody gains by it, while the attacker's own boundary doesn't bind the victim.

use super::format::{
    Also, Case, CaseFile, Controls, Expected, Principal, Statement, Statements, Verdict, World,
};
use super::short_forms::{ACCOUNT, actions, request};
use indexmap::IndexMap;
use serde_json::json;

/// A question with its expected answer.
#[derive(Debug, Clone)]
pub struct Variant {
    pub name: String,
    pub from: String,
    pub when: Vec<String>,
    pub world: World,
    pub target: String,
    pub technique: String,
    pub expected: Verdict,
    pub chain: Vec<String>,
    /// Whether the chain's steps may come in any order.
    pub unordered: bool,
    /// Primitives that are left out.
    pub except: Vec<String>,
    /// Whether it is the case as it stands.
    pub plain: bool,
}

/// A case with the attacker's grants by name, which variants change.
#[derive(Clone)]
struct Plan<'c> {
    case: &'c Case,
    world: World,
    grants: IndexMap<String, Vec<Statement>>,
}

/// Something that is needed: a grant, or a group of alternatives; with all actions that it lists.
struct Needed {
    name: String,
    grants: Vec<String>,
    actions: Vec<String>,
}

/// Every variant of a case.
pub fn variants(file: &CaseFile, case: &Case) -> Vec<Variant> {
    let plan = Plan::of(file, case);
    let mut made = Made { case, variants: Vec::new() };
    made.add("as it is", plan.world(), Verdict::Reachable);
    for variant in &mut made.variants {
        variant.plain = true;
    }
    alternatives(&plan, &mut made);
    removals(&plan, &mut made);
    guardrails(&plan, &mut made);
    passing(&plan, &mut made);
    if case.victim.is_some() {
        victims(&plan, &mut made);
    }
    for (grant, resource) in &case.elsewhere {
        made.add(&format!("{grant} elsewhere"), plan.elsewhere(grant, resource).world(), Verdict::Impossible);
    }
    for (name, also) in &case.also {
        made.own(&plan, name, also);
    }
    made.settle();
    made.variants
}

impl<'c> Plan<'c> {
    fn of(file: &CaseFile, case: &'c Case) -> Self {
        let mut world = World::default();
        world.take(&file.world);
        if let Some(service) = &case.victim {
            let may = Statements(vec![Statement::Short(case.target.clone())]);
            let trust = Statements(vec![Statement::Short(service.clone())]);
            let victim = Principal { may, trust, ..Principal::default() };
            world.roles.entry("victim".to_owned()).or_insert(victim);
        }
        if case.from == "user/alice" {
            world.users.entry("alice".to_owned()).or_default();
        }
        world.take(&case.world);
        let first = case.any.iter().filter_map(|group| group.first());
        let all = case.grants.iter().chain(first);
        Self { case, world, grants: all.map(|(name, s)| (name.clone(), s.0.clone())).collect() }
    }

    /// The world with the attacker's grants in it.
    fn world(&self) -> World {
        let mut world = self.world.clone();
        let statements = self.grants.values().flatten().cloned();
        if let Some(attacker) = world.principal(&self.case.from) {
            attacker.may.0.extend(statements);
        } else {
            assert!(
                self.grants.values().all(Vec::is_empty),
                "{}: nobody to give grants to",
                self.case.technique
            );
        }
        world
    }

    fn without(&self, grants: &[String]) -> Self {
        let mut plan = self.clone();
        plan.grants.retain(|name, _| !grants.contains(name));
        plan
    }

    fn with(&self, name: &str, statements: &[Statement]) -> Self {
        let mut plan = self.clone();
        plan.grants.insert(name.to_owned(), statements.to_vec());
        plan
    }

    /// With a grant's statements on another resource.
    fn elsewhere(&self, grant: &str, resource: &str) -> Self {
        let given = self.given(grant);
        let moved =
            given.iter().map(|s| Statement::Short(format!("{} on {resource}", actions(s).join(", "))));
        self.with(grant, &moved.collect::<Vec<_>>())
    }

    fn given(&self, grant: &str) -> Vec<Statement> {
        self.grants.get(grant).unwrap_or_else(|| panic!("{}: no grant {grant}", self.case.technique)).clone()
    }

    /// All that is needed.
    fn needed(&self) -> Vec<Needed> {
        let of = |statements: &Statements| statements.0.iter().flat_map(actions).collect::<Vec<_>>();
        let grants = self.case.grants.iter().map(|(name, statements)| Needed {
            name: name.clone(),
            grants: vec![name.clone()],
            actions: of(statements),
        });
        let groups = self.case.any.iter().map(|group| {
            let names: Vec<String> = group.keys().cloned().collect();
            Needed { name: names.join(" or "), grants: names, actions: group.values().flat_map(of).collect() }
        });
        grants.chain(groups).collect()
    }
}

/// Variants as they are made.
struct Made<'c> {
    case: &'c Case,
    variants: Vec<Variant>,
}

impl Made<'_> {
    fn add(&mut self, name: &str, world: World, expected: Verdict) {
        let id = if self.case.id.is_empty() { String::new() } else { format!(" ({})", self.case.id) };
        let chain = if self.case.chain.is_empty() {
            vec![self.case.technique.clone()]
        } else {
            self.case.chain.clone()
        };
        let name = format!("{}{id}: {name}", self.case.technique);
        assert!(!self.variants.iter().any(|v| v.name == name), "twice: {name}");
        self.variants.push(Variant {
            name,
            from: self.case.from.clone(),
            when: self.case.when.clone(),
            world,
            target: self.case.target.clone(),
            technique: self.case.technique.clone(),
            expected,
            chain,
            unordered: self.case.unordered,
            except: self.case.except.clone(),
            plain: false,
        });
    }

    /// A variant that the case itself describes.
    fn own(&mut self, plan: &Plan<'_>, name: &str, also: &Also) {
        for grant in &also.without {
            plan.given(grant);
        }
        let mut plan = plan.without(&also.without);
        plan.world.take(&also.world);
        self.add(name, plan.with("with", &also.with.0).world(), Verdict::Reachable);
        let Some(variant) = self.variants.last_mut() else { return };
        variant.from = also.from.clone().unwrap_or(variant.from.clone());
        variant.when = also.when.clone().unwrap_or(variant.when.clone());
        variant.target = also.target.clone().unwrap_or(variant.target.clone());
        variant.expect(&also.expect);
    }

    /// What the case says of single variants goes before the rule.
    fn settle(&mut self) {
        for (name, expected) in &self.case.differs {
            let found = self.variants.iter_mut().find(|v| v.name.ends_with(&format!(": {name}")));
            let variant = found.unwrap_or_else(|| panic!("{}: no variant {name}", self.case.technique));
            let before = (variant.expected, variant.chain.clone());
            variant.expect(expected);
            assert!(
                before != (variant.expected, variant.chain.clone()),
                "{}: the rule says so",
                variant.name
            );
        }
    }
}

impl Variant {
    fn expect(&mut self, expected: &Expected) {
        match expected {
            Expected::Verdict(verdict) => self.expected = *verdict,
            Expected::Chain(chain) => {
                self.expected = Verdict::Reachable;
                self.chain.clone_from(chain);
            }
        }
    }
}

/// Each alternative suffices by itself, and only as a whole.
fn alternatives(plan: &Plan<'_>, made: &mut Made<'_>) {
    for group in &plan.case.any {
        let names: Vec<String> = group.keys().cloned().collect();
        for (n, (name, statements)) in group.iter().enumerate() {
            let others = plan.without(&names);
            if n > 0 {
                let only = others.with(name, &statements.0).world();
                made.add(&format!("only {name}"), only, Verdict::Reachable);
            }
            for skipped in (0..statements.0.len()).filter(|_| statements.0.len() > 1) {
                let mut part = statements.0.clone();
                part.remove(skipped);
                let world = others.with(name, &part).world();
                made.add(&format!("{name} without part {skipped}"), world, Verdict::Impossible);
            }
        }
    }
}

fn removals(plan: &Plan<'_>, made: &mut Made<'_>) {
    for needed in plan.needed() {
        let world = plan.without(&needed.grants).world();
        made.add(&format!("without {}", needed.name), world, Verdict::Impossible);
    }
}

/// A statement on all resources but for its effect.
fn on_all(effect: &str, element: &str, actions: &[String]) -> Statement {
    let whole = json!({"Effect": effect, element: actions, "Resource": "*"});
    Statement::Whole(whole.as_object().cloned().unwrap_or_default())
}

/// The world in which a principal has a boundary of one statement.
fn bounded(mut world: World, principal: &str, statement: Statement) -> World {
    let account = principal.split_once(':').map(|(account, _)| format!("{account}:")).unwrap_or_default();
    world.policies.insert(format!("{account}limits"), vec![Statements(vec![statement])]);
    if let Some(principal) = world.principal(principal) {
        principal.boundary = Some(format!("{account}policy/limits"));
    }
    world
}

fn controls(world: &mut World) -> &mut Controls {
    world.controls.entry(ACCOUNT.to_owned()).or_default()
}

fn denied_by_control(mut world: World, actions: &[String]) -> World {
    controls(&mut world).beside.0.push(on_all("Deny", "Action", actions));
    world
}

fn not_listed_by_control(mut world: World, actions: &[String]) -> World {
    controls(&mut world).instead = Some(Statements(vec![on_all("Allow", "NotAction", actions)]));
    world
}

fn guardrails(plan: &Plan<'_>, made: &mut Made<'_>) {
    let needed = plan.needed();
    for one in &needed {
        let world = plan.with("denied", &[on_all("Deny", "Action", &one.actions)]).world();
        made.add(&format!("{} denied", one.name), world, Verdict::Impossible);
    }
    // A boundary that is there already is what the case is about.
    let free = plan.world.clone().principal(&plan.case.from).is_some_and(|p| p.boundary.is_none());
    let (actions, resources) = request(&plan.case.target);
    if let (Some(first), Some(last)) = (needed.first(), needed.last()) {
        made.add("control denies", denied_by_control(plan.world(), &first.actions), Verdict::Impossible);
        let unlisted = not_listed_by_control(plan.world(), &last.actions);
        made.add("control does not list", unlisted, Verdict::Impossible);
        if free {
            let from = &plan.case.from;
            let silent = bounded(plan.world(), from, on_all("Allow", "NotAction", &last.actions));
            made.add("boundary", silent, Verdict::Impossible);
            if !resources.is_empty() {
                without_target(plan, made, &needed, &actions);
            }
        }
    }
    if !resources.is_empty() {
        // Who can leave the organization, leaves its controls.
        let leaving = [actions, vec!["organizations:LeaveOrganization".to_owned()]].concat();
        made.add("control denies the target", denied_by_control(plan.world(), &leaving), Verdict::Impossible);
    }
}

/// The attacker's boundary without the target. Nothing else is in it where the power is the attacker's own: with more, it might
/// make a principal without boundary.
fn without_target(plan: &Plan<'_>, made: &mut Made<'_>, needed: &[Needed], target: &[String]) {
    let another = plan.case.victim.is_some() || plan.case.power_of_another;
    let (statement, expected) = if another {
        (on_all("Allow", "NotAction", target), Verdict::Reachable)
    } else {
        let all: Vec<String> = needed.iter().flat_map(|n| n.actions.clone()).collect();
        (on_all("Allow", "Action", &all), Verdict::Impossible)
    };
    let world = bounded(plan.world(), &plan.case.from, statement);
    made.add("boundary without the target", world, expected);
}

/// Conditions on `iam:PassedToService`, and another role.
fn passing(plan: &Plan<'_>, made: &mut Made<'_>) {
    let case = plan.case;
    let by_rule = case.grants.keys().filter(|name| name.starts_with("pass") && case.victim.is_some());
    let services = by_rule.filter_map(|name| {
        let service = case.pass.get(name).or(case.victim.as_ref())?;
        Some((name, service))
    });
    for (name, service) in services {
        let with_condition = |condition: &str| -> Plan<'_> {
            let with = plan.given(name).into_iter().map(|s| match s {
                Statement::Short(text) => Statement::Short(format!("{text} if {condition}")),
                Statement::Whole(_) => panic!("{name}: iam:PassRole in short, please"),
            });
            plan.with(name, &with.collect::<Vec<_>>())
        };
        let conditioned =
            |service| with_condition(&format!("StringEquals iam:PassedToService {service}")).world();
        made.add(
            &format!("{name} to another service"),
            conditioned("unrelated.amazonaws.com"),
            Verdict::Impossible,
        );
        made.add(&format!("{name} to its service"), conditioned(service), Verdict::Reachable);
        let world = plan.elsewhere(name, "role/elsewhere").world();
        made.add(&format!("{name} elsewhere"), world, Verdict::Impossible);
        let here = with_condition(&format!("IpAddress aws:SourceIp {NETWORK}"));
        let there = here.with("calls", &[calls_denied("IpAddress")]).world();
        made.add(&format!("{name} over another network"), there, Verdict::Impossible);
        let both = here.with("calls", &[calls_denied("NotIpAddress")]).world();
        made.add(&format!("{name} over the same network"), both, Verdict::Reachable);
    }
}

const NETWORK: &str = "198.51.100.0/24";

/// All but passing roles denied in a network, or elsewhere.
fn calls_denied(operator: &str) -> Statement {
    let condition = json!({operator: {"aws:SourceIp": NETWORK}});
    let whole =
        json!({"Effect": "Deny", "NotAction": ["iam:PassRole"], "Resource": "*", "Condition": condition});
    Statement::Whole(whole.as_object().cloned().unwrap_or_default())
}

/// What keeps the victim from being used.
fn victims(plan: &Plan<'_>, made: &mut Made<'_>) {
    let service = plan.case.victim.clone().unwrap_or_default();
    let trusting = |text: String| -> World {
        let mut world = plan.world();
        if let Some(victim) = world.principal("role/victim") {
            victim.trust = Statements(vec![Statement::Short(text)]);
        }
        world
    };
    made.add("trust of another service", trusting("unrelated.amazonaws.com".to_owned()), Verdict::Impossible);
    let other = format!("{service} if StringEquals aws:SourceAccount 333333333333");
    made.add("trust for another account", trusting(other), Verdict::Impossible);
    let (actions, _) = request(&plan.case.target);
    made.add(
        "victim's boundary",
        bounded(plan.world(), "role/victim", on_all("Allow", "NotAction", &actions)),
        Verdict::Impossible,
    );
    let mut world = plan.world();
    if let Some(victim) = world.principal("role/victim") {
        victim.may.0.push(on_all("Deny", "Action", &actions));
    }
    made.add("victim denied", world, Verdict::Impossible);
}
