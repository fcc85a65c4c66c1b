//! Noise: what changes nothing of a verdict, whatever the case is about.

use super::format::{Principal, Statement, Statements, World};
use super::short_forms::{ACCOUNT, OTHER};
use super::variants::Variant;

fn short(text: &str) -> Statement {
    Statement::Short(text.to_owned())
}

/// A user with a boundary that allows next to nothing.
fn boundary_of_another(world: &mut World) {
    let narrow = Statements(vec![short("sts:GetCallerIdentity")]);
    world.policies.insert("bystanders-limits".to_owned(), vec![narrow]);
    let boundary = Some("policy/bystanders-limits".to_owned());
    world.users.insert("bystander".to_owned(), Principal { boundary, ..Principal::default() });
}

/// Denies of an action that nothing is about.
fn unrelated_deny(world: &mut World) {
    for principal in world.users.values_mut().chain(world.roles.values_mut()) {
        principal.may.0.push(short("Deny workmail:DeleteUser"));
    }
}

/// A control that lets all pass but an action that nothing is about.
fn unrelated_control(world: &mut World) {
    for account in [ACCOUNT, OTHER] {
        let controls = world.controls.entry(account.to_owned()).or_default();
        // Beside a list of what is allowed, one that allows all would allow more.
        if controls.instead.is_none() {
            controls.beside.0.push(short("*"));
        }
        controls.beside.0.push(short("Deny workmail:DeleteUser"));
    }
}

/// A user, a group and a role that have nothing to do with anybody.
fn unrelated_principals(world: &mut World) {
    let reads = |trust: &[&str]| Principal {
        may: Statements(vec![short("workmail:ListUsers")]),
        trust: Statements(trust.iter().map(|t| short(t)).collect()),
        ..Principal::default()
    };
    world.users.insert("stranger".to_owned(), reads(&[]));
    world.groups.insert("strangers".to_owned(), reads(&[]));
    world.roles.insert("strange".to_owned(), reads(&["workmail.amazonaws.com"]));
}

/// Every Allow twice. (Each statement is an inline policy of its own: a Deny twice takes two steps to delete.)
fn twice(world: &mut World) {
    let principals = world.users.values_mut().chain(world.roles.values_mut());
    for principal in principals.chain(world.groups.values_mut()) {
        let again: Vec<Statement> = principal.may.0.iter().filter(|s| !is_deny(s)).cloned().collect();
        principal.may.0.extend(again);
    }
}

fn is_deny(statement: &Statement) -> bool {
    match statement {
        Statement::Short(text) => text.starts_with("Deny "),
        Statement::Whole(members) => members.get("Effect").is_some_and(|effect| effect == "Deny"),
    }
}

type Noise = (&'static str, fn(&mut World));

const KINDS: [Noise; 5] = [
    ("another's boundary", boundary_of_another),
    ("unrelated Deny", unrelated_deny),
    ("unrelated control", unrelated_control),
    ("unrelated principals", unrelated_principals),
    ("every Allow twice", twice),
];

fn noisy(variant: &Variant, (name, change): Noise) -> Variant {
    let mut noisy = variant.clone();
    noisy.name = format!("{}, with noise: {name}", variant.name);
    noisy.plain = false;
    change(&mut noisy.world);
    noisy
}

/// Every kind for the case as it is; for every seventh of the others, one kind after the other.
pub fn with_noise(variants: &[Variant]) -> Vec<Variant> {
    // An administrator is whom no Deny binds, whatever it denies.
    let fits =
        |v: &Variant, (name, _): Noise| name != "unrelated Deny" || !v.target.contains("administrator");
    let plain = variants
        .iter()
        .filter(|v| v.plain)
        .flat_map(|v| KINDS.into_iter().filter(|kind| fits(v, *kind)).map(|kind| noisy(v, kind)));
    let others = variants.iter().filter(|v| !v.plain).step_by(7).enumerate();
    let others = others.map(|(n, v)| (v, KINDS[n % KINDS.len()])).filter(|(v, kind)| fits(v, *kind));
    plain.chain(others.map(|(v, kind)| noisy(v, kind))).collect()
}
