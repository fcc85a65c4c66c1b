//! What is known of each context key in one piece of a question.
//!
//! IAM User Guide, "AWS global condition context keys". CONFORMANCE 3.7, 3.8.

use super::caller::{CallerEntity, Sessions, single};
use super::created::{makes_its_resource, tag_of_resource};
use super::estate::Estate;
use super::federation::Admission;
use super::piece::Piece;
use super::regions::global_region;
use super::resource_facts::{BOUNDARY, is_certain, is_of_others, lists_tags, tells_boundary_of_target};
use super::session_keys;
use super::target::{Place, Target};
use crate::question::Constraint;
use crate::question::constraint::Demand;
use gateproof_encodings::scope::{KeyFact, KeyFacts};
use gateproof_model::catalogue::{ActionInfo, KeyOwner, ResourceTypeId, Support, is_of_request_tags};
use gateproof_model::organization::Standing;
use gateproof_model::request::{ContextValue, PrincipalKind};
use gateproof_model::text::fold_text;
use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What a resource fixes, by lower-case key.
pub type ResourceFacts = BTreeMap<String, KeyFact>;

/// The facts of one piece.
pub struct Facts<'a> {
    estate: &'a Estate,
    caller: &'a CallerEntity,
    action: Option<ActionInfo<'a>>,
    /// The resource type, where each has keys of its own.
    only: Option<ResourceTypeId>,
    /// The region that every call of the action goes to, where there is just one.
    region: Option<&'static str>,
    target: &'a Target<'a>,
    /// What the resource fixes, by lower-case key.
    resource: &'a ResourceFacts,
    /// What the question demands exactly.
    demanded: BTreeMap<String, KeyFact>,
    /// Values that policy variables were bound to.
    pub bindings: BTreeMap<Arc<str>, String>,
    /// Whether only keys that the catalogue grants the action may be present.
    realistic: bool,
    /// Whether only what is true of requests for each of several actions is a fact.
    of_each: bool,
    /// Whether that made a difference.
    restricted: Cell<bool>,
    /// Whether the case is of several resources, whose tags differ.
    several: bool,
    /// Whether their tags, or the boundary of the user or role, were asked for.
    tags_asked: Cell<bool>,
    /// Whether the action's reference lists the tags of resources, by the prefix of their keys, as far as it was looked up.
    lists_tags: RefCell<Vec<(String, bool)>>,
}

impl<'a> Facts<'a> {
    /// The facts of a piece; `realistic`: its requests carry only keys that the catalogue grants the action.
    pub fn of(estate: &'a Estate, piece: &Piece<'a>, realistic: bool) -> Self {
        let Piece { caller, target, when, only, .. } = *piece;
        let mut facts = Self::about(estate, caller, piece.plan.action, target, realistic);
        facts.only = only;
        facts.demand(when);
        facts
    }

    /// The facts of a caller and a resource case under the constraints of a question, for an action of the
    /// catalogue or whichever.
    pub fn under(
        estate: &'a Estate,
        caller: &'a CallerEntity,
        action: Option<ActionInfo<'a>>,
        target: &'a Target<'a>,
        when: &[Constraint],
        realistic: bool,
    ) -> Self {
        let mut facts = Self::about(estate, caller, action, target, realistic);
        facts.demand(when);
        facts
    }

    /// What is true of requests for each of several actions, which the piece leaves open: of the keys of services
    /// nothing, since some action may lack what others have; nor what the question demands, which for some is
    /// settled already.
    pub fn of_each(estate: &'a Estate, piece: &Piece<'a>) -> Self {
        let mut facts = Self::about(estate, piece.caller, None, piece.target, false);
        facts.of_each = true;
        facts
    }

    fn about(
        estate: &'a Estate,
        caller: &'a CallerEntity,
        action: Option<ActionInfo<'a>>,
        target: &'a Target<'a>,
        realistic: bool,
    ) -> Self {
        Self {
            estate,
            caller,
            action,
            only: None,
            region: action.and_then(|a| global_region(a, &caller.partition)),
            target,
            resource: target.facts(estate),
            demanded: BTreeMap::new(),
            bindings: BTreeMap::new(),
            realistic,
            of_each: false,
            restricted: Cell::new(false),
            several: matches!(&target.place, Place::Roles(roles) if roles.len() > 1),
            tags_asked: Cell::new(false),
            lists_tags: RefCell::default(),
        }
    }

    fn demand(&mut self, when: &[Constraint]) {
        for constraint in when {
            let key = fold_text(&constraint.key);
            let fact = match &constraint.demand {
                Demand::Equals(value) if self.is_multivalued(&key) => {
                    KeyFact::Fixed(ContextValue::List(vec![value.clone()]))
                }
                Demand::Equals(value) => single(value),
                Demand::Members(values) => KeyFact::Fixed(ContextValue::List(values.clone())),
                Demand::Absent => KeyFact::Absent,
                Demand::Differs(_)
                | Demand::Matches(_)
                | Demand::Avoids(_)
                | Demand::Present
                | Demand::OneOf(_) => continue,
            };
            if matches!(self.fact(&key), KeyFact::Open { .. }) {
                self.demanded.insert(key, fact);
            }
        }
    }

    /// Whether the catalogue's keys ruled out some presence.
    pub fn was_restricted(&self) -> bool {
        self.restricted.get()
    }

    /// Whether the formula turns on the tags of several resources at once, which then must be asked about
    /// one by one.
    pub fn must_split(&self) -> bool {
        self.several && self.tags_asked.get()
    }

    /// Whether the formula turns on tags of the resource, or on the boundary of the user or role that it is.
    pub fn asks_for_tags(&self) -> bool {
        self.tags_asked.get()
    }

    /// The keys of which the question demands a value, or absence.
    pub fn demanded(&self) -> impl Iterator<Item = &str> {
        self.demanded.keys().map(String::as_str)
    }

    /// All keys that have a fixed value.
    pub fn fixed(&self) -> BTreeMap<String, ContextValue> {
        let mut values = BTreeMap::new();
        for (key, fact) in &self.caller.facts {
            match fact {
                // Nothing stands before what the caller fixes of the keys that any service may see.
                KeyFact::Fixed(value) if key.starts_with("aws:") => {
                    values.insert(key.clone(), value.clone());
                }
                _ => self.put_fixed(&mut values, key.clone(), fact),
            }
        }
        values.extend(self.fixed_by_resource());
        for (key, fact) in &self.demanded {
            self.put_fixed(&mut values, key.clone(), fact);
        }
        if let (Some(region), false) = (self.region, values.contains_key("aws:requestedregion")) {
            values.insert("aws:requestedregion".to_owned(), ContextValue::Single(region.to_owned()));
        }
        for (key, value) in &self.bindings {
            values.insert(key.to_string(), ContextValue::Single(value.clone()));
        }
        values
    }

    /// The keys whose values the resource fixes.
    pub fn fixed_by_resource(&self) -> BTreeMap<String, ContextValue> {
        self.fixed_by_resource_of(|_| true)
    }

    /// Those of them that are wanted; the services' own names for tags with the tags.
    pub fn fixed_by_resource_of(&self, wanted: impl Fn(&str) -> bool) -> BTreeMap<String, ContextValue> {
        let mut values = BTreeMap::new();
        for (key, fact) in self.resource.iter().filter(|(key, _)| wanted(key)) {
            self.put_fixed(&mut values, key.clone(), fact);
            // Services have their own names for the tags of resources, IAM's being used by others too.
            let Some(tag) = key.strip_prefix("aws:resourcetag/").filter(|t| !t.is_empty()) else { continue };
            let own = self.action.map(|a| a.service()).filter(|service| *service != "iam");
            for family in ["iam"].into_iter().chain(own) {
                self.put_fixed(&mut values, format!("{}:resourcetag/{tag}", fold_text(family)), fact);
            }
        }
        values
    }

    fn put_fixed(&self, values: &mut BTreeMap<String, ContextValue>, key: String, fact: &KeyFact) {
        if let KeyFact::Fixed(value) = fact
            && matches!(*self.known(&key), KeyFact::Fixed(_))
        {
            values.insert(key, value.clone());
        }
    }

    /// Whether a key holds a set of values: the catalogue's word, single where it has none.
    pub fn is_multivalued(&self, key: &str) -> bool {
        self.estate.catalogue.key_type(key).is_some_and(|t| t.multivalued)
    }

    /// The value that a key of the resource has where it is there, though it may be absent.
    pub fn if_there(&self, key: &str) -> Option<ContextValue> {
        match self.of_resource(key).as_deref() {
            Some(KeyFact::Fixed(value)) if !self.is_certain(key) => {
                (!self.is_foreign(key)).then(|| value.clone())
            }
            _ => None,
        }
    }

    /// The tag that a key tells of a resource which the call makes: it has the call's own, or none.
    pub fn tag_given<'k>(&self, key: &'k str) -> Option<&'k str> {
        let made = self.action.is_some_and(makes_its_resource) && !self.is_foreign(key);
        tag_of_resource(key).filter(|_| made)
    }

    /// The action, where the catalogue knows it.
    pub fn action(&self) -> Option<ActionInfo<'a>> {
        self.action
    }

    /// What the account of a role makes of the caller's token.
    pub fn admission(&self) -> Admission<'a> {
        Admission::of(self.estate, self.caller, self.target)
    }

    /// The organization of the snapshot, where the account is known not to be in it.
    pub fn organization_without(&self, account: &str) -> Option<String> {
        let organization = self.estate.snapshot.organization();
        let id = organization.id.as_ref().filter(|_| organization.standing(account) == Standing::Outside)?;
        Some(id.to_string())
    }

    fn by_caller(&self, key: &str) -> Option<Cow<'_, KeyFact>> {
        if let Some(fact) = self.caller.facts.get(key) {
            return Some(Cow::Borrowed(fact));
        }
        let tag = key.starts_with("aws:principaltag/") && self.caller.facts.contains_key("aws:principaltag/");
        tag.then_some(Cow::Owned(KeyFact::Absent))
    }

    fn by_resource(&self, key: &str) -> Option<Cow<'_, KeyFact>> {
        let known = self.of_resource(key)?;
        let may_lack = matches!(*known, KeyFact::Fixed(_)) && !self.is_certain(key);
        (!may_lack).then_some(known)
    }

    fn is_certain(&self, key: &str) -> bool {
        let lists_tags = |family: &str| {
            let known = self.lists_tags.borrow().iter().find(|(of, _)| of == family).map(|(_, lists)| *lists);
            known.unwrap_or_else(|| {
                let lists = self.action.is_some_and(|action| lists_tags(action, family));
                self.lists_tags.borrow_mut().push((family.to_owned(), lists));
                lists
            })
        };
        is_certain(key, self.target, self.action, lists_tags)
    }

    fn of_resource(&self, key: &str) -> Option<Cow<'_, KeyFact>> {
        if is_of_others(key, self.estate, self.target, self.only) {
            return None;
        }
        if key == BOUNDARY {
            let of_target = self.action.is_some_and(tells_boundary_of_target);
            self.tags_asked.set(self.tags_asked.get() || of_target);
            return self.resource.get(key).filter(|_| of_target).map(Cow::Borrowed);
        }
        if self.tag_given(key).is_some() {
            return None;
        }
        if let Some(fact) = self.resource.get(key) {
            return Some(Cow::Borrowed(fact));
        }
        let tag = tag_of_resource(key)?;
        self.tags_asked.set(true);
        self.resource.contains_key("aws:resourcetag/").then(|| {
            let named = self.resource.get(&format!("aws:resourcetag/{tag}"));
            named.map_or(Cow::Owned(KeyFact::Absent), Cow::Borrowed)
        })
    }

    /// A key of one service, or tags, that the action's requests never carry, whatever principal and resource are.
    fn is_foreign(&self, key: &str) -> bool {
        let Some(action) = self.action else { return false };
        match key.starts_with("aws:") {
            true => is_of_request_tags(key) && !action.support(key).is_possible(),
            false => !self.support(action, key).is_possible(),
        }
    }

    fn support(&self, action: ActionInfo<'_>, key: &str) -> Support {
        match self.only {
            Some(resource_type) => action.support_with(key, resource_type),
            None => action.support(key),
        }
    }

    /// Keys that the kind of caller rules out.
    fn by_kind(&self, key: &str) -> Option<KeyFact> {
        let service = matches!(&self.caller.caller, gateproof_encodings::scope::Caller::Known(p) if matches!(p.kind, PrincipalKind::Service(_)));
        if !service
            && self.estate.catalogue.who_fixes(key) == KeyOwner::CallingService
            && key != "aws:calledvia"
        {
            // A service that calls with the caller's own credentials sets these for the caller.
            const FORWARDED: [&str; 7] = [
                "aws:calledviafirst",
                "aws:calledvialast",
                "aws:calledviaawsmcp",
                "aws:viaawsservice",
                "aws:viaawsmcpservice",
                "kms:viaservice",
                "kms:grantisforawsresource",
            ];
            if !FORWARDED.contains(&key) {
                return Some(KeyFact::Absent);
            }
        }
        if !service && session_keys::of_services(key) {
            return Some(KeyFact::Absent);
        }
        let session = match self.caller.sessions {
            Sessions::Other => session_keys::needs_session(key),
            // Claims of identity providers, too, come with a role only.
            Sessions::User => {
                self.estate.catalogue.who_fixes(key) == KeyOwner::Session && !session_keys::fits_users(key)
            }
            Sessions::Role { .. } | Sessions::Outsider => false,
        };
        session.then_some(KeyFact::Absent)
    }

    /// What is known of one key.
    fn known(&self, key: &str) -> Cow<'_, KeyFact> {
        if let Some(value) = self.bindings.get(key) {
            return Cow::Owned(single(value));
        }
        if self.of_each && !key.starts_with("aws:") {
            return Cow::Owned(KeyFact::Open { multivalued: self.is_multivalued(key) });
        }
        let foreign = self.is_foreign(key);
        if !foreign
            && let Some(fact) = self
                .by_caller(key)
                .or_else(|| self.by_resource(key))
                .or_else(|| self.by_kind(key).map(Cow::Owned))
        {
            return fact;
        }
        if let ("aws:requestedregion", Some(region)) = (key, self.region) {
            return Cow::Owned(single(region));
        }
        if self.realistic && (foreign || self.action.is_some_and(|a| !self.support(a, key).is_possible())) {
            self.restricted.set(true);
            return Cow::Owned(KeyFact::Absent);
        }
        if let Some(fact) = self.demanded.get(key) {
            return Cow::Borrowed(fact);
        }
        Cow::Owned(KeyFact::Open { multivalued: self.is_multivalued(key) })
    }
}

impl KeyFacts for Facts<'_> {
    fn fact(&self, key: &str) -> KeyFact {
        self.known(key).into_owned()
    }

    fn mentioned(&self, prefix: &str) -> Vec<Arc<str>> {
        let fixed = self.fixed();
        fixed.keys().filter(|k| k.starts_with(prefix)).map(|k| k.as_str().into()).collect()
    }
}

/// IAM User Guide, "AWS global condition context keys", "Properties of the resource".
pub(crate) fn resource_facts(estate: &Estate, place: &Place<'_>, account: Option<&str>) -> ResourceFacts {
    let mut facts = BTreeMap::new();
    if let Some(account) = account {
        facts.insert("aws:resourceaccount".to_owned(), single(account));
        facts.insert("s3:resourceaccount".to_owned(), single(account));
        let organization = estate.snapshot.organization();
        // Without an organization of ours the account has none; otherwise it may be another's.
        if organization.standing(account) == Standing::Outside && organization.id.is_none() {
            for key in ["aws:resourceorgid", "aws:resourceorgpaths"] {
                facts.insert(key.to_owned(), KeyFact::Absent);
            }
        }
        if let Some(id) = organization.org_id(account) {
            facts.insert("aws:resourceorgid".to_owned(), single(id));
        }
        if let Some(path) = organization.org_path(account) {
            let paths = ContextValue::List(vec![path.to_string()]);
            facts.insert("aws:resourceorgpaths".to_owned(), KeyFact::Fixed(paths));
        }
    }
    if let Place::Principal(principal) = place
        && let Some(named) = principal.named_boundary()
    {
        facts.insert(BOUNDARY.to_owned(), named.map_or(KeyFact::Absent, |arn| single(arn)));
    }
    let tags = match place {
        Place::Known(resource) => resource.tags.as_ref(),
        Place::Principal(principal) => principal.tags.as_ref(),
        // Tags of several roles are told apart only where they matter.
        Place::Roles(roles) => match roles.as_ref() {
            [single] => single.tags.as_ref(),
            _ => None,
        },
        Place::Star | Place::Other => None,
    };
    if let Some(tags) = tags {
        // The bare prefix says that tags which are not listed are absent.
        facts.insert("aws:resourcetag/".to_owned(), KeyFact::Absent);
        for (key, value) in tags {
            facts.insert(fold_text(&format!("aws:ResourceTag/{key}")), single(value));
        }
    }
    facts
}
