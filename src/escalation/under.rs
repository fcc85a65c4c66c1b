//! The boundaries that new users and roles are made under.
//!
//! Nobody is made but under one boundary or without any, so of a new user or role that is told. Where no boundary is told of it, the policies
//! at most are those of one without boundary, whatever boundary conditions ask for: more than of any that is there.

use super::fact::Fact;
use super::step::Instance;
use rustc_hash::FxHashMap;
use std::collections::BTreeSet;

/// What steps that make a user or role tell of its boundary: each list that some step gives.
#[derive(Debug, Default)]
pub(super) struct Under(FxHashMap<Fact, Vec<Vec<Fact>>>);

impl Under {
    pub fn of(instances: &[Instance]) -> Self {
        let mut under: FxHashMap<Fact, Vec<Vec<Fact>>> = FxHashMap::default();
        for instance in instances {
            let Some(made) = instance.facts.iter().find(|fact| fact.made().is_some()) else { continue };
            let told = instance.facts.iter().filter(|fact| tells_boundary(fact, made));
            let own: Vec<Fact> = told.cloned().collect();
            let known = under.entry(made.clone()).or_default();
            if !known.contains(&own) {
                known.push(own);
            }
        }
        Self(under)
    }

    /// The facts with the boundary of each new user or role that is made under one only, which it has until a later step takes it away;
    /// without those among `strict` of which no boundary is told.
    pub fn with_boundaries(&self, facts: &[Fact], strict: &BTreeSet<Fact>) -> Vec<Fact> {
        let with = |fact: &Fact| match self.0.get(fact).map(Vec::as_slice) {
            Some([only]) => std::iter::once(fact).chain(only).cloned().collect(),
            Some(_) if strict.contains(fact) && is_bare(facts, fact) => Vec::new(),
            _ => vec![fact.clone()],
        };
        facts.iter().flat_map(with).collect()
    }

    /// Of the facts the new users and roles of which no boundary is told, with each that they can be made under, if it is among those that
    /// can be `had`.
    pub fn left_open<'f>(
        &'f self,
        facts: &'f [Fact],
        had: &'f [Fact],
    ) -> impl Iterator<Item = (&'f Fact, &'f [Fact])> {
        let bare = facts.iter().filter(|fact| fact.made().is_some() && is_bare(facts, fact));
        let several = bare.filter_map(|made| Some((made, self.0.get(made).filter(|ways| ways.len() > 1)?)));
        let each = several.flat_map(|(made, ways)| ways.iter().map(move |way| (made, way.as_slice())));
        each.filter(|(_, way)| way.iter().all(|fact| had.contains(fact)))
    }
}

/// Whether a fact tells the boundary of a new user or role.
fn tells_boundary(fact: &Fact, made: &Fact) -> bool {
    match fact {
        Fact::Unbounded(of) | Fact::Bounded { of, .. } => made.made() == Some(of),
        _ => false,
    }
}

/// Whether none of the facts tells the boundary of a new user or role.
fn is_bare(facts: &[Fact], made: &Fact) -> bool {
    !facts.iter().any(|fact| tells_boundary(fact, made))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::escalation::fact::{Held, Session};
    use crate::escalation::step::Evidence;

    const NAME: &str = "arn:aws:iam::111111111111:user/example";

    fn made() -> Fact {
        Fact::NewPrincipal(NAME.into())
    }

    fn bounded(policy: &str) -> Fact {
        Fact::Bounded { of: NAME.into(), policies: vec![policy.into()].into() }
    }

    fn making(told: &[Fact]) -> Instance {
        Instance {
            primitive: 0,
            session: Session {
                principal: "arn:aws:iam::111111111111:user/alice".into(),
                held: Held::Start(0),
            },
            binding: Vec::new(),
            facts: std::iter::once(made()).chain(told.iter().cloned()).collect(),
            device: false,
            evidence: Evidence::default(),
        }
    }

    #[test]
    fn who_is_made_under_one_boundary_only_has_it() {
        let under = Under::of(&[making(&[bounded("a")]), making(&[bounded("a")])]);
        assert_eq!(under.with_boundaries(&[made()], &BTreeSet::new()), [made(), bounded("a")]);
        assert_eq!(under.left_open(&[made()], &[bounded("a")]).count(), 0);
    }

    #[test]
    fn who_is_made_under_several_is_there_with_one_of_them() {
        let none = Fact::Unbounded(NAME.into());
        let under = Under::of(&[making(&[bounded("a")]), making(std::slice::from_ref(&none))]);
        let strict: BTreeSet<Fact> = [made()].into();
        assert_eq!(under.with_boundaries(&[made()], &BTreeSet::new()), [made()]);
        assert_eq!(under.with_boundaries(&[made()], &strict), []);
        assert_eq!(under.with_boundaries(&[made(), bounded("b")], &strict), [made(), bounded("b")]);
        let all = [made()];
        let had = [bounded("a"), bounded("b")];
        let open: Vec<_> = under.left_open(&all, &had).collect();
        assert_eq!(open, [(&made(), &[bounded("a")][..])]);
        assert_eq!(under.left_open(&[made(), none], &had).count(), 0);
    }
}
