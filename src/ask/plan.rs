//! What one action brings to every caller of a question: its resource cases, the ARNs it can be checked
//! against, and the sets that say so. Made once a question and action, when first needed.

use super::caller::CallerEntity;
use super::estate::Estate;
use super::grantees::Grantees;
use super::known::{Concern, Known, KnownCases};
use super::piece::{flat, is_managed_key, over_arns};
use super::regions::{odd_arns, placed};
use super::target::{Place, Resources, Target, beginning_of_globs};
use crate::engine::{Limits, refute};
use gateproof_encodings::actions::ActionRanges;
use gateproof_encodings::authorize::ROOT_SESSION;
use gateproof_encodings::field::Field;
use gateproof_encodings::language::PatternSet;
use gateproof_encodings::scope::{RcpSupport, ResourceRule, is_assume_action};
use gateproof_encodings::term::{Atom, Terms};
use gateproof_model::catalogue::{ActionId, ActionInfo, ResourceTypeId};
use gateproof_model::pattern::{Pattern, Token};
use gateproof_model::resource::ResourceEntity;
use gateproof_model::text::fold_text;
use rustc_hash::FxHashMap;
use std::borrow::Cow;
use std::sync::{Arc, Mutex, PoisonError};

/// One action of a question.
#[derive(Debug)]
pub struct Plan<'a> {
    /// The action; `None` for those that the catalogue doesn't know.
    pub action: Option<ActionInfo<'a>>,
    /// Its name in lower case.
    pub lower: Option<Arc<str>>,
    /// Whether resource control policies can bind its service.
    pub rcp_support: RcpSupport,
    /// The cases of known resources.
    pub known: Arc<Known<'a>>,
    /// Whom their policies name for this action.
    pub grantees: Grantees,
    /// By account, the cases without a resource level and of all other resources.
    accounts: FxHashMap<Arc<str>, Vec<Target<'a>>>,
    /// By account, any of its resources without a policy.
    any: FxHashMap<Arc<str>, Target<'a>>,
    /// Whether `*` is a case.
    star: bool,
    /// The kinds of ARN that the action can be checked against.
    pub kinds: Arc<[Kind]>,
    /// What the question asks about; `None`: any resource.
    pub asked: Option<Arc<PatternSet>>,
    /// What those begin with.
    pub beginning: Option<Arc<str>>,
    /// For actions that the catalogue doesn't know: which ones are meant.
    pub open: Option<OpenActions>,
}

/// Actions by name that the catalogue doesn't know.
#[derive(Debug)]
pub struct OpenActions {
    /// The globs of the question, as it writes them.
    pub globs: Vec<String>,
    /// The same as a set.
    pub asked: Arc<PatternSet>,
    /// What those begin with, in lower case.
    pub beginning: Option<Arc<str>>,
    /// The catalogue's actions that match them: these are asked about one by one. `None` where they are very
    /// many: then the formula leaves them in.
    pub known: Option<Arc<PatternSet>>,
    /// Where they are some of the catalogue's actions, those.
    pub among: Option<Arc<ActionRanges>>,
}

/// Of so many catalogued names the formula leaves open whether the action is one.
const MOST_NAMES: usize = 4_000;

/// One kind of ARN.
#[derive(Debug)]
pub struct Kind {
    /// The resource type.
    pub resource_type: ResourceTypeId,
    /// The ARNs of the kind.
    pub fits: Arc<PatternSet>,
    /// Those that are of another kind all the same.
    pub barred: Arc<PatternSet>,
    /// Those that are of the kind by the letter only: without a region, or with more colons than the format
    /// has.
    pub odd: Arc<PatternSet>,
    /// Whether the ARN names the account.
    pub with_account: bool,
    /// Whether AWS has some that everybody may be allowed to use, whose ARNs name no account.
    pub of_aws: bool,
    /// Whether it is a KMS key.
    pub key: bool,
    /// Whether it is the root user, which nobody else is allowed anything about.
    pub root: bool,
}

/// The kinds of ARN of actions that were asked about.
pub(crate) type KnownKinds = Arc<Mutex<FxHashMap<ActionId, Arc<[Kind]>>>>;

/// What is known beforehand of a caller and an action.
#[derive(Debug, Clone, Copy)]
pub struct Reach {
    /// Whether the caller's own policies can allow the action.
    pub by_identity: bool,
    /// Whether known resources that can't matter to the caller are left out.
    pub narrowed: bool,
    /// Whether the action is refuted for the caller's own account but for what its resources' policies grant.
    pub refuted: bool,
}

/// The types of documents of Systems Manager. AWS's own have no account: `arn:aws:ssm:us-east-1::document/AWS-RunShellScript`.
///
/// Systems Manager User Guide, "Restricting access to Run Command based on tags" and "Identity-based policy examples".
const DOCUMENTS: [&str; 2] = ["document", "automation-definition"];

/// Up to so many known resources are tried before the others.
const FEW: usize = 8;

impl<'a> Plan<'a> {
    /// The cases of the action for a caller, those left out that can't grant it anything. A long list of
    /// known resources comes last: whoever can use the action at all is then found sooner.
    pub(crate) fn targets<'p>(
        &'p self,
        estate: &'a Estate,
        caller: &CallerEntity,
        reach: Reach,
        resources: &Resources,
    ) -> Vec<Cow<'p, Target<'a>>> {
        let Cases { mut first, own, .. } = self.cases(estate, caller, reach, resources);
        first.extend(own.into_iter().map(Cow::Borrowed));
        first
    }

    /// The same, with a long list of the caller's own resources apart.
    pub(crate) fn cases<'p>(
        &'p self,
        estate: &'a Estate,
        caller: &CallerEntity,
        reach: Reach,
        resources: &Resources,
    ) -> Cases<'p, 'a> {
        let (named, own) = self.relevant(estate, caller, reach);
        let named = named.into_iter().map(Cow::Borrowed);
        let account = caller.account.as_ref().filter(|_| reach.by_identity && !reach.refuted);
        let account = account.filter(|a| self.opens_root_sessions() || resources.in_account(Some(a)));
        let (mut first, mut others) = (Vec::new(), Vec::new());
        if let Some(account) = account {
            match self.accounts.get(account) {
                Some(cases) => {
                    for case in cases {
                        let list = if matches!(case.place, Place::Star) { &mut first } else { &mut others };
                        list.push(Cow::Borrowed(case));
                    }
                }
                None if self.star => {
                    let star = estate.target(Place::Star, Some(account.clone()), ResourceRule::Ordinary);
                    first.push(Cow::Owned(star));
                }
                None => {}
            }
        }
        if self.known.targets.len() > FEW {
            first.extend(others.into_iter().chain(named));
            let any = account.and_then(|account| self.any.get(account));
            return Cases { first, own, any };
        }
        first.extend(named.chain(own.into_iter().map(Cow::Borrowed)).chain(others));
        Cases { first, own: Vec::new(), any: None }
    }

    /// Whether the action opens sessions of other accounts' root users, so that its cases are of those accounts.
    pub(super) fn opens_root_sessions(&self) -> bool {
        self.lower.as_deref() == Some(ROOT_SESSION)
    }

    /// The known resources that can matter to the caller: those whose policies name it; and its own
    /// account's others, where its own policies can allow the action.
    fn relevant(
        &self,
        estate: &Estate,
        caller: &CallerEntity,
        reach: Reach,
    ) -> (Vec<&Target<'a>>, Vec<&Target<'a>>) {
        let targets = &self.known.targets;
        if !reach.narrowed {
            return (targets.iter().collect(), Vec::new());
        }
        let named = if self.grantees.is_empty() {
            Vec::new()
        } else {
            self.grantees.naming(caller, reach.by_identity)
        };
        let own = caller.account.as_ref().filter(|_| reach.by_identity).and_then(|a| self.known.own.get(a));
        let own = own.into_iter().flatten().filter(|n| named.binary_search(n).is_err());
        let own = own.filter_map(|n| targets.get(*n as usize));
        // What RCPs deny for others they don't for keys that AWS manages: these are never asked about together.
        let (apart, mut own): (Vec<_>, Vec<_>) = own.partition(|target| is_managed_key(target));
        if reach.refuted {
            own.clear();
        }
        let named = named.iter().filter_map(|n| targets.get(*n as usize));
        if reach.by_identity || caller.account.is_none() {
            return (named.chain(apart).collect(), own);
        }
        // Across accounts the caller's own policies must allow too, unless a grant suffices.
        let granted = |t: &Target<'_>| estate.rules.grant_suffices_across_accounts && !t.grants().is_empty();
        (named.filter(|t| t.account == caller.account || granted(t)).collect(), own)
    }
}

impl<'a> Plan<'a> {
    /// Resources of other accounts whose policies may let the caller do what its own policies allow, too.
    pub(crate) fn shared_with(&self, caller: &CallerEntity) -> impl Iterator<Item = &'a ResourceEntity> {
        let named = if self.grantees.is_empty() { Vec::new() } else { self.grantees.naming(caller, true) };
        let named = named.into_iter().filter_map(|n| self.known.targets.get(n as usize));
        let shared: Vec<_> = named
            .filter(|target| target.account != caller.account)
            .filter_map(|target| match target.place {
                Place::Known(resource) => Some(resource),
                _ => None,
            })
            .collect();
        shared.into_iter()
    }
}

/// The cases of an action for a caller.
#[derive(Debug)]
pub struct Cases<'p, 'a> {
    /// To be asked about one by one.
    pub first: Vec<Cow<'p, Target<'a>>>,
    /// Resources of the caller's own account whose policies grant it nothing: they can only deny.
    pub own: Vec<&'p Target<'a>>,
    /// Any resource of that account, without a policy: what is impossible here is impossible on those.
    pub any: Option<&'p Target<'a>>,
}

impl Estate {
    /// The plan of an action (or of the actions that the catalogue doesn't know).
    pub(crate) fn plan<'a>(
        &'a self,
        action: Option<ActionInfo<'a>>,
        open: &[String],
        resources: &Resources,
        cases: &KnownCases<'a>,
    ) -> Plan<'a> {
        let lower: Option<Arc<str>> = action.map(|a| fold_text(a.name()).into());
        let name = lower.as_deref().unwrap_or_default();
        let service = name.split_once(':').map_or("", |(service, _)| service);
        let kms = name.starts_with("kms:");
        let assume = is_assume_action(name);
        let kinds = self.kinds(action);
        let opens_root = name == ROOT_SESSION;
        let only_star = action.is_some_and(|a| a.is_checked_against_star());
        let concern = if assume {
            Concern::Trust
        } else if only_star || opens_root {
            Concern::Nothing
        } else {
            let of = |a: ActionInfo<'a>| {
                a.resource_types().map(|r| r.resource_type.service().to_owned()).collect()
            };
            Concern::Services { services: action.map(of), kms }
        };
        let mut others = Vec::new();
        if !assume && !only_star {
            if action.is_none() || kinds.iter().any(|k| !(k.key && kms)) {
                others.push(ResourceRule::Ordinary);
            }
            if action.is_none() || kinds.iter().any(|k| k.key && kms) {
                others.push(ResourceRule::Key);
            }
        }
        let star = !assume && resources.is_all() && action.is_none_or(|a| a.may_lack_resource());
        let known = cases.of(self, concern, resources);
        let asked = self.asked_set(resources);
        if action.is_some() && asked.as_ref().is_some_and(|asked| self.are_known(asked, &known)) {
            others.clear();
        }
        Plan {
            action,
            rcp_support: self.rcp_support(lower.as_ref().map(|_| service)),
            grantees: Grantees::of(&known.targets, action.map(|a| a.id()), open, self),
            any: self.any_cases(&known, resources),
            known,
            accounts: match opens_root {
                true => self.root_session_cases(resources),
                false => self.account_cases(star, &others, resources),
            },
            star,
            kinds,
            beginning: resources.beginning(),
            asked,
            open: action.is_none().then(|| self.open_actions(open)),
            lower,
        }
    }

    /// Whether all resources asked about are known ones: then the case of the others is refuted, whoever asks.
    fn are_known(&self, asked: &Arc<PatternSet>, known: &Known<'_>) -> bool {
        if !known.targets.iter().any(|target| matches!(target.place, Place::Known(_))) {
            return false;
        }
        let mut terms = Terms::default();
        let mut within = |set: &Arc<PatternSet>| terms.atom_term(Atom::Text(Field::Resource, set.clone()));
        let (asked, known) = (within(asked), within(known.set(self)));
        let others = terms.not(known);
        let root = terms.and([asked, others]);
        refute(&terms, root, &self.memory, &Limits::default()).is_some()
    }

    /// The resources that are asked about; `None`: any.
    pub(super) fn asked_set(&self, resources: &Resources) -> Option<Arc<PatternSet>> {
        let globs = || resources.globs.iter().map(|g| over_arns(g)).collect();
        (!resources.is_all()).then(|| self.compiler.languages.set(globs(), false))
    }

    /// The plan of some actions left open, for resources that are known to have no policies.
    pub(super) fn plan_of_bundle<'a>(
        &'a self,
        actions: &[ActionInfo<'a>],
        ids: ActionRanges,
        resources: &Resources,
    ) -> Plan<'a> {
        let names: Vec<String> = actions.iter().map(|a| a.name().to_owned()).collect();
        let open = OpenActions { known: None, among: Some(Arc::new(ids)), ..self.open_actions(&names) };
        let no_resources = KnownCases::default().of(self, Concern::Nothing, resources);
        Plan {
            action: None,
            lower: None,
            rcp_support: self.rcp_support(None),
            known: no_resources,
            grantees: Grantees::default(),
            accounts: FxHashMap::default(),
            any: FxHashMap::default(),
            star: false,
            kinds: Arc::default(),
            asked: self.asked_set(resources),
            beginning: resources.beginning(),
            open: Some(open),
        }
    }

    fn open_actions(&self, globs: &[String]) -> OpenActions {
        let languages = &self.compiler.languages;
        let known = globs.iter().flat_map(|g| self.catalogue.actions_matching(g));
        let known: Vec<Pattern> =
            known.take(MOST_NAMES).map(|a| a.name().chars().map(Token::Char).collect()).collect();
        let few = known.len() < MOST_NAMES;
        OpenActions {
            globs: globs.to_vec(),
            asked: languages.set(globs.iter().map(|g| flat(g)).collect(), true),
            beginning: beginning_of_globs(globs).map(|b| fold_text(&b).into()),
            known: few.then(|| languages.set(known, true)),
            among: None,
        }
    }

    /// Of an action that the catalogue doesn't know, its service decides.
    fn rcp_support(&self, service: Option<&str>) -> RcpSupport {
        let Some(service) = service else {
            let all = self.catalogue.rcp_services().map(|s| flat(&format!("{s}:*"))).collect();
            return RcpSupport::Within(self.compiler.languages.set(all, true));
        };
        self.catalogue.rcp_supported(service).into()
    }

    fn account_cases<'a>(
        &'a self,
        star: bool,
        others: &[ResourceRule],
        resources: &Resources,
    ) -> FxHashMap<Arc<str>, Vec<Target<'a>>> {
        let covered = self.snapshot.accounts().iter().filter(|a| resources.in_account(Some(&a.id)));
        covered
            .map(|account| {
                let case = |place, rule| self.target(place, Some(account.id.clone()), rule);
                let star = star.then(|| case(Place::Star, ResourceRule::Ordinary));
                let others = others.iter().map(|rule| case(Place::Other, *rule));
                (account.id.clone(), star.into_iter().chain(others).collect())
            })
            .collect()
    }

    /// By account that can open sessions of root users, those of the member accounts asked about.
    fn root_session_cases<'a>(&'a self, resources: &Resources) -> FxHashMap<Arc<str>, Vec<Target<'a>>> {
        let organization = self.snapshot.organization();
        let case =
            |member: &Arc<str>| self.target(Place::Other, Some(member.clone()), ResourceRule::Ordinary);
        let cases = |opener: &Arc<str>| {
            let members = organization.root_sessions_from(opener);
            members.filter(|m| resources.in_account(Some(m))).map(case).collect()
        };
        organization.root_session_openers().into_iter().map(|o| (o.clone(), cases(o))).collect()
    }

    fn any_cases<'a>(&'a self, known: &Known<'_>, resources: &Resources) -> FxHashMap<Arc<str>, Target<'a>> {
        let accounts = known.own.keys().filter(|a| resources.in_account(Some(a)));
        let any = |account: &Arc<str>| {
            let mut any = self.target(Place::Other, Some(account.clone()), ResourceRule::Ordinary);
            any.any = true;
            (account.clone(), any)
        };
        accounts.map(any).collect()
    }

    /// The root user, beside the type of resource that the reference lists.
    fn root_user(&self, resource_type: ResourceTypeId) -> Kind {
        let none = || self.compiler.languages.set(Vec::new(), false);
        Kind {
            resource_type,
            fits: self
                .compiler
                .languages
                .set(vec![placed("iam", self.single_partition(), over_arns("arn:*:iam::*:root"))], false),
            barred: none(),
            odd: none(),
            with_account: true,
            of_aws: false,
            key: false,
            root: true,
        }
    }

    /// The kinds of ARN that an action can be checked against, found out once.
    pub(super) fn kinds(&self, action: Option<ActionInfo<'_>>) -> Arc<[Kind]> {
        let Some(action) = action else { return Arc::default() };
        let known = || self.kinds.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(kinds) = known().get(&action.id()) {
            return kinds.clone();
        }
        let kinds: Arc<[Kind]> = self.find_kinds(action).into();
        known().entry(action.id()).or_insert(kinds).clone()
    }

    fn find_kinds(&self, action: ActionInfo<'_>) -> Vec<Kind> {
        let mut kinds = Vec::new();
        let partition = self.single_partition();
        for row in action.resource_types() {
            let kind = row.resource_type;
            let with_account = kind.arn_formats().any(|f| f.contains("${Account}"));
            let odd = odd_arns(kind);
            for language in kind.arn_languages() {
                kinds.push(Kind {
                    resource_type: kind.id(),
                    fits: self
                        .compiler
                        .languages
                        .set(vec![placed(kind.service(), partition, language.pattern)], false),
                    odd: self.compiler.languages.set(odd.clone(), false),
                    barred: self.compiler.languages.set(language.exclusions, false),
                    with_account,
                    of_aws: kind.service() == "ssm" && DOCUMENTS.contains(&kind.name()),
                    key: kind.service() == "kms" && kind.name() == "key",
                    root: false,
                });
            }
            if action.may_be_about_root() {
                kinds.push(self.root_user(kind.id()));
            }
        }
        kinds
    }
}
