//! Keys of the session: devices, times of issue, names.

use super::super::caller::{CallerEntity, Sessions, UNKNOWN_ID};
use super::Ties;
use gateproof_encodings::field::Field;
use gateproof_encodings::language::RangeSet;
use gateproof_encodings::scope::{Caller, KeyFact, KeyFacts};
use gateproof_encodings::term::{Atom, Terms};
use gateproof_model::operand::{Scalar, parse_point, whole_line};
use gateproof_model::pattern::{Pattern, Token};
use std::collections::BTreeSet;
use std::sync::Arc;

const MFA: &str = "aws:multifactorauthpresent";
const MFA_AGE: &str = "aws:multifactorauthage";
const ISSUED: &str = "aws:tokenissuetime";
const USER_ID: &str = "aws:userid";

/// What no role session's name holds (AWS STS API Reference, AssumeRole: `[\w+=,.@-]*`), as far as it can
/// be of use in an identifier.
const NOT_IN_SESSION_NAMES: [char; 8] = [':', '/', ' ', '*', '?', '$', '{', '"'];

impl Ties<'_, '_> {
    /// IAM User Guide, "AWS global condition context keys". CONFORMANCE 3.4, 3.7.
    pub fn session(&mut self, caller: &CallerEntity, mentioned: &BTreeSet<Arc<str>>) {
        let device = mentioned.contains(MFA) || mentioned.contains(MFA_AGE);
        if device {
            self.device(caller.sessions);
        }
        if mentioned.contains(ISSUED) {
            self.issued(caller.sessions);
        }
        if mentioned.contains(USER_ID)
            && let Caller::RoleSession { unique_id, .. } = &caller.caller
        {
            self.user_id(unique_id);
        }
    }

    /// The age is there iff a device was used; long-term keys carry neither, role sessions always say
    /// whether.
    fn device(&mut self, sessions: Sessions) {
        let present = self.present(MFA);
        let used = self.equals(MFA, &["true"], true);
        let age = self.present(MFA_AGE);
        self.same(age, used);
        if age != Terms::FALSE {
            let not_negative = whole_line(Scalar::Number).first().and_then(|(_, last)| {
                let zero = parse_point(Scalar::Number, "0")?;
                Some(Arc::new(RangeSet::new(Scalar::Number, vec![(zero, *last)])))
            });
            if let (Some(set), KeyFact::Open { .. }) = (not_negative, self.facts.fact(MFA_AGE)) {
                let counted = self.encoder.terms.atom_term(Atom::Range(Field::Key(MFA_AGE.into()), set));
                self.implies(age, counted);
            }
        }
        if let Sessions::Role { device } = sessions {
            self.parts.push(present);
            if !device {
                let unused = self.encoder.terms.not(used);
                self.parts.push(unused);
            }
        }
    }

    /// Both the flag of the device and the time of issue are there "only when the principal uses temporary
    /// credentials"; a role session always does.
    fn issued(&mut self, sessions: Sessions) {
        let issued = self.present(ISSUED);
        match sessions {
            Sessions::Role { .. } => self.parts.push(issued),
            Sessions::User => {
                let flag = self.present(MFA);
                self.same(issued, flag);
            }
            Sessions::Other | Sessions::Outsider => {}
        }
    }

    /// A role session's id is the role's unique id, a colon and the session name, of at least two
    /// characters.
    fn user_id(&mut self, unique_id: &str) {
        let mut head: Vec<Token> = unique_id.chars().map(Token::Char).collect();
        if unique_id == UNKNOWN_ID {
            head = vec![Token::AnyOneInSegment, Token::AnyRunInSegment];
        }
        head.push(Token::Char(':'));
        let followed = |tail: &[Token]| -> Pattern { head.iter().chain(tail).copied().collect() };
        let id = self.within(USER_ID, vec![followed(&[Token::AnyOne, Token::AnyOne, Token::AnyRun])], false);
        let odd = NOT_IN_SESSION_NAMES
            .iter()
            .map(|c| followed(&[Token::AnyRun, Token::Char(*c), Token::AnyRun]))
            .collect();
        let odd = self.within(USER_ID, odd, false);
        let plain = self.encoder.terms.not(odd);
        self.parts.extend([id, plain]);
    }
}
