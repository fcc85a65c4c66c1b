//! Names for new objects: one that suits all calls of a step.

use super::bind::{Object, Scene, named};
use super::guard::{Guard, Refuted, Together};
use super::made::ANY;
use super::needs::{Call, call_of};
use super::step::Evidence;
use super::unnamed::on_one;
use super::ways::Search;
use crate::ask::Tied;
use crate::question::Undecided;
use gateproof_encodings::primitive::Need;
use gateproof_encodings::scope::is_assume_action;
use gateproof_encodings::term::Terms;

/// How many sorts of names are made principals of.
const MOST_SORTS: usize = 64;

/// How many names are tried for a new object before the calls about it are asked together.
const NAMES: usize = 6;

impl<'a> Search<'_, 'a, '_> {
    /// Finds names for new objects under which all needs hold at once.
    pub fn name(
        &self,
        terms: &mut Terms,
        scene: &Scene<'a>,
        fresh: &[&'a str],
        so_far: &Evidence,
    ) -> Result<(Scene<'a>, Evidence), Refuted> {
        let Some((first, rest)) = fresh.split_first() else {
            return self.whole(terms, scene);
        };
        let Some(object) = scene.object(first).cloned() else { return self.whole(terms, scene) };
        let mut last = Refuted::default();
        let mut unknown = so_far.unknown.clone();
        let new = scene.new_name(first);
        let is_taken = |name: &String| {
            is_nameless(name)
                || self.unlike.as_ref().is_some_and(|unlike| !unlike.admits(name))
                || new.as_ref().is_some_and(|new| self.is_taken(new, name))
        };
        let tried = self.names(&object, so_far).into_iter().take(NAMES).chain([any_name(&object.arn)]);
        let tried = tried.flat_map(|name| self.like(name));
        for name in tried.filter(|name| !is_taken(name)) {
            let named = scene.with(first, named(&object, &name));
            match self.name(terms, &named, rest, so_far) {
                Ok((scene, evidence)) if evidence.unknown.is_none() => return Ok((scene, evidence)),
                Ok((_, evidence)) => unknown = evidence.unknown,
                Err(refuted) => last.add(&refuted),
            }
        }
        let calls = self.calls_on(terms, scene, first);
        match self.finder.asker.together(self.holder, &calls) {
            Together::Never(refuted) => {
                last.add(&refuted);
                Err(last)
            }
            Together::Name(name) if is_nameless(&name) => {
                Ok(self.unsettled(scene, unknown, "only a path without a name was found for it"))
            }
            Together::Name(name) if is_taken(&name) => {
                Ok(self.unsettled(scene, unknown, "only a name that is taken was found for it"))
            }
            Together::Name(name) => {
                let named = scene.with(first, named(&object, &name));
                match self.name(terms, &named, rest, so_far) {
                    Ok(found) => Ok(found),
                    Err(_) => match self.nameless(terms, scene, rest) {
                        Some(refuted) => Err(refuted),
                        None => Ok(self.unsettled(scene, unknown, "no one name was found for it")),
                    },
                }
            }
            Together::Unknown(reason) => Ok(self.unsettled(scene, unknown, &reason)),
        }
    }

    /// All needs under other names of the new objects, where names are found. A new principal keeps its name: its sessions go
    /// by it.
    pub fn renamed(&self, terms: &mut Terms, scene: &Scene<'a>) -> Option<(Scene<'a>, Evidence)> {
        let fresh = self.new_objects();
        if fresh.is_empty() || self.makes() {
            return None;
        }
        self.under_other_names(terms, scene, &fresh)
    }

    /// All needs under other names of these new objects.
    pub fn under_other_names(
        &self,
        terms: &mut Terms,
        scene: &Scene<'a>,
        fresh: &[&'a str],
    ) -> Option<(Scene<'a>, Evidence)> {
        let mut nameless = scene.clone();
        nameless.bound.retain(|variable, _| !fresh.contains(variable));
        for variable in fresh {
            let object = nameless.fresh(self.primitive.bind.get(*variable)?)?;
            nameless = nameless.with(variable, object);
        }
        let (_, so_far) = self.whole(terms, &nameless).ok()?;
        self.name(terms, &nameless, fresh, &so_far).ok().filter(|(_, evidence)| evidence.unknown.is_none())
    }

    /// A new principal under a name of each sort ([`super::sorts`]) that the caller can give, beside those that are as
    /// good; at the end, why there is no more.
    pub fn name_each(
        &self,
        terms: &mut Terms,
        scene: &Scene<'a>,
        fresh: &[&'a str],
        so_far: &Evidence,
    ) -> Vec<Result<(Scene<'a>, Evidence), Refuted>> {
        let kind = fresh
            .first()
            .and_then(|v| scene.object(v))
            .and_then(|object| self.finder.naming.and_then(|naming| naming.sorts.kind_of(&object.arn)));
        let Some(kind) = kind else { return vec![self.name(terms, scene, fresh, so_far)] };
        let mut names = kind.as_good_as(&self.facts(scene), self.finder.objects.names_boundaries());
        let mut found = Vec::new();
        loop {
            let unlike = kind.unlike(&names).filter(|_| !names.is_empty());
            let no_other = unlike.as_ref().is_none_or(|names| self.finder.asker.is_like_one(names));
            if !names.is_empty() && no_other {
                return found;
            }
            let named = self.unlike(unlike).name(terms, scene, fresh, so_far);
            let name = match &named {
                Ok((scene, evidence)) if evidence.unknown.is_none() => {
                    fresh.first().and_then(|v| scene.object(v)).map(|object| object.arn.clone())
                }
                _ => None,
            };
            found.push(named);
            match name {
                Some(name) if names.len() < MOST_SORTS => names.push(name),
                Some(_) => {
                    found.push(Ok(self.unsettled(scene, None, "there are too many sorts of names for it")));
                    return found;
                }
                None => return found,
            }
        }
    }

    /// One of some new objects that no name suits, whatever the others are called.
    fn nameless(&self, terms: &mut Terms, scene: &Scene<'a>, fresh: &[&'a str]) -> Option<Refuted> {
        fresh.iter().find_map(|variable| {
            let calls = self.calls_on(terms, scene, variable);
            match self.finder.asker.together(self.holder, &calls) {
                Together::Never(refuted) => Some(refuted),
                Together::Name(_) | Together::Unknown(_) => None,
            }
        })
    }

    fn unsettled(
        &self,
        scene: &Scene<'a>,
        unknown: Option<Undecided>,
        reason: &str,
    ) -> (Scene<'a>, Evidence) {
        let unknown = unknown.unwrap_or_else(|| Undecided {
            reason: format!("calls on a new object: {reason}"),
            place: self.primitive.id.clone(),
        });
        (scene.clone(), Evidence { unknown: Some(unknown), ..Evidence::default() })
    }

    /// All needs, every object being named.
    pub fn whole(&self, terms: &mut Terms, scene: &Scene<'a>) -> Result<(Scene<'a>, Evidence), Refuted> {
        let trusted = self.all_trusted(terms, scene)?;
        let evidence = trusted.with(None, self.own_calls(terms, scene)?)?;
        Ok((scene.clone(), evidence))
    }

    /// That the roles let in the services that they must trust.
    pub fn all_trusted(&self, terms: &mut Terms, scene: &Scene<'a>) -> Result<Evidence, Refuted> {
        let mut evidence = Evidence::default();
        for (variable, binding) in &self.primitive.bind {
            if let Some(guard) = self.trusted(terms, scene, variable, binding) {
                evidence.add(guard)?;
            }
        }
        Ok(evidence)
    }

    /// All needs.
    pub fn own_calls(&self, terms: &mut Terms, scene: &Scene<'a>) -> Result<Evidence, Refuted> {
        let mut evidence = Evidence::default();
        for need in &self.primitive.needs {
            evidence.add(self.check(terms, scene, need))?;
        }
        Ok(evidence)
    }

    /// Names that witnesses chose for the object.
    fn names(&self, object: &Object, so_far: &Evidence) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for step in so_far.steps() {
            let fits = crate::ask::glob_matches(&object.arn, &step.resource) && !step.resource.contains('*');
            if fits && !names.contains(&step.resource) {
                names.push(step.resource.clone());
            }
        }
        names
    }

    /// What the needs demand of a new object's name.
    pub fn calls_on(&self, terms: &mut Terms, scene: &Scene<'a>, variable: &str) -> Tied<Call> {
        let needs = self.primitive.needs.iter();
        let calls: Vec<_> = needs.map(|need| self.calls_in(terms, scene, need, variable)).collect();
        let new = scene.new_name(variable).map(Tied::New);
        Tied::All(calls.into_iter().chain(new).chain(self.unlike.clone().map(Tied::Unlike)).collect())
    }

    /// The calls of a need on a new object, or that name it in a key. Of others, nothing is demanded here but that they are not
    /// out of the question: one that can never be made is no alternative.
    fn calls_in(&self, terms: &mut Terms, scene: &Scene<'a>, need: &Need, variable: &str) -> Tied<Call> {
        let mut each =
            |needs: &[Need]| needs.iter().map(|one| self.calls_in(terms, scene, one, variable)).collect();
        match need {
            Need::Any(any) => Tied::Any(each(&any.any)),
            Need::All(all) => Tied::All(each(&all.all)),
            Need::Call(call) => {
                let on =
                    call.resource.as_ref().is_some_and(|t| t.references().any(|r| r.variable == variable));
                let of_caller = call.caller.as_deref().is_none_or(|c| c == "$me");
                let unnamed = scene.object(variable).filter(|object| object.is_unnamed());
                // The trust policy of a new role is the attacker's.
                let assumed = is_assume_action(&call.action.to_ascii_lowercase());
                match (call_of(scene, call).filter(|_| of_caller && !assumed), call.key_naming(variable)) {
                    (Some(call), _) if on && unnamed.is_some() => {
                        let sorts = self.finder.naming.map(|naming| naming.sorts);
                        Tied::Call(on_one(call, sorts.zip(unnamed).and_then(|(s, o)| s.kind_of(&o.arn))))
                    }
                    (Some(call), _) if on => Tied::Call(call),
                    (Some(call), Some(key)) => Tied::InKey(call, key.into()),
                    _ if matches!(self.check(terms, scene, need), Guard::Never(_)) => Tied::Any(Vec::new()),
                    _ => Tied::Free,
                }
            }
        }
    }
}

/// Whether the ARN ends after a path, without a name.
fn is_nameless(arn: &str) -> bool {
    arn.ends_with('/')
}

/// Some ARN that fits the glob of a new object: for one that the calls allowed are not about.
fn any_name(glob: &str) -> String {
    let region = match glob.split(':').nth(1) {
        Some("aws-cn") => "cn-north-1",
        Some("aws-us-gov") => "us-gov-west-1",
        _ => "us-east-1",
    };
    let segments = glob.split(':').enumerate();
    let filled = segments.map(|(n, text)| text.replace('*', if n == 3 { region } else { ANY }));
    filled.collect::<Vec<_>>().join(":")
}
