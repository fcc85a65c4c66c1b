//! Tokens of identity providers: the account of the role decides whose, and for which audience.

use super::super::federation::Admission;
use super::{Ties, literal};
use gateproof_encodings::term::Terms;

impl Ties<'_, '_> {
    /// A role is assumed with a token only of a provider that its account has, and for an audience that the
    /// provider admits.
    pub fn token(&mut self) {
        match self.facts.admission() {
            Admission::NotAsked | Admission::Untold { .. } => {}
            Admission::Absent => self.parts.push(Terms::FALSE),
            Admission::For { key, client_ids } => {
                let admitted = client_ids.iter().map(|id| literal(id)).collect();
                let audience = if self.facts.is_multivalued(&key) {
                    let set = self.encoder.compiler.languages.set(admitted, false);
                    self.member(&key, set, true)
                } else {
                    self.within(&key, admitted, false)
                };
                self.parts.push(audience);
            }
        }
    }
}
