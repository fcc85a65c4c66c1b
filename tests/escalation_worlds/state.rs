//! What AWS holds at one moment of an attack, and what the attacker holds.

use super::world::{PRINCIPALS, World};
use std::collections::BTreeSet;

/// A session that the attacker has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Session {
    pub principal: usize,
    pub held: Held,
    /// The tag `team` that the session was opened with, which hides the role's.
    pub tag: Option<Tag>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Held {
    Start,
    Key,
    Console,
    Assumed { device: bool },
    Service,
}

/// A value of the tag `team`.
pub type Tag = &'static str;
pub const TAGS: [Tag; 2] = ["red", "blue"];

/// A managed policy: the account's own, or one of AWS's by its place in the list of those looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Managed {
    Own(usize),
    Aws(usize),
}

/// The policies of a user, role or group.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Holder {
    /// The inline policies that are still there.
    pub kept: BTreeSet<usize>,
    /// Whether a policy that allows everything is there.
    pub written: bool,
    pub attached: BTreeSet<Managed>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Person {
    pub groups: BTreeSet<usize>,
    pub boundary: Option<Managed>,
    pub trust_written: bool,
    pub tag: Option<Tag>,
    pub device: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct State {
    pub sessions: BTreeSet<Session>,
    /// Of the principals, then of the groups.
    pub holders: Vec<Holder>,
    pub people: Vec<Person>,
    /// The version of each policy that is in force; `None`: the attacker's.
    pub texts: Vec<Option<usize>>,
    pub key_written: bool,
    pub bucket_written: bool,
    /// The principals with a grant of the key.
    pub grants: BTreeSet<usize>,
    /// Whether the home account has left the organization.
    pub left: bool,
}

impl State {
    pub fn of(world: &World) -> Self {
        let holder = |inline: usize, attached: &[usize]| Holder {
            kept: (0..inline).collect(),
            written: false,
            attached: attached.iter().map(|p| Managed::Own(*p)).collect(),
        };
        let own = world.principals.iter().map(|p| holder(p.inline.len(), &p.attached));
        let groups = world.groups.iter().map(|g| holder(g.inline.len(), &g.attached));
        let person = |n: usize| {
            let principal = &world.principals[n];
            Person {
                groups: principal.groups.iter().copied().collect(),
                boundary: principal.boundary.map(Managed::Own),
                tag: principal.tag.as_ref().map(|t| *TAGS.iter().find(|known| *known == t).unwrap()),
                ..Person::default()
            }
        };
        Self {
            sessions: BTreeSet::from([Session { principal: world.start, held: Held::Start, tag: None }]),
            holders: own.chain(groups).collect(),
            people: (0..PRINCIPALS).map(person).collect(),
            texts: vec![Some(0); world.policies.len()],
            key_written: false,
            bucket_written: false,
            grants: BTreeSet::new(),
            left: false,
        }
    }
}
