//! Smaller worlds that still show the same.

use super::world::{Statements, World, name_of};
use serde_json::Value;

/// Takes away what can be taken away while the world still shows what it showed.
pub fn shrink(world: &World, shows: &dyn Fn(&World) -> bool) -> World {
    let mut smallest = world.clone();
    loop {
        let Some(smaller) = smaller(&smallest).into_iter().find(|w| shows(w)) else { return smallest };
        smallest = smaller;
    }
}

fn smaller(world: &World) -> Vec<World> {
    let mut worlds = Vec::new();
    let mut with = |change: &dyn Fn(&mut World)| {
        let mut changed = world.clone();
        change(&mut changed);
        if changed != *world {
            worlds.push(changed);
        }
    };
    with(&|w| w.scp = None);
    with(&|w| w.function = None);
    with(&|w| w.project = None);
    with(&|w| w.last_abroad = false);
    with(&|w| w.device = None);
    for n in 0..world.principals.len() {
        with(&|w| w.principals[n].tag = None);
        with(&|w| w.principals[n].boundary = None);
        with(&|w| w.principals[n].groups.clear());
        with(&|w| w.principals[n].attached.clear());
        with(&|w| w.principals[n].inline.clear());
        for i in 0..world.principals[n].inline.len() {
            with(&|w| drop(w.principals[n].inline.remove(i)));
        }
    }
    for n in 0..world.groups.len() {
        with(&|w| w.groups[n].attached.clear());
        with(&|w| w.groups[n].inline.clear());
    }
    for n in 0..world.policies.len() {
        with(&|w| w.policies[n].versions.truncate(1));
    }
    let mut counted = world.clone();
    let sizes: Vec<usize> = counted.statements().iter().map(|s| s.len()).collect();
    for (n, size) in sizes.into_iter().enumerate() {
        for i in 0..size {
            // A policy keeps a statement.
            if size > 1 {
                with(&|w| drop(w.statements()[n].remove(i)));
            }
            with(&|w| {
                if let Some(statement) = w.statements()[n][i].as_object_mut() {
                    statement.remove("Condition");
                }
            });
        }
    }
    worlds
}

/// What a world holds that an empty one doesn't, for reading.
pub fn brief(world: &World) -> String {
    let written = |policies: &[Statements]| {
        let texts = policies.iter().map(|statements| Value::from(statements.clone()).to_string());
        texts.collect::<Vec<_>>().join(" ")
    };
    let mut lines = vec![format!(
        "start {} device {:?} target {:?} function {:?} project {:?} abroad {}",
        world.start, world.device, world.target, world.function, world.project, world.last_abroad
    )];
    for (n, p) in world.principals.iter().enumerate() {
        lines.push(format!(
            "{} tag {:?} groups {:?} attached {:?} boundary {:?} trust {} policies {}",
            name_of(n),
            p.tag,
            p.groups,
            p.attached,
            p.boundary,
            written(std::slice::from_ref(&p.trust)),
            written(&p.inline)
        ));
    }
    for (n, group) in world.groups.iter().enumerate() {
        lines.push(format!("group {n} attached {:?} policies {}", group.attached, written(&group.inline)));
    }
    for (n, policy) in world.policies.iter().enumerate() {
        lines.push(format!("policy {n} versions {}", written(&policy.versions)));
    }
    for (name, policy) in [("key", &world.key_policy), ("bucket", &world.bucket_policy), ("scp", &world.scp)]
    {
        lines.extend(policy.as_ref().map(|p| format!("{name} {}", written(std::slice::from_ref(p)))));
    }
    lines.join("\n")
}
