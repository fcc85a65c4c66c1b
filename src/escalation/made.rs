//! What earlier steps of a chain made: a later step can't make another of the same name.

use super::bind::Scene;
use super::guard::Allowed;
use super::step::{Carried, Evidence, Instance};
use super::ways::Search;
use crate::ask::{NewName, Unlike};
use gateproof_encodings::term::Terms;
use gateproof_model::pattern::Token;
use std::sync::Arc;

impl<'a> Search<'_, 'a, '_> {
    /// The new objects whose names an earlier step has given, by their variables. A user or role is not among them: who is there is
    /// not made again.
    pub fn made_before(&self, scene: &Scene<'a>) -> Vec<&'a str> {
        let mut new = self.new_objects();
        new.retain(|variable| {
            let Some((object, name)) = scene.object(variable).zip(scene.new_name(variable)) else {
                return false;
            };
            self.finder.made.iter().any(|made| name.is_taken_by(made, &object.arn))
        });
        new.retain(|variable| !self.primitive.makes_principal(variable));
        new
    }

    /// The step with these of its new objects under other names; `None`: none is found.
    pub fn apart_from_made(
        &self,
        terms: &mut Terms,
        scene: &Scene<'a>,
        taken: &[&'a str],
    ) -> Option<(Scene<'a>, Evidence)> {
        if taken.is_empty() {
            return None;
        }
        let literally = |arn: &Arc<str>| arn.chars().map(Token::Char).collect();
        let made = self.finder.made;
        let unlike = Unlike { tests: made.iter().map(literally).collect(), names: made.to_vec() };
        self.unlike(Some(unlike)).under_other_names(terms, scene, taken)
    }

    /// Whether a name is not to be had.
    pub fn is_taken(&self, new: &NewName, arn: &str) -> bool {
        self.finder.asker.estate.is_taken(new, arn)
            || self.finder.made.iter().any(|made| new.is_taken_by(made, arn))
    }

    /// Names to try: one, and where steps have made something already, some like it.
    pub fn like(&self, name: String) -> Vec<String> {
        if self.finder.made.is_empty() {
            return vec![name];
        }
        let number = self.finder.made.len() + 1;
        let within = name.replace(ANY, &format!("{ANY}-{number}"));
        let behind = format!("{name}-{number}");
        vec![name, within, behind]
    }
}

/// What new objects are called that may be called anything.
pub(super) const ANY: &str = "gateproof";

impl Instance {
    /// The same, which takes it for granted that what has the names of these new objects by then is deleted.
    pub fn once_deleted(mut self, scene: &Scene<'_>, taken: &[&str]) -> Self {
        let named = taken.iter().filter_map(|variable| scene.object(variable));
        let assumptions: Vec<String> = named
            .map(|object| format!("what an earlier step made as {} is deleted before this one", object.arn))
            .collect();
        if !assumptions.is_empty() {
            let shown = Arc::new(Allowed { steps: Vec::new(), assumptions });
            self.evidence.shown.push(Carried { shown, moved: None });
        }
        self
    }
}
