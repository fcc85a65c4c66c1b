//! `Principal` and `NotPrincipal` as formulas.
//!
//! IAM User Guide, "AWS JSON policy elements: Principal" and "…: NotPrincipal"; "Policy evaluation
//! logic" on boundaries and session policies. CONFORMANCE 1.4, 1.5, 2.4, 2.5.

use crate::encoder::{Encoder, Subject};
use crate::field::Field;
use crate::scope::{Caller, KeyFact};
use crate::term::{Term, Terms};
use gateproof_model::arn::{Arn, is_account_id};
use gateproof_model::assumption::name_canonical_user;
use gateproof_model::pattern::{Pattern, PatternText, Token, Wildcards};
use gateproof_model::policy::{Document, PrincipalClause, PrincipalEntry, Statement, Version};
use gateproof_model::request::{ContextValue, PrincipalKind};

/// How a statement of a resource policy names the caller; decides what can still cut its grant.
#[derive(Debug, Clone, Copy, Default)]
pub struct Named {
    /// As everyone, or as the user, session, service or provider itself: implicit denies of a boundary
    /// or session policy don't cut the grant within an account.
    pub directly: OptionTerm,
    /// By the ARN of the caller's role: they do.
    pub by_role: OptionTerm,
    /// By its account: the caller's own policies must allow too.
    pub by_account: OptionTerm,
}

/// A formula, false where there is none.
#[derive(Debug, Clone, Copy)]
pub struct OptionTerm(pub Term);

impl Default for OptionTerm {
    fn default() -> Self {
        Self(Terms::FALSE)
    }
}

impl Encoder<'_> {
    /// How an Allow statement of a resource policy names the caller.
    pub fn named(&mut self, clause: &PrincipalClause, document: &Document, statement: &Statement) -> Named {
        let mut named = Named::default();
        let (mut direct, mut role, mut account) = (Vec::new(), Vec::new(), Vec::new());
        for entry in &clause.entries {
            let (term, into) = match self.entry(entry, document, statement) {
                (term, Form::Direct) => (term, &mut direct),
                (term, Form::Role) => (term, &mut role),
                (term, Form::Account) => (term, &mut account),
            };
            into.push(term);
        }
        if clause.negated {
            let any = self.terms.or(direct.into_iter().chain(role).chain(account));
            named.directly = OptionTerm(self.terms.not(any));
            return named;
        }
        named.directly = OptionTerm(self.terms.or(direct));
        named.by_role = OptionTerm(self.terms.or(role));
        named.by_account = OptionTerm(self.terms.or(account));
        named
    }

    /// A Deny statement of a resource-side policy hits the caller.
    pub fn hit(
        &mut self,
        clause: &PrincipalClause,
        document: &Document,
        statement: &Statement,
        bounded: bool,
    ) -> Term {
        if !clause.negated {
            let named = self.named(clause, document, statement);
            return self.terms.or([named.directly.0, named.by_role.0, named.by_account.0]);
        }
        if bounded && self.can_have_boundary() {
            return Terms::TRUE;
        }
        let everyone = clause.entries.iter().any(|e| matches!(e, PrincipalEntry::Everyone));
        if everyone {
            return Terms::FALSE;
        }
        let spared = self.spared(clause, document, statement);
        self.terms.not(spared)
    }

    /// Users, roles and their sessions, the federated user's included: it carries the boundary of the
    /// user that opened it. IAM User Guide, "Permissions boundaries for IAM entities".
    fn can_have_boundary(&self) -> bool {
        match &self.scope.caller {
            Caller::Known(p) => !matches!(
                p.kind,
                PrincipalKind::Root
                    | PrincipalKind::Service(_)
                    | PrincipalKind::Federated(_)
                    | PrincipalKind::Anonymous
            ),
            Caller::RoleSession { .. } => true,
            Caller::Outsider { .. } => false,
        }
    }

    /// `NotPrincipal` with Deny spares a caller only if all its forms are listed: the session, its
    /// role and the account; the user and the account.
    fn spared(&mut self, clause: &PrincipalClause, document: &Document, statement: &Statement) -> Term {
        let (mut direct, mut role, mut account) = (Vec::new(), Vec::new(), Vec::new());
        for entry in &clause.entries {
            match self.entry(entry, document, statement) {
                (term, Form::Direct) => direct.push(term),
                (term, Form::Role) => role.push(term),
                (term, Form::Account) => account.push(term),
            }
        }
        let (direct, role, account) = (self.terms.or(direct), self.terms.or(role), self.terms.or(account));
        let caller = self.scope.caller.clone();
        match &caller {
            Caller::RoleSession { .. } => self.terms.and([direct, role, account]),
            // Which user, role and session an outsider is, is its own choice: naming its ARN is enough.
            Caller::Outsider { .. } => {
                let itself = self.terms.or([direct, role]);
                self.terms.and([itself, account])
            }
            Caller::Known(p) => match p.kind {
                PrincipalKind::RoleSession(_) => self.terms.and([direct, role, account]),
                PrincipalKind::Role(_) => self.terms.and([role, account]),
                PrincipalKind::Root => account,
                PrincipalKind::User(_) | PrincipalKind::FederatedUser(_) | PrincipalKind::Other(_) => {
                    self.terms.and([direct, account])
                }
                PrincipalKind::Service(_) | PrincipalKind::Federated(_) | PrincipalKind::Anonymous => direct,
            },
        }
    }

    /// Whether an entry names the caller, and in which form.
    fn entry(&mut self, entry: &PrincipalEntry, document: &Document, statement: &Statement) -> (Term, Form) {
        match entry {
            PrincipalEntry::Everyone => (Terms::TRUE, Form::Direct),
            PrincipalEntry::Nobody(_) => (Terms::FALSE, Form::Direct),
            PrincipalEntry::Account(id) => {
                (Terms::constant(self.scope.caller.account() == Some(id)), Form::Account)
            }
            PrincipalEntry::Service(name) => {
                (self.is_kind(&PrincipalKind::Service(name.clone())), Form::Direct)
            }
            PrincipalEntry::Federated(name) => {
                (self.is_kind(&PrincipalKind::Federated(name.clone())), Form::Direct)
            }
            PrincipalEntry::CanonicalUser(id) => {
                let anonymous = matches!(&self.scope.caller, Caller::Known(p) if p.account.is_none());
                if anonymous {
                    return (Terms::FALSE, Form::Direct);
                }
                let name = name_canonical_user(&document.source, statement, id);
                (self.assumed(&name), Form::Account)
            }
            PrincipalEntry::Arn(arn) => self.arn_entry(arn),
        }
    }

    /// The grantee of a KMS grant is the caller; and whether it is named by its account.
    pub(crate) fn is_grantee(&mut self, grantee: &str) -> (Term, bool) {
        let account = Arn::parse(grantee)
            .filter(|a| a.service == "iam" && a.resource == "root")
            .map_or(grantee, |a| a.account);
        if is_account_id(account) {
            return (Terms::constant(self.scope.caller.account() == Some(account)), true);
        }
        match Arn::parse(grantee) {
            Some(_) => (self.arn_entry(grantee).0, false),
            None => (self.is_kind(&PrincipalKind::Service(grantee.into())), false),
        }
    }

    fn is_kind(&self, kind: &PrincipalKind) -> Term {
        Terms::constant(matches!(&self.scope.caller, Caller::Known(p) if p.kind == *kind))
    }

    fn arn_entry(&mut self, listed: &str) -> (Term, Form) {
        let caller = self.scope.caller.clone();
        match &caller {
            Caller::Known(principal) => match &principal.kind {
                PrincipalKind::Role(arn) => (Terms::constant(**arn == *listed), Form::Role),
                PrincipalKind::RoleSession(arn) if **arn == *listed => (Terms::TRUE, Form::Direct),
                PrincipalKind::RoleSession(_) => {
                    let same = role_of(listed).is_some_and(|(account, name)| {
                        principal.account.as_deref() == Some(account) && principal.role_name() == Some(name)
                    });
                    (Terms::constant(same), Form::Role)
                }
                _ => (Terms::constant(principal.id() == listed), Form::Direct),
            },
            Caller::RoleSession { role, account, unique_id } => {
                if **role == *listed {
                    return (Terms::TRUE, Form::Role);
                }
                let name = role.rsplit('/').next().unwrap_or_default();
                match session_of(listed) {
                    Some((a, r, session)) if a == &**account && r == name => {
                        let id = self.compiler.languages.literal(&format!("{unique_id}:{session}"));
                        let subject = Subject::Open(Field::Key("aws:userid".into()));
                        (self.in_set(&subject, &id), Form::Direct)
                    }
                    _ => (Terms::FALSE, Form::Role),
                }
            }
            Caller::Outsider { account } => self.outsider_entry(account, listed),
        }
    }

    /// An outsider is named by an ARN of its account where `aws:PrincipalArn` is that user or role; by a session's where the session
    /// has that name, too.
    ///
    /// IAM User Guide, "IAM policy elements: Variables", "Where you can use policy variables": the `aws:userid` of a role session ends in its name.
    fn outsider_entry(&mut self, account: &str, listed: &str) -> (Term, Form) {
        let Some(arn) = Arn::parse(listed).filter(|a| a.account == account) else {
            return (Terms::FALSE, Form::Role);
        };
        let literal = |text: &str| text.chars().map(Token::Char).collect::<Vec<_>>();
        let Some((_, role, session)) = session_of(listed) else {
            return (self.outsider_within(vec![literal(listed).into()]), Form::Role);
        };
        // A session's ARN carries no path, its role's may.
        let head = format!("arn:{}:iam::{account}:role/", arn.partition);
        let mut with_path = literal(&head);
        with_path.push(Token::AnyRun);
        with_path.extend(literal(&format!("/{role}")));
        let of_role = self.outsider_within(vec![literal(&format!("{head}{role}")).into(), with_path.into()]);
        let mut named = vec![Token::AnyOne, Token::AnyRun];
        named.extend(literal(&format!(":{session}")));
        let of_name = self.key_within("aws:userid", vec![named.into()]);
        (self.terms.and([of_role, of_name]), Form::Role)
    }

    /// Which principal of its account an outsider is: the one that the question names, or any.
    fn outsider_within(&mut self, patterns: Vec<Pattern>) -> Term {
        self.key_within("aws:principalarn", patterns)
    }

    fn key_within(&mut self, key: &str, patterns: Vec<Pattern>) -> Term {
        let set = self.compiler.languages.set(patterns, false);
        let subject = match self.keys.fact(key) {
            KeyFact::Fixed(ContextValue::Single(arn)) => Subject::Known(arn.into()),
            _ => Subject::Open(Field::Key(key.into())),
        };
        self.in_set(&subject, &set)
    }

    /// The caller is a user or root user of the account: an outsider may be.
    pub(crate) fn is_user_of(&mut self, account: &str) -> Term {
        let forms = ["user/?*", "root"].map(|form| format!("arn:*:iam::{account}:{form}"));
        let parsed = forms.iter().map(|f| PatternText::parse(f, Version::V2008, Wildcards::Segments, false));
        let patterns = parsed.filter_map(|pattern| pattern.ground()).collect();
        self.outsider_within(patterns)
    }

    /// The caller is a root user. Of an outsider that is open, unless the question names it.
    pub(crate) fn is_root_user(&mut self) -> Term {
        let caller = self.scope.caller.clone();
        match &caller {
            Caller::Known(p) => Terms::constant(p.kind == PrincipalKind::Root),
            Caller::RoleSession { .. } => Terms::FALSE,
            Caller::Outsider { account } => {
                let text = format!("arn:*:iam::{account}:root");
                let root = PatternText::parse(&text, Version::V2008, Wildcards::Segments, false);
                self.outsider_within(root.ground().into_iter().collect())
            }
        }
    }
}

#[derive(Debug, Clone, Copy)]
enum Form {
    Direct,
    Role,
    Account,
}

/// Account and name of the role of a role ARN.
fn role_of(arn: &str) -> Option<(&str, &str)> {
    let arn = Arn::parse(arn)?;
    let path = arn.resource.strip_prefix("role/").filter(|_| arn.service == "iam")?;
    Some((arn.account, path.rsplit('/').next()?))
}

/// Account, role name and session name of an assumed-role ARN.
fn session_of(arn: &str) -> Option<(&str, &str, &str)> {
    let arn = Arn::parse(arn)?;
    let rest = arn.resource.strip_prefix("assumed-role/").filter(|_| arn.service == "sts")?;
    let (role, session) = rest.split_once('/')?;
    Some((arn.account, role, session))
}
