//! The ways of one kind of step: its variables bound one after the other, its needs looked at as soon as they can be.

use super::admitted::Decided;
use super::alike::keys_of;
use super::attachable::told_apart;
use super::bind::{Near, Object, Scene};
use super::candidates::is_any_policy;
use super::effect::{alternatives, facts_of};
use super::fact::Fact;
use super::guard::{Asker, Guard, Refuted};
use super::needs::{Call, call_of, references};
use super::open::{Maker, Targets};
use super::required::{has_required, untold_of};
use super::session::Holder;
use super::step::{Evidence, Finder, Instance, Shared, Wanted, Ways};
use super::unnamed::not_shown;
use crate::ask::Unlike;
use crate::question::Constraint;
use crate::question::constraint::Demand;
use gateproof_encodings::primitive::{Binding, Effect, Need, Primitive, Reference};
use gateproof_encodings::term::Terms;
use gateproof_model::account::PrincipalEntity;
use gateproof_model::policy::Document;
use rustc_hash::FxHashSet;
use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The variable of a boundary, and what it may be.
type Boundaries<'p> = (&'p str, Vec<Arc<Object>>);

/// The search for the ways of one primitive.
pub(super) struct Search<'f, 'a, 'w> {
    pub finder: &'f Finder<'a, 'w>,
    pub holder: &'f Holder,
    pub device: bool,
    pub n: usize,
    pub primitive: &'a Primitive,
    /// The objects on which it still gives something, where all of them are looked at together; found out when first needed.
    targets: OnceCell<Option<Targets<'a>>>,
    boundaries: OnceCell<Option<Boundaries<'a>>>,
    /// The actions of each call that needs several authorizations.
    calls: OnceCell<Vec<Vec<&'a str>>>,
    is_open: bool,
    /// What the name of a new object is not to be like.
    pub unlike: Option<Unlike>,
    pub decided: Decided<'a>,
}

impl<'f, 'a, 'w> Search<'f, 'a, 'w> {
    pub fn of(
        finder: &'f Finder<'a, 'w>,
        holder: &'f Holder,
        device: bool,
        (n, primitive): (usize, &'a Primitive),
    ) -> Self {
        let is_open = matches!(finder.wanted, Wanted::Open(_));
        Self {
            finder,
            holder,
            device,
            n,
            primitive,
            targets: OnceCell::new(),
            boundaries: OnceCell::new(),
            calls: OnceCell::new(),
            is_open,
            unlike: None,
            decided: Decided::default(),
        }
    }
}

impl<'f, 'a, 'w> Search<'f, 'a, 'w> {
    /// The same, with nothing decided yet.
    pub fn beside(&self) -> Self {
        let opening = Self::of(self.finder, self.holder, self.device, (self.n, self.primitive));
        Self { is_open: self.is_open, unlike: self.unlike.clone(), ..opening }
    }

    /// The same for names that are unlike some.
    pub fn unlike(&self, unlike: Option<Unlike>) -> Self {
        Self { is_open: false, unlike, ..self.beside() }
    }
}

impl<'a> Search<'_, 'a, '_> {
    /// The step with nothing bound.
    pub fn opening(&self) -> Scene<'a> {
        Scene {
            primitive: self.primitive,
            me: Arc::new(self.finder.me()),
            partition: self.holder.entity.partition.clone(),
            bound: BTreeMap::new(),
        }
    }

    pub fn run(&self, terms: &mut Terms, ways: &mut Ways) {
        if self.is_only_about_new() && !self.makes() && self.last_principal().is_none() {
            return;
        }
        if let (true, Wanted::Open(open)) = (self.is_open, self.finder.wanted)
            && open.is_done(self.n, &self.opening(), self.maker())
        {
            return;
        }
        if self.primitive.bind.first().is_some_and(|(_, first)| self.finder.objects.has_none(&first.kind)) {
            return;
        }
        let scene = self.opening();
        // With nothing bound each need must be possible at all. Where all objects are looked at, they say so themselves.
        let each = matches!(self.finder.wanted, Wanted::EachFact);
        for need in self.primitive.needs.iter().filter(|need| !each || !self.is_about_known(need)) {
            if let Guard::Never(refuted) = self.check(terms, &scene, need) {
                ways.refuted.add(&refuted);
                return;
            }
        }
        self.bind(terms, &scene, 0, &Evidence::default(), ways);
    }

    fn maker(&self) -> Maker<'_> {
        let boundaries = self.boundaries().map(|(variable, given)| (variable, given.as_slice()));
        Maker { holder: self.holder, device: self.device, boundaries }
    }

    /// The variable of the boundary that the step sets, and those that the session may give, where it matters which one.
    fn boundaries(&self) -> Option<(&'a str, &Vec<Arc<Object>>)> {
        let given = self.boundaries.get_or_init(|| {
            let mut bound = self.primitive.bind.iter();
            let (variable, binding) = bound.find(|(variable, binding)| {
                self.primitive.sets_boundary(variable) && is_any_policy(binding)
            })?;
            let matters = self.is_open && self.finder.objects.names_boundaries();
            matters
                .then(|| Some((variable.as_str(), self.candidates(&self.opening(), variable, binding)?)))?
        });
        given.as_ref().map(|(variable, given)| (*variable, given))
    }

    fn targets(&self) -> Option<&Targets<'a>> {
        let find = || match (self.is_open, self.finder.wanted) {
            (true, Wanted::Open(open)) => open.targets(self.n, &self.opening(), self.maker()),
            _ => None,
        };
        self.targets.get_or_init(find).as_ref()
    }

    /// Those of a variable that is bound beside others, each time anew: then it pays to know them.
    pub fn targets_beside(&self, scene: &Scene<'a>, variable: &str) -> Option<&Targets<'a>> {
        let Wanted::Open(open) = self.finder.wanted else { return None };
        let about = open.variable(self.n, self.primitive).filter(|about| *about == variable);
        about.filter(|_| !scene.bound.is_empty()).and_then(|_| self.targets())
    }

    /// Of a variable that is bound first, the objects whose sessions are the target, where nothing else is looked for.
    pub fn aimed_at(&self, variable: &str) -> Option<Vec<Arc<Object>>> {
        let Wanted::Open(open) = self.finder.wanted else { return None };
        let about =
            open.variable(self.n, self.primitive).filter(|about| open.is_aimed() && *about == variable)?;
        self.targets().filter(|targets| targets.variable == about).map(|targets| targets.objects().to_vec())
    }

    /// Whether the step may give what that of another session doesn't.
    fn is_its_own(&self, scene: &Scene<'a>) -> bool {
        let Finder { only_on, asker, .. } = self.finder;
        only_on.iter().flatten().all(|apart| apart.concerns(asker.estate, scene, self.primitive))
    }

    /// Whether a need is about some object that exists.
    fn is_about_known(&self, need: &Need) -> bool {
        let known = |v: &str| self.primitive.bind.get(v).is_some_and(|binding| binding.kind != "fresh");
        references(need).iter().any(|r| known(&r.variable))
    }

    /// Binds the variables from the `at`th on.
    fn bind(&self, terms: &mut Terms, scene: &Scene<'a>, at: usize, so_far: &Evidence, ways: &mut Ways) {
        let Some((variable, binding)) = self.in_order(at) else {
            self.conclude(terms, scene, so_far, ways);
            return;
        };
        let Some(mut candidates) = self.candidates(scene, variable, binding) else { return };
        if self.is_only_about_new() && !self.makes() && self.last_principal() == Some(variable.as_str()) {
            let is_one = scene.bound.values().any(|object| object.is_unnamed());
            candidates.retain(|object| is_one || object.is_unnamed());
        }
        if at == 0 && self.is_spread(variable, &candidates) {
            return self.bind_side_by_side(scene, (variable, binding), &candidates, ways);
        }
        self.bind_each(terms, scene, (at, variable, binding), candidates, so_far, ways);
    }

    /// Binds the `at`th variable to each of some objects, and then the others.
    pub fn bind_each(
        &self,
        terms: &mut Terms,
        scene: &Scene<'a>,
        (at, variable, binding): (usize, &'a str, &'a Binding),
        candidates: Vec<Arc<Object>>,
        so_far: &Evidence,
        ways: &mut Ways,
    ) {
        let helps = self.only_helps(variable);
        // Of what stands for new principals nothing is ever shown, whatever this variable is bound to.
        let supposed = scene.bound.values().any(|object| object.is_unnamed());
        let mut others: Option<&FxHashSet<Arc<str>>> = None;
        // The same for all of them.
        let mut beside = None;
        for object in candidates {
            if others.is_some_and(|others| !others.contains(&object.arn)) {
                continue;
            }
            let dominates = self.is_administrator(variable, &object);
            let scene = scene.with(variable, object.clone());
            if !self.is_its_own(&scene) || !self.is_worth_while(&scene, variable, ways) {
                continue;
            }
            if let Some(reference) = untold_of(&scene, variable) {
                self.finder.objects.note_untold(&scene, reference);
                continue;
            }
            if !has_required(self.finder.facts, &scene, variable) {
                continue;
            }
            let beside = beside.get_or_insert_with(|| self.mentioned_with(&scene, variable));
            let admitted = self.admitted(terms, &scene, variable, beside);
            let trusted = self.trusted(terms, &scene, variable, binding);
            let evidence = match admitted.and_then(|new| so_far.clone().with(trusted, new)) {
                Ok(evidence) => evidence,
                Err(refuted) => {
                    ways.refuted.add(&refuted);
                    continue;
                }
            };
            let before = ways.instances.len();
            self.bind(terms, &scene, at + 1, &evidence, ways);
            let mut found = ways.instances.iter().skip(before);
            let shown = found.any(|i| supposed || i.evidence.unknown.is_none());
            // It takes one only of what the effects don't tell apart.
            if helps && shown {
                break;
            }
            // No other policy gives more, though one that gives less may be had by fewer steps.
            if dominates && shown {
                others = Some(self.told_apart(&object));
            }
        }
    }

    /// The policies that somebody may be allowed to give before one that no other gives more than.
    fn told_apart(&self, from: &Object) -> &FxHashSet<Arc<str>> {
        let Finder { shared, tests, .. } = self.finder;
        shared.told_apart.get_or_init(|| match (tests, shared.given.get()) {
            (Some(tests), Some(given)) => told_apart(from, given, tests, self.own_documents()),
            _ => FxHashSet::default(),
        })
    }

    /// The policies that say what the caller may give.
    pub fn own_documents(&self) -> impl Iterator<Item = &Document> {
        let policies = &self.holder.entity.policies;
        let documents = policies.identity.iter().chain(policies.boundary.iter().flatten());
        documents.chain(policies.scps.iter().flatten()).map(AsRef::as_ref)
    }

    /// Whether the step may still give something, now that the variable is bound too.
    fn is_worth_while(&self, scene: &Scene<'a>, variable: &str, ways: &Ways) -> bool {
        let mut about = self.primitive.effects.iter().flat_map(Effect::references);
        let settled = about.all(|r| scene.object(&r.variable).is_some());
        let open = match self.finder.wanted {
            Wanted::Open(open) => open,
            Wanted::EachFact if settled => return self.gives_more(scene, ways),
            Wanted::EachFact | Wanted::EveryWay => return true,
        };
        if settled {
            return open.gives(scene, self.maker(), self.finder.gained);
        }
        let grants = self.primitive.effects.iter().any(|effect| matches!(effect, Effect::Grant(_)));
        let Some(targets) = self.targets() else {
            return !grants || open.may_give(scene, self.maker());
        };
        let left = |object: &Arc<Object>| targets.contains(object);
        if let Some(object) = scene.object(targets.variable) {
            return left(object);
        }
        let of_it = |r: &Option<Reference>| r.as_ref().is_some_and(|r| r.variable == variable);
        match self.primitive.bind.get(targets.variable) {
            Some(binding) if of_it(&binding.is) || of_it(&binding.profile) => {
                let object = scene.object(variable);
                let untold = |r: &Reference| object.is_some_and(|object| object.lacks(&r.field));
                binding.is.iter().chain(&binding.profile).any(untold)
                    || !self.finder.objects.fitting(scene, binding, Near::All, left).is_empty()
            }
            _ => true,
        }
    }

    /// Whether the step gives a fact that no way of it was found for.
    fn gives_more(&self, scene: &Scene<'a>, ways: &Ways) -> bool {
        self.facts(scene).iter().any(|fact| !ways.given.contains(&fact.whichever_boundary()))
    }

    /// The variables in the order in which they are bound: those that only help come last.
    fn in_order(&self, at: usize) -> Option<(&'a String, &'a Binding)> {
        let bind = &self.primitive.bind;
        let (last, first): (Vec<_>, Vec<_>) =
            bind.iter().partition(|(variable, _)| self.only_helps(variable));
        first.into_iter().chain(last).nth(at)
    }

    /// Whether effects and other variables are the same whichever object the variable is bound to.
    pub fn only_helps(&self, variable: &str) -> bool {
        let named = |references: Vec<&Reference>| references.iter().any(|r| r.variable == variable);
        let effects = self.primitive.effects.iter().any(|effect| named(effect.references()));
        let others = self.primitive.bind.values().any(|binding| named(binding.references()));
        !effects && !others
    }

    /// The actions of each call that needs several authorizations.
    pub fn calls(&self) -> &[Vec<&'a str>] {
        self.calls.get_or_init(|| self.primitive.one_call_each())
    }

    /// The same way again, in the asker's state of the policies. What a new object was called elsewhere need not do there.
    pub fn again(&self, terms: &mut Terms, instance: &Instance) -> Result<Instance, Refuted> {
        let again = self.made_again(terms, instance)?;
        let scene = self.bound_as(&again);
        let evidence = self.as_one_call(terms, (&scene, &scene), again.evidence)?;
        Ok(Instance { evidence, ..again })
    }

    /// The scene of a step that was made.
    fn bound_as(&self, instance: &Instance) -> Scene<'a> {
        let mut scene = self.opening();
        for (variable, object) in &instance.binding {
            if let Some((variable, _)) = self.primitive.bind.get_key_value(variable) {
                scene = scene.with(variable, object.clone());
            }
        }
        scene
    }

    fn made_again(&self, terms: &mut Terms, instance: &Instance) -> Result<Instance, Refuted> {
        let scene = self.bound_as(instance);
        let taken = self.made_before(&scene);
        if let Some((scene, evidence)) = self.apart_from_made(terms, &scene, &taken) {
            let facts = if self.gives_new() { self.facts(&scene) } else { instance.facts.clone() };
            return Ok(Instance { binding: self.binding(&scene), facts, evidence, ..instance.clone() });
        }
        let whole = self.whole(terms, &scene);
        if !whole.as_ref().is_ok_and(|(_, evidence)| evidence.unknown.is_none())
            && let Some((scene, evidence)) = self.renamed(terms, &scene)
        {
            let facts = if self.gives_new() { self.facts(&scene) } else { instance.facts.clone() };
            return Ok(Instance { binding: self.binding(&scene), facts, evidence, ..instance.clone() });
        }
        let whole = whole.map(|(_, evidence)| Instance { evidence, ..instance.clone() });
        whole.map(|instance| instance.once_deleted(&scene, &taken))
    }

    /// Every variable is bound: new objects get a name, and the needs that mention none are looked at.
    fn conclude(&self, terms: &mut Terms, scene: &Scene<'a>, so_far: &Evidence, ways: &mut Ways) {
        if let Err(refuted) = self.may_be_new(terms, scene) {
            ways.refuted.add(&refuted);
            return;
        }
        let fresh: Vec<&'a str> = self
            .primitive
            .bind
            .keys()
            .map(String::as_str)
            .filter(|v| scene.object(v).is_some_and(|o| o.fresh))
            .collect();
        let outcomes = match fresh.as_slice() {
            [] => vec![self.plain_needs(terms, scene, so_far.clone())],
            _ if self.makes() && self.finder.naming.is_some() => self.name_each(terms, scene, &fresh, so_far),
            _ => vec![self.named(terms, scene, &fresh, so_far)],
        };
        for outcome in outcomes {
            let outcome = outcome.and_then(|(named, evidence)| {
                let evidence = self.as_one_call(terms, (scene, &named), evidence)?;
                Ok((named, evidence))
            });
            self.take(outcome, ways);
        }
    }

    fn take(&self, outcome: Result<(Scene<'a>, Evidence), Refuted>, ways: &mut Ways) {
        match outcome {
            Ok((scene, mut evidence)) => {
                if let Some(object) = scene.bound.values().find(|object| object.is_unnamed()) {
                    evidence.unknown.get_or_insert_with(|| not_shown(&object.arn));
                }
                let facts = self.facts(&scene);
                let binding = self.binding(&scene);
                let instance = |facts| Instance {
                    primitive: self.n,
                    session: self.finder.session.clone(),
                    binding: binding.clone(),
                    facts,
                    device: self.device,
                    evidence: evidence.clone(),
                };
                if evidence.unknown.is_none() {
                    ways.given.extend(facts.iter().map(Fact::whichever_boundary));
                }
                let given = alternatives(facts).into_iter().filter(|facts| !facts.is_empty());
                ways.instances.extend(given.map(instance));
            }
            Err(refuted) => ways.refuted.add(&refuted),
        }
    }

    /// The variables and what they are bound to.
    fn binding(&self, scene: &Scene<'a>) -> Vec<(String, Arc<Object>)> {
        let variables = self.primitive.bind.keys();
        variables.filter_map(|v| Some((v.clone(), scene.object(v)?.clone()))).collect()
    }

    /// What the step gives.
    pub fn facts(&self, scene: &Scene<'_>) -> Vec<Fact> {
        facts_of(&self.finder.asker.estate.snapshot, scene, self.holder, self.device)
    }

    /// Whether only steps are looked for that make a principal, or are about one of whatever name.
    fn is_only_about_new(&self) -> bool {
        self.finder.naming.is_some_and(|naming| naming.only)
    }

    /// The variables that new objects are bound to.
    pub fn new_objects(&self) -> Vec<&'a str> {
        let fresh = self.primitive.bind.iter().filter(|(_, binding)| binding.kind == "fresh");
        fresh.map(|(variable, _)| variable.as_str()).collect()
    }

    /// Whether what the step gives mentions a new object.
    fn gives_new(&self) -> bool {
        let new = self.new_objects();
        let mut given = self.primitive.effects.iter().flat_map(Effect::references);
        given.any(|r| new.contains(&r.variable.as_str()))
    }

    /// Whether the step makes a user or role.
    pub fn makes(&self) -> bool {
        self.primitive.effects.iter().any(|effect| matches!(effect, Effect::NewPrincipal(_)))
    }

    /// The last variable that is bound to a user or role.
    fn last_principal(&self) -> Option<&'a str> {
        let all = (0..self.primitive.bind.len()).filter_map(|at| self.in_order(at));
        let principals =
            all.filter(|(_, b)| ["iam.role", "iam.user", "iam.principal"].contains(&b.kind.as_str()));
        principals.last().map(|(variable, _)| variable.as_str())
    }

    pub fn plain_needs(
        &self,
        terms: &mut Terms,
        scene: &Scene<'a>,
        mut evidence: Evidence,
    ) -> Result<(Scene<'a>, Evidence), Refuted> {
        for need in &self.primitive.needs {
            if references(need).iter().all(|r| r.variable == "me") {
                evidence.add(self.check(terms, scene, need))?;
            }
        }
        Ok((scene.clone(), evidence))
    }

    /// The answer about one call, which many ways of a session's steps have in common.
    fn ask(&self, terms: &mut Terms, call: &Call) -> Guard {
        let (Shared { asked, shown, .. }, when) = (self.finder.shared, &self.holder.when);
        asked.get(call, when).or_else(|| shown.get(call, when)).unwrap_or_else(|| {
            let guard = self.finder.asker.ask(terms, self.holder, call);
            let answers = if matches!(guard, Guard::Holds(_)) { shown } else { asked };
            answers.keep(call, when, guard.clone());
            guard
        })
    }

    pub fn check(&self, terms: &mut Terms, scene: &Scene<'_>, need: &Need) -> Guard {
        match need {
            Need::Call(authorization) => match call_of(scene, authorization) {
                Some(call) => self.ask(terms, &call),
                None => {
                    references(need).into_iter().for_each(|r| self.finder.objects.note_untold(scene, r));
                    Guard::Never(Refuted::default())
                }
            },
            Need::Any(any) => {
                let mut refuted = Refuted::default();
                let mut unknown = None;
                for one in &any.any {
                    match self.check(terms, scene, one) {
                        Guard::Never(more) => refuted.add(&more),
                        Guard::Unknown(reason) => unknown = unknown.or(Some(reason)),
                        holds @ Guard::Holds(..) => return holds,
                    }
                }
                unknown.map_or(Guard::Never(refuted), Guard::Unknown)
            }
            Need::All(all) => {
                let mut evidence = Evidence::default();
                for one in &all.all {
                    if let Err(refuted) = evidence.add(self.check(terms, scene, one)) {
                        return Guard::Never(refuted);
                    }
                }
                evidence.into_guard()
            }
        }
    }

    /// Whether the role of a variable lets in one of the services; `None` where none is asked of it.
    pub fn trusted(
        &self,
        terms: &mut Terms,
        scene: &Scene<'_>,
        variable: &str,
        binding: &Binding,
    ) -> Option<Guard> {
        if binding.trusts.0.is_empty() {
            return None;
        }
        let role = scene.object(variable)?;
        let mut refuted = Refuted::default();
        let mut unknown = None;
        for service in &binding.trusts.0 {
            let call = Call {
                action: "sts:AssumeRole".to_owned(),
                resources: vec![role.arn.to_string()],
                context: self.acting_for(scene, binding, role),
                service: Some(service.clone()),
            };
            match self.finder.asker.ask_service(terms, self.holder, &call) {
                Guard::Never(more) => refuted.add(&more),
                Guard::Unknown(reason) => unknown = Some(reason),
                holds @ Guard::Holds(..) => return Some(holds),
            }
        }
        Some(unknown.map_or(Guard::Never(refuted), Guard::Unknown))
    }

    /// The keys by which a service says for whom it acts: the account that is billed and the resource, or neither; those that
    /// the role's trust policy asks for.
    ///
    /// IAM User Guide, "The confused deputy problem", "Cross-service confused deputy prevention".
    fn acting_for(&self, scene: &Scene<'_>, binding: &Binding, role: &Object) -> Vec<Constraint> {
        let Asker { estate, signatures, .. } = self.finder.asker;
        let asked = |key: &str| {
            estate.snapshot.principal(&role.arn).is_none_or(|role| tells_source(role, key))
                || !signatures.controls_ignore(estate, key)
        };
        let absent_or = |key: &str, demands: Vec<Demand>| Constraint {
            key: key.to_owned(),
            demand: Demand::OneOf(demands.into_iter().chain([Demand::Absent]).collect()),
        };
        let mut context = Vec::new();
        if asked("aws:sourceaccount") {
            let account = Demand::Equals(scene.me.account.to_string());
            context.push(absent_or("aws:SourceAccount", vec![account]));
        }
        if let Some(source) = binding.source.as_ref().filter(|_| asked("aws:sourcearn")) {
            let texts = scene.values(source).into_iter().map(|text| text.to_string());
            let demands = texts.map(|t| if t.contains('*') { Demand::Matches(t) } else { Demand::Equals(t) });
            context.push(absent_or("aws:SourceArn", demands.collect()));
        }
        context
    }
}

/// Whether a role's trust policy says for whom a service must act.
fn tells_source(role: &PrincipalEntity, key: &str) -> bool {
    let statements = role.trust.iter().flat_map(|document| &document.statements);
    statements.flat_map(keys_of).any(|asked| **asked == *key)
}
