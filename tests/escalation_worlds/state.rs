//! What AWS holds at one moment of an attack, and what the attacker holds.

use super::few::{Few, Numbered};
use super::world::{GROUPS, POLICIES, PRINCIPALS, World};

/// A session that the attacker has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Session {
    pub principal: usize,
    pub held: Held,
    /// The tag `team` that the session was opened with, which hides the role's.
    pub tag: Option<Tag>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Held {
    Start,
    Key,
    Console,
    Assumed { device: bool },
    Service,
}

impl Held {
    /// Those whose sessions have no tags of their own.
    const PLAIN: [Self; 4] = [Self::Start, Self::Key, Self::Console, Self::Service];
}

/// How many kinds of session each principal may have: only those that were assumed may have tags of their own.
const KINDS: usize = Held::PLAIN.len() + 2 * ASSUMED;
/// With each tag, and without.
const ASSUMED: usize = GIVEN.len() + 1;

impl Numbered for Session {
    fn number(self) -> usize {
        let kind = match self.held {
            Held::Assumed { device } => {
                let tag = self.tag.map_or(0, |tag| tag.0 + 1);
                Held::PLAIN.len() + usize::from(device) * ASSUMED + tag
            }
            held => Held::PLAIN.iter().position(|plain| *plain == held).unwrap(),
        };
        self.principal * KINDS + kind
    }

    fn of_number(number: usize) -> Self {
        let (principal, kind) = (number / KINDS, number % KINDS);
        let (held, tag) = match kind.checked_sub(Held::PLAIN.len()) {
            None => (Held::PLAIN[kind], 0),
            Some(assumed) => (Held::Assumed { device: assumed >= ASSUMED }, assumed % ASSUMED),
        };
        Self { principal, held, tag: tag.checked_sub(1).map(Tag) }
    }
}

/// A value of the tag `team`, by its place among them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Tag(pub usize);
/// The values that worlds and their policies have.
pub const TAGS: [&str; 2] = ["red", "blue"];
/// Those that an attacker gives: these, and one that nobody asks for.
const GIVEN: [&str; 3] = ["red", "blue", "grey"];

impl Tag {
    pub fn all() -> impl Iterator<Item = Self> {
        (0..GIVEN.len()).map(Self)
    }

    pub fn text(self) -> &'static str {
        GIVEN[self.0]
    }
}

/// A managed policy: the account's own, or one of AWS's by its place in the list of those looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Managed {
    Own(usize),
    Aws(usize),
}

impl Numbered for Managed {
    fn number(self) -> usize {
        match self {
            Self::Own(n) => n,
            Self::Aws(n) => POLICIES + n,
        }
    }

    fn of_number(number: usize) -> Self {
        number.checked_sub(POLICIES).map_or(Self::Own(number), Self::Aws)
    }
}

/// The policies of a user, role or group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Holder {
    /// The inline policies that are still there.
    pub kept: Few<usize>,
    /// Whether a policy that allows everything is there.
    pub written: bool,
    pub attached: Few<Managed>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Person {
    pub groups: Few<usize>,
    pub boundary: Option<Managed>,
    pub trust_written: bool,
    pub tag: Option<Tag>,
    pub device: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct State {
    pub sessions: Few<Session>,
    /// Of the principals, then of the groups.
    pub holders: [Holder; PRINCIPALS + GROUPS],
    pub people: [Person; PRINCIPALS],
    /// The version of each policy that is in force; `None`: the attacker's.
    pub texts: [Option<usize>; POLICIES],
    pub key_written: bool,
    pub bucket_written: bool,
    /// The principals with a grant of the key.
    pub grants: Few<usize>,
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
        let holders = std::array::from_fn(|n| match n.checked_sub(PRINCIPALS) {
            Some(group) => holder(world.groups[group].inline.len(), &world.groups[group].attached),
            None => holder(world.principals[n].inline.len(), &world.principals[n].attached),
        });
        let person = |n: usize| {
            let principal = &world.principals[n];
            let tag = |text: &String| Tag::all().find(|tag| tag.text() == text).unwrap();
            Person {
                groups: principal.groups.iter().copied().collect(),
                boundary: principal.boundary.map(Managed::Own),
                tag: principal.tag.as_ref().map(tag),
                ..Person::default()
            }
        };
        Self {
            sessions: Few::from_iter([Session { principal: world.start, held: Held::Start, tag: None }]),
            holders,
            people: std::array::from_fn(person),
            texts: [Some(0); POLICIES],
            key_written: false,
            bucket_written: false,
            grants: Few::default(),
            left: false,
        }
    }
}
