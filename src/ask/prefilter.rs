//! Which actions of a question a caller's policies can allow at all, by the actions that their Allow
//! statements list. Exact in one direction: an action that is ruled out here has a formula that is false.

use super::caller::CallerEntity;
use super::target::Resources;
use super::universe::Actions;
use gateproof_encodings::actions::ActionRanges;
use gateproof_encodings::authorize::FREE_ACTIONS;
use gateproof_encodings::compiled::{CompiledDocument, Compiler};
use gateproof_encodings::language::matches;
use gateproof_encodings::scope::Caller;
use gateproof_model::account::is_service_linked_role;
use gateproof_model::catalogue::ActionInfo;
use gateproof_model::pattern::{PatternText, PieceRef, Token};
use gateproof_model::policy::{Effect, PatternClause};
use gateproof_model::text::fold_text;
use std::sync::Arc;

/// The actions of a question, and what its resources begin with.
#[derive(Debug)]
pub struct Prefilter {
    actions: ActionRanges,
    /// The resources asked about; empty: everything.
    asked: Vec<Asked>,
    /// Those that need no permission (CONFORMANCE 1.8, 3.4).
    free: ActionRanges,
    /// The names that the catalogue doesn't know, folded as those of policies are.
    open: Vec<Asked>,
}

/// Resources or actions asked about.
#[derive(Debug)]
pub(super) struct Asked {
    /// What they begin with.
    head: String,
    /// Whether that is the whole of the one name asked about.
    whole: bool,
}

impl Asked {
    pub fn of(glob: &str) -> Self {
        let head = literal_head(glob);
        Self { head: head.to_owned(), whole: head.len() == glob.len() }
    }

    /// Whether a pattern may match some of them. A call without resource is about `*`.
    pub fn may_match(&self, pattern: &PatternText) -> bool {
        let head = literal_head(&pattern.text);
        if !self.whole {
            return head.starts_with(&self.head) || self.head.starts_with(head);
        }
        if !self.head.starts_with(head) && !"*".starts_with(head) {
            return false;
        }
        // Most patterns are a name, or all that begin with one.
        match pattern.text.get(head.len()..) {
            Some("") if *head == *self.head => return true,
            Some("*") if self.head.starts_with(head) => return true,
            _ => {}
        }
        let tokens: Vec<Token> = pattern
            .pieces()
            .map(|piece| match piece {
                PieceRef::Token(token) => token,
                PieceRef::Variable(_) => Token::AnyRun,
            })
            .collect();
        matches(&tokens, &self.head, false) || matches(&tokens, "*", false)
    }
}

/// What a caller's policies leave of the question's actions.
#[derive(Debug)]
pub struct Allowed {
    /// By its identity policies, within boundary and SCPs.
    pub by_identity: ActionRanges,
    /// By whoever grants it directly, within the SCPs.
    pub within_scps: ActionRanges,
}

impl Prefilter {
    /// The filter of a question.
    pub fn of(actions: &Actions<'_>, resources: &Resources) -> Self {
        let asked = if resources.is_all() {
            Vec::new()
        } else {
            resources.globs.iter().map(|g| Asked::of(g)).collect()
        };
        let free = actions.known.iter().filter(|a| needs_no_permission(a.name()));
        Self {
            actions: ActionRanges::of(actions.known.iter().map(ActionInfo::id)),
            free: ActionRanges::of(free.map(ActionInfo::id)),
            asked,
            open: actions.open.iter().map(|g| Asked::of(&fold_text(g))).collect(),
        }
    }

    /// Whether AWS lets nobody make any of the calls without a permission.
    pub fn needs_permission(&self) -> bool {
        self.free.is_empty()
    }

    /// Whether the caller has permissions of its own only, and none of them is about the question.
    pub fn lists_nothing(&self, caller: &CallerEntity, compiler: &Compiler) -> bool {
        let layers = caller.prepared(compiler);
        !is_unlimited(caller)
            && (!layers.allows(compiler).meets(&self.actions)
                || self.listed(&layers.identity, &self.actions, compiler).is_empty())
    }

    /// All of the question's actions.
    pub fn all(&self) -> Allowed {
        Allowed { by_identity: self.actions.clone(), within_scps: self.actions.clone() }
    }

    /// What the caller's policies leave.
    pub fn allowed(&self, caller: &CallerEntity, compiler: &Compiler) -> Allowed {
        let unlimited = is_unlimited(caller);
        let service_linked =
            matches!(&caller.caller, Caller::RoleSession { role, .. } if is_service_linked_role(role));
        let layers = caller.prepared(compiler);
        let mut scps = self.actions.clone();
        for level in layers.scps.iter().filter(|_| !service_linked) {
            scps = self.listed(level, &scps, compiler);
        }
        let mut identity =
            if unlimited { scps.clone() } else { self.listed(&layers.identity, &scps, compiler) };
        if let (Some(boundary), false) = (&layers.boundary, unlimited) {
            identity = self.listed(boundary, &identity, compiler);
        }
        if let Some(session) = &layers.session {
            identity = self.listed(session, &identity, compiler);
        }
        if !self.free.is_empty() {
            identity = ActionRanges::union([&identity, &self.free]);
            scps = ActionRanges::union([&scps, &self.free]);
        }
        Allowed { by_identity: identity, within_scps: scps }
    }

    /// Whether the caller's identity policies may allow an action that the catalogue doesn't know.
    pub fn may_allow_open(&self, caller: &CallerEntity, compiler: &Compiler) -> bool {
        if is_unlimited(caller) {
            return true;
        }
        let documents = caller.prepared(compiler).identity.iter();
        documents.flat_map(|d| &d.document.statements).any(|statement| {
            statement.effect == Effect::Allow
                && may_touch(&statement.action, &self.open)
                && statement.resource.as_ref().is_none_or(|clause| may_touch(clause, &self.asked))
        })
    }

    /// Those of some actions that an Allow statement of the documents lists, on resources that may be
    /// among those asked about.
    fn listed(
        &self,
        documents: &[Arc<CompiledDocument>],
        among: &ActionRanges,
        compiler: &Compiler,
    ) -> ActionRanges {
        let mut found = Vec::new();
        for document in documents {
            let actions = document.actions(&compiler.actions);
            if !actions.of_effect(Effect::Allow).meets(among) {
                continue;
            }
            for (statement, listed) in document.document.statements.iter().zip(actions.statements()) {
                if statement.effect == Effect::Allow
                    && listed.meets(among)
                    && statement.resource.as_ref().is_none_or(|clause| may_touch(clause, &self.asked))
                {
                    found.push(listed.intersection(among));
                }
            }
        }
        ActionRanges::union(&found)
    }
}

/// Whether nothing limits the caller on its own side but SCPs.
pub(super) fn is_unlimited(caller: &CallerEntity) -> bool {
    match &caller.caller {
        Caller::Outsider { .. } => true,
        Caller::Known(_) => caller.is_root(),
        Caller::RoleSession { .. } => false,
    }
}

/// Whether AWS lets everybody make the call (CONFORMANCE 1.8, 3.4).
pub(super) fn needs_no_permission(action: &str) -> bool {
    FREE_ACTIONS.iter().any(|free| action.eq_ignore_ascii_case(free))
}

/// Whether the statement's resources or actions can meet what is asked about (empty: everything). A policy variable may stand
/// for anything.
pub(super) fn may_touch(clause: &PatternClause, asked: &[Asked]) -> bool {
    clause.negated
        || asked.is_empty()
        || clause.patterns.iter().any(|pattern| asked.iter().any(|a| a.may_match(pattern)))
}

/// The text before the first wildcard or variable.
pub(super) fn literal_head(pattern: &str) -> &str {
    pattern.split(['*', '?', '$']).next().unwrap_or_default()
}
