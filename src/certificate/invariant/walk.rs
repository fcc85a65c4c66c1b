//! The invariant, held against every session, step and binding: whatever a step gives is in it, or a guard of the step
//! is refuted. And the target is met in no session.
//!
//! The search ([`crate::escalation`]) has no part in this: which objects there are, which are tried, and what is skipped is
//! decided here anew. Nothing is skipped but what is refuted, or gives nothing that the invariant doesn't hold.

use super::covers::{Covers, Instead};
use super::given::{Givable, merged};
use super::ground::{Asks, Guard, Judge, Matter, Tools, requests_of};
use super::objects::{Objects, must_tell};
use super::settled::Settled;
use crate::ask::{Bond, CallerEntity, Estate, NewName, Sessions, Tied};
use crate::certificate::refusal::{Fault, Refusal};
use crate::escalation::{
    Asked, Call, Fact, Holder, Object, Scene, Session, Start, Way, call_of, device, facts_of, matters_beside,
    on_one, references, takes_token,
};
use crate::question::constraint::Demand;
use crate::question::{Constraint, Requests, Untold};
use gateproof_encodings::primitive::{Binding, Effect, Need, Primitive, Required, Via};
use gateproof_encodings::scope::is_assume_action;
use gateproof_model::arn::Arn;
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Accepts the facts only if no step leads out of them and no session meets the target. Says what of the inventory was
/// not collected and is taken not to exist.
pub(super) fn close(matter: &Matter<'_>, after: &Estate, judge: &impl Judge) -> Result<Vec<String>, Refusal> {
    let snapshot = &matter.estate.snapshot;
    if let Some(spot) = snapshot.blind_spots().first() {
        return Err(Fault::BlindSpot(format!("not known: {}", spot.what)).at(&*spot.file));
    }
    if let Some(fact) = matter.facts.iter().find(|fact| matter.goal.met_by(fact).is_some()) {
        return Err(Fault::Target.at(fact.to_string()));
    }
    let covers = Covers::of(matter.facts, snapshot, &after.snapshot);
    for session in matter.start.sessions() {
        if !covers.holds(&Fact::Session(session.clone())) {
            return Err(Fault::Start.at(session.to_string()));
        }
    }
    // Who may do anything in an account stands for everybody there.
    for account in matter.facts.iter().filter_map(Fact::whole_account) {
        let all: BTreeSet<Arc<str>> = BTreeSet::from([account.clone()]);
        let start = Start { anyone_in: all, ..Start::default() };
        let mut whole = start.facts(snapshot).peekable();
        if whole.peek().is_none() || !whole.all(|fact| matter.facts.contains(&fact)) {
            return Err(Fault::Start.at(account.to_string()));
        }
    }
    let objects = Objects::of(snapshot, covers.sorts());
    let (settled, givable) = (Settled::default(), Givable::default());
    let walk = Walk {
        matter,
        after,
        objects: &objects,
        covers: &covers,
        settled: &settled,
        givable: &givable,
        judge,
    };
    let sessions: Vec<Stand<'_>> = matter
        .facts
        .iter()
        .filter_map(Fact::session)
        .map(|session| walk.stand(session))
        .collect::<Result<_, _>>()?;
    in_order(sessions.par_iter().map_init(Tools::default, |tools, stand| walk.target(tools, stand)))?;
    let pairs: Vec<(&Stand<'_>, &Primitive)> =
        sessions.iter().flat_map(|s| matter.primitives.iter().map(move |p| (s, p))).collect();
    in_order(pairs.par_iter().map_init(Tools::default, |tools, (stand, p)| walk.step(tools, stand, p)))?;
    let inventory = snapshot.inventory();
    let mut missing = Vec::new();
    let told_by = matter.goal.kinds().into_iter().map(str::to_owned);
    let kinds: BTreeSet<String> = objects.kinds().into_iter().chain(told_by).collect();
    for kind in kinds {
        for account in snapshot.accounts() {
            if let Some(problem) = inventory.unread(&kind, &account.id).first() {
                return Err(Fault::BlindSpot(format!("not known: {}", problem.found)).at(&*problem.file));
            }
            if let Some(commands) = inventory.not_collected(&kind, &account.id) {
                let what = format!("account {} has no {kind}", account.id);
                missing.push(Untold { what, command: Some(commands.join("; ")) });
            }
        }
    }
    let taken = matters_beside(snapshot, matter.facts).map(Untold::from);
    Ok(taken.chain(missing).map(|untold| untold.to_string()).collect())
}

/// The first refusal, whichever thread found it.
fn in_order(outcomes: impl IndexedParallelIterator<Item = Result<(), Refusal>>) -> Result<(), Refusal> {
    outcomes.collect::<Vec<_>>().into_iter().collect()
}

/// A session, ready to be asked about.
struct Stand<'s> {
    session: &'s Session,
    words: String,
    holder: Holder,
}

struct Walk<'w, 'a, J> {
    matter: &'w Matter<'a>,
    /// The estate as the facts leave it.
    after: &'w Estate,
    objects: &'w Objects<'w>,
    covers: &'w Covers<'w>,
    settled: &'w Settled,
    givable: &'w Givable,
    judge: &'w J,
}

impl<J: Judge> Walk<'_, '_, J> {
    fn stand<'s>(&self, session: &'s Session) -> Result<Stand<'s>, Refusal> {
        let words = session.to_string();
        match self.matter.start.holder(self.after, self.matter.facts, session) {
            Some(holder) => Ok(Stand { session, words, holder }),
            None => Err(Fault::NoSession.at(words)),
        }
    }

    /// The session doesn't meet the target: of each way to meet it, something is refuted.
    fn target(&self, tools: &mut Tools, stand: &Stand<'_>) -> Result<(), Refusal> {
        let Session { principal, held } = stand.session;
        for aim in &self.matter.goal.aims {
            for way in aim.ways(self.matter.estate, principal, held, &stand.holder) {
                if !self.refutes_way(tools, stand, &way)? {
                    return Err(Fault::Target.at(&*stand.words));
                }
            }
        }
        Ok(())
    }

    /// Something of the way is refuted: a part, or that they hang together.
    fn refutes_way(&self, tools: &mut Tools, stand: &Stand<'_>, way: &Way<'_>) -> Result<bool, Refusal> {
        for Asked { entity, requests, part } in &way.asks {
            let caller = format!("{}{part}", stand.words);
            let guard = Guard { caller: &caller, entity, asks: Asks::Requests(requests.clone()) };
            if self.judge.refutes(tools, &guard)? {
                return Ok(true);
            }
        }
        let (Some(bond), Some(Asked { entity, .. })) = (way.bond, way.asks.first()) else { return Ok(false) };
        let all = way.asks.iter().map(|asked| asked.requests.clone()).collect();
        let guard = Guard { caller: &stand.words, entity, asks: Asks::Bound(all, bond) };
        self.judge.refutes(tools, &guard)
    }

    /// The step leads nowhere else.
    fn step(&self, tools: &mut Tools, stand: &Stand<'_>, primitive: &Primitive) -> Result<(), Refusal> {
        for (holder, device) in variants(stand, primitive) {
            let account: Arc<str> = holder.entity.account.clone().unwrap_or_else(|| "".into());
            let id = &stand.session.principal;
            let me = Object::plain(id, id.rsplit('/').next().unwrap_or_default(), &account);
            let partition = holder.entity.partition.clone();
            let scene = Scene { primitive, me: Arc::new(me), partition, bound: BTreeMap::new() };
            let known = (&self.matter.estate.snapshot, self.objects, self.covers);
            if self.settled.is(&scene, &holder, device, known) {
                continue;
            }
            let branch = Branch { walk: self, caller: &stand.words, holder: &holder, device };
            branch.enter(tools, &scene)?;
        }
        Ok(())
    }
}

/// By what device the calls are made, where the step opens a session that says so. None where the step is not one for such a
/// caller.
///
/// AWS STS, `AssumeRole`: users prove a device with the call. Principals of accounts that the snapshot doesn't cover may
/// be users.
fn variants(stand: &Stand<'_>, primitive: &Primitive) -> Vec<(Holder, bool)> {
    let opens = |e: &Effect| matches!(e, Effect::Control(control) if control.via == Via::Assume);
    let entity = &stand.holder.entity;
    if takes_token(primitive) && entity.account.is_some() {
        return Vec::new();
    }
    let resource = Arn::parse(&entity.id).map(|a| a.resource).unwrap_or_default();
    let user = match entity.sessions {
        Sessions::User => resource.starts_with("user/"),
        Sessions::Outsider => resource.starts_with("user/") || resource == "root",
        Sessions::Role { .. } | Sessions::Other => false,
    };
    if !user || !primitive.effects.iter().any(opens) {
        return vec![(stand.holder.clone(), false)];
    }
    let under = |demand| {
        let mut holder = stand.holder.clone();
        holder.when.push(device(demand));
        holder
    };
    let truth = "true".to_owned();
    vec![(under(Demand::Differs(truth.clone())), false), (under(Demand::Equals(truth)), true)]
}

/// One step of one session.
struct Branch<'b, 'w, 'a, J> {
    walk: &'b Walk<'w, 'a, J>,
    caller: &'b str,
    holder: &'b Holder,
    device: bool,
}

impl<J: Judge> Branch<'_, '_, '_, J> {
    /// Looks at all bindings of the variables that are not bound yet.
    fn enter<'p>(&self, tools: &mut Tools, scene: &Scene<'p>) -> Result<(), Refusal> {
        let next = scene.primitive.bind.get_index(scene.bound.len());
        let mut about = scene.primitive.effects.iter().flat_map(Effect::references);
        if about.all(|r| scene.object(&r.variable).is_some()) && self.leads_nowhere(scene) {
            return Ok(());
        }
        if self.is_refuted(tools, scene)? {
            return Ok(());
        }
        let Some((variable, binding)) = next else { return self.conclude(tools, scene) };
        let related = binding.of.is_some() || binding.boundary_of.is_some() || binding.is.is_some();
        if binding.kind == "iam.policy" && !related && scene.primitive.gives_policy(variable) {
            return self.enter_with_policies(tools, scene, variable);
        }
        let objects = self.walk.objects.fitting(scene, binding);
        for object in objects.map_err(|fault| fault.at(self.place(scene)))? {
            self.enter(tools, &scene.with(variable, object))?;
        }
        Ok(())
    }

    /// The same for a variable that stands for any managed policy: those that no condition tells apart at once. What leads
    /// out of the invariant so may be in it for each that leads out: then those that do are what is left.
    fn enter_with_policies<'p>(
        &self,
        tools: &mut Tools,
        scene: &Scene<'p>,
        variable: &'p str,
    ) -> Result<(), Refusal> {
        let last = scene.bound.len() + 1 == scene.primitive.bind.len();
        let given = self.walk.givable.of(&self.walk.after.snapshot, scene, variable, self.holder);
        for (whole, group) in &given.groups {
            let Err(refusal) = self.enter(tools, &scene.with(variable, whole.clone())) else { continue };
            let leads = |object: &&Arc<Object>| !self.leads_nowhere(&scene.with(variable, (*object).clone()));
            let open: Vec<Arc<Object>> = group.iter().filter(leads).cloned().collect();
            if !last || open.len() == group.len() {
                return Err(refusal);
            }
            if let Some(rest) = merged(&open) {
                self.enter(tools, &scene.with(variable, rest))?;
            }
        }
        Ok(())
    }

    /// Whether all that the step gives is in the invariant.
    fn leads_nowhere(&self, scene: &Scene<'_>) -> bool {
        self.walk.covers.holds_all(&self.facts(scene))
    }

    fn facts(&self, scene: &Scene<'_>) -> Vec<Fact> {
        facts_of(&self.walk.matter.estate.snapshot, scene, self.holder, self.device)
    }

    /// Whether a guard is refuted that the last variable makes definite; with nothing bound, any guard. A field that is
    /// not bound yet may have any value, so what is refuted here is refuted for all bindings to come.
    fn is_refuted(&self, tools: &mut Tools, scene: &Scene<'_>) -> Result<bool, Refusal> {
        let last = scene.bound.len().checked_sub(1).and_then(|at| scene.primitive.bind.get_index(at));
        if let Some((variable, binding)) = last
            && self.is_untrusted(tools, scene, variable, binding)?
        {
            return Ok(true);
        }
        if let Some((variable, _)) = last
            && self.misses_a_fact(scene, variable)?
        {
            return Ok(true);
        }
        for need in &scene.primitive.needs {
            let named = references(need);
            let due = match last {
                None => true,
                Some((variable, _)) => {
                    named.iter().any(|r| r.variable == *variable) && scene.binds(named.iter().copied())
                }
            };
            if due && self.refutes(tools, scene, need)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether the step requires a fact about a variable's object that is not in the invariant: all gates passed, one of several
    /// things written.
    fn misses_a_fact(&self, scene: &Scene<'_>, variable: &str) -> Result<bool, Refusal> {
        let facts = self.walk.matter.facts;
        for required in scene.primitive.facts.iter().filter(|r| r.reference().variable == variable) {
            let reference = required.reference();
            must_tell(scene, reference).map_err(|fault| fault.at(self.place(scene)))?;
            let mut values = scene.values(reference).into_iter();
            let has = match required {
                Required::Satisfy(_) => values.all(|gate| facts.contains(&Fact::Passes(gate))),
                Required::Write(_) => values.any(|thing| facts.contains(&Fact::Writes(thing))),
            };
            if !has {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn refutes(&self, tools: &mut Tools, scene: &Scene<'_>, need: &Need) -> Result<bool, Refusal> {
        match need {
            Need::Call(authorization) => match call_of(scene, authorization) {
                Some(call) => self.refutes_call(tools, call),
                // There is no such call, unless a file has not told what it would be about.
                None => {
                    let mut named = references(need).into_iter();
                    let told = named.try_for_each(|r| must_tell(scene, r));
                    told.map(|()| true).map_err(|fault| fault.at(self.place(scene)))
                }
            },
            Need::Any(any) => {
                for one in &any.any {
                    if !self.refutes(tools, scene, one)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Need::All(all) => {
                for one in &all.all {
                    if self.refutes(tools, scene, one)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
        }
    }

    fn refutes_call(&self, tools: &mut Tools, call: Call) -> Result<bool, Refusal> {
        match call.service.clone() {
            None => {
                let asks = Asks::Requests(requests_of(call, &self.holder.when));
                let guard = Guard { caller: self.caller, entity: &self.holder.entity, asks };
                self.walk.judge.refutes(tools, &guard)
            }
            Some(service) => {
                let entity = CallerEntity::behind(&service, &call.action, &self.holder.entity.partition);
                let caller = format!("service {service}");
                let asks = Asks::Requests(requests_of(call, &[]));
                self.walk.judge.refutes(tools, &Guard { caller: &caller, entity: &entity, asks })
            }
        }
    }

    /// Whether the role lets in none of the services that must be let in.
    fn is_untrusted(
        &self,
        tools: &mut Tools,
        scene: &Scene<'_>,
        variable: &str,
        binding: &Binding,
    ) -> Result<bool, Refusal> {
        let Some(role) = scene.object(variable) else { return Ok(false) };
        for service in &binding.trusts.0 {
            let call = Call {
                action: "sts:AssumeRole".to_owned(),
                resources: vec![role.arn.to_string()],
                context: acting_for(scene, binding),
                service: Some(service.clone()),
            };
            if !self.refutes_call(tools, call)? {
                return Ok(false);
            }
        }
        Ok(!binding.trusts.0.is_empty())
    }

    /// Everything is bound, and no guard by itself stands in the way: then the calls on a new object must have no name in
    /// common.
    fn conclude(&self, tools: &mut Tools, scene: &Scene<'_>) -> Result<(), Refusal> {
        let instead = self.walk.covers.instead(&self.facts(scene));
        for (variable, object) in scene.bound.iter().filter(|(_, o)| o.fresh || o.is_unnamed()) {
            let mut each = self.calls_on_each(tools, scene, &scene.primitive.needs, variable)?;
            let known = || object.is_unnamed().then(|| NewName::like(&object.arn));
            each.extend(scene.new_name(variable).or_else(known).map(Tied::New));
            if let Some(Instead::But(unlike)) = &instead {
                each.push(Tied::Unlike(unlike.clone()));
            }
            let asks = Asks::OneName(Tied::All(each));
            let guard = Guard { caller: self.caller, entity: &self.holder.entity, asks };
            if self.walk.judge.refutes(tools, &guard)? {
                return Ok(());
            }
        }
        if self.has_no_way(tools, scene)? {
            return Ok(());
        }
        let facts = self.facts(scene);
        let outside = facts.iter().find(|fact| !self.walk.covers.holds(fact));
        Err(Fault::Outside(outside.map(ToString::to_string).unwrap_or_default()).at(self.place(scene)))
    }

    /// Whether of each way to meet the needs something is refuted: an authorization, or that one call has those that belong to one.
    fn has_no_way(&self, tools: &mut Tools, scene: &Scene<'_>) -> Result<bool, Refusal> {
        let primitive = scene.primitive;
        for way in primitive.alternatives() {
            let calls: Vec<Call> = way.iter().filter_map(|one| call_of(scene, one)).collect();
            if calls.len() < way.len() {
                // What names a field without a value is no call, if a file tells that it has none.
                for one in way.iter().filter(|one| call_of(scene, one).is_none()) {
                    self.refutes(tools, scene, &Need::Call((*one).clone()))?;
                }
                continue;
            }
            if !self.is_refuted_way(tools, &calls, &primitive.of_one_call(&way))? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn is_refuted_way(
        &self,
        tools: &mut Tools,
        calls: &[Call],
        of_one_call: &[Vec<usize>],
    ) -> Result<bool, Refusal> {
        for places in of_one_call {
            let parts = places.iter().filter_map(|n| calls.get(*n)).cloned();
            let parts = parts.map(|call| requests_of(call, &self.holder.when)).collect();
            let asks = Asks::Bound(parts, Bond::OneCall);
            let guard = Guard { caller: self.caller, entity: &self.holder.entity, asks };
            if self.walk.judge.refutes(tools, &guard)? {
                return Ok(true);
            }
        }
        for call in calls {
            if self.refutes_call(tools, call.clone())? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The session's calls of a need that are on a new object, or name it in a key. Of others nothing is demanded, but that they
    /// are not refuted whatever it is called.
    fn calls_on(
        &self,
        tools: &mut Tools,
        scene: &Scene<'_>,
        need: &Need,
        variable: &str,
    ) -> Result<Tied<Requests>, Refusal> {
        Ok(match need {
            Need::Any(any) => Tied::Any(self.calls_on_each(tools, scene, &any.any, variable)?),
            Need::All(all) => Tied::All(self.calls_on_each(tools, scene, &all.all, variable)?),
            Need::Call(authorization) => {
                let resource = authorization.resource.as_ref();
                let on = resource.is_some_and(|t| t.references().any(|r| r.variable == variable));
                // The trust policy of a new role is the attacker's.
                let assumed = is_assume_action(&authorization.action.to_ascii_lowercase());
                let call = call_of(scene, authorization).filter(|call| call.service.is_none() && !assumed);
                let unnamed = scene.object(variable).filter(|object| object.is_unnamed() && on);
                let call = call.map(|call| match unnamed {
                    Some(object) => on_one(call, self.walk.covers.sorts().kind_of(&object.arn)),
                    None => call,
                });
                let requests = call.map(|call| requests_of(call, &self.holder.when));
                match (requests, authorization.key_naming(variable)) {
                    (Some(requests), _) if on => Tied::Call(requests),
                    (Some(requests), Some(key)) => Tied::InKey(requests, key.into()),
                    _ if self.refutes(tools, scene, need)? => Tied::Any(Vec::new()),
                    _ => Tied::Free,
                }
            }
        })
    }

    fn calls_on_each(
        &self,
        tools: &mut Tools,
        scene: &Scene<'_>,
        needs: &[Need],
        variable: &str,
    ) -> Result<Vec<Tied<Requests>>, Refusal> {
        needs.iter().map(|need| self.calls_on(tools, scene, need, variable)).collect()
    }

    fn place(&self, scene: &Scene<'_>) -> String {
        let mut text = format!("{}, {}", self.caller, scene.primitive.id);
        for (variable, object) in &scene.bound {
            text.push_str(&format!(", {variable} = {}", object.arn));
        }
        text
    }
}

/// For whom a service may act that assumes a role: its keys name the account and the thing, or are not there.
///
/// IAM User Guide, "The confused deputy problem", "Cross-service confused deputy prevention".
fn acting_for(scene: &Scene<'_>, binding: &Binding) -> Vec<Constraint> {
    let or_absent = |key: &str, mut demands: Vec<Demand>| {
        demands.push(Demand::Absent);
        Constraint { key: key.to_owned(), demand: Demand::OneOf(demands) }
    };
    let mut keys = vec![or_absent("aws:SourceAccount", vec![Demand::Equals(scene.me.account.to_string())])];
    if let Some(source) = &binding.source {
        let values = scene.values(source).into_iter();
        let demand = |text: Arc<str>| match text.contains(['*', '?']) {
            true => Demand::Matches(text.to_string()),
            false => Demand::Equals(text.to_string()),
        };
        keys.push(or_absent("aws:SourceArn", values.map(demand).collect()));
    }
    keys
}
