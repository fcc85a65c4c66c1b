//! Keys of the principal: its organization, and principals of other accounts.

use super::super::caller::CallerEntity;
use super::{Ties, literal};
use gateproof_encodings::term::Terms;
use gateproof_model::pattern::{PatternText, Token, Wildcards};
use gateproof_model::policy::Version;
use std::collections::BTreeSet;
use std::sync::Arc;

impl Ties<'_, '_> {
    /// Whoever's organization is left open is not of ours.
    pub fn organization(&mut self, caller: &CallerEntity, mentioned: &BTreeSet<Arc<str>>) {
        let account = caller.account.as_deref().unwrap_or_default();
        let Some(ours) = self.facts.organization_without(account) else { return };
        if mentioned.contains("aws:principalorgid") {
            let same = self.equals("aws:principalorgid", &[&ours], false);
            let other = self.encoder.terms.not(same);
            self.parts.push(other);
        }
        if mentioned.contains("aws:principalorgpaths") {
            let mut pattern: Vec<Token> = literal(&ours).to_vec();
            pattern.extend([Token::Char('/'), Token::AnyRun]);
            let set = self.encoder.compiler.languages.set(vec![pattern.into()], false);
            let inside = self.member("aws:principalorgpaths", set, true);
            let other = self.encoder.terms.not(inside);
            self.parts.push(other);
        }
    }

    /// A principal elsewhere is a user, role, federated user or root user of its account; only users have
    /// a user name.
    pub fn outsider(&mut self, account: &str, partition: &str, mentioned: &BTreeSet<Arc<str>>) {
        let arns = |service: &str, forms: &[&str]| {
            let texts = forms.iter().map(|form| format!("arn:{partition}:{service}::{account}:{form}"));
            let parsed =
                texts.map(|t| PatternText::parse(&t, Version::V2008, Wildcards::Segments, false).ground());
            parsed.flatten().collect::<Vec<_>>()
        };
        let mut any = arns("iam", &["user/?*", "role/?*", "root"]);
        any.extend(arns("sts", &["federated-user/?*"]));
        let arn = self.within("aws:principalarn", any, false);
        self.parts.push(arn);
        if mentioned.contains("aws:username") {
            let named = self.present("aws:username");
            let user = self.within("aws:principalarn", arns("iam", &["user/?*"]), false);
            if named != Terms::FALSE {
                self.same(named, user);
            }
        }
    }
}
