//! A first variable with many objects of which none says anything about another: they are looked at side by side.
//!
//! One session that may assume every role of an account would otherwise be a search of its own length, with other cores idle.

use super::bind::{Object, Scene};
use super::step::{Evidence, Wanted, Ways};
use super::ways::Search;
use gateproof_encodings::primitive::Binding;
use gateproof_encodings::term::Terms;
use rayon::prelude::*;
use std::sync::Arc;

/// So many objects are looked at one after the other. It doesn't depend on the number of cores, so that the answers don't.
const TOGETHER: usize = 64;

impl<'a> Search<'_, 'a, '_> {
    /// Whether the objects of the first variable are many, and what is found of one is no help with the next.
    pub fn is_spread(&self, variable: &'a str, candidates: &[Arc<Object>]) -> bool {
        let in_all = || {
            let mut effects = self.primitive.effects.iter();
            effects.all(|effect| effect.references().iter().any(|r| r.variable == variable))
        };
        candidates.len() > 2 * TOGETHER
            && !self.only_helps(variable)
            && !self.primitive.gives_policy(variable)
            && (!matches!(self.finder.wanted, Wanted::EachFact) || in_all())
            && !self.carries_over(variable)
    }

    /// Binds the first variable to each of its objects, and then the others.
    pub fn bind_side_by_side(
        &self,
        scene: &Scene<'a>,
        (variable, binding): (&'a str, &'a Binding),
        candidates: &[Arc<Object>],
        ways: &mut Ways,
    ) {
        let apart: Vec<_> = candidates.chunks(TOGETHER).map(|some| (self.beside(), some.to_vec())).collect();
        let each = apart.into_par_iter().map_init(Terms::default, |terms, (search, some)| {
            let mut found = Ways::default();
            search.bind_each(terms, scene, (0, variable, binding), some, &Evidence::default(), &mut found);
            found
        });
        for found in each.collect::<Vec<_>>() {
            ways.add(found);
        }
    }
}

impl Ways {
    fn add(&mut self, more: Self) {
        let Self { instances, given, refuted } = more;
        self.instances.extend(instances);
        self.given.extend(given);
        self.refuted.add(&refuted);
    }
}
