//! Several authorizations of one call in one formula: which fields they share, and how the others are told
//! apart.

use gateproof_encodings::classes::Values;
use gateproof_encodings::field::Field;
use gateproof_encodings::scope::{KeyFact, KeyFacts};
use gateproof_encodings::term::Atom;
use gateproof_model::catalogue::{Catalogue, KeyOwner};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What the caller chooses once a call; the rest of what it chooses belongs to one resource of it.
const ONCE_A_CALL: [&str; 6] = [
    "aws:requestedregion",
    "aws:securetransport",
    "aws:useragent",
    "aws:referer",
    "aws:sourceidentity",
    "aws:ismcpserviceaction",
];

/// Whether all authorizations of a call see one value of the key: the caller, its session, the network and the
/// clock are the same for all, resources and what is asked of them are not.
pub fn is_shared(catalogue: &Catalogue, key: &str) -> bool {
    match catalogue.who_fixes(key) {
        KeyOwner::Principal | KeyOwner::Session | KeyOwner::CallingService | KeyOwner::Free => true,
        KeyOwner::Organization => !key.starts_with("aws:resource"),
        KeyOwner::Resource => false,
        KeyOwner::Caller => ONCE_A_CALL.contains(&key),
    }
}

/// The fields of all authorizations, by the names that the joint formula has for them.
#[derive(Debug, Default)]
pub struct Names {
    /// Whose a field is, and its own name there. Fields that are not here are shared.
    owners: BTreeMap<Field, (usize, Field)>,
}

impl Names {
    /// The name of a field of the `n`th authorization in the joint formula.
    pub fn name(&mut self, catalogue: &Catalogue, n: usize, field: &Field) -> Field {
        if let Field::Key(key) = field
            && is_shared(catalogue, key)
        {
            return field.clone();
        }
        let named = match field {
            _ if n == 0 => field.clone(),
            Field::Key(key) => Field::Key(format!("{key} of authorization {}", n + 1).into()),
            Field::Resource | Field::Action => {
                Field::Key(format!("{} of authorization {}", field.name(), n + 1).into())
            }
        };
        self.owners.insert(named.clone(), (n, field.clone()));
        named
    }

    /// The atom under its name in the joint formula.
    pub fn rename(&mut self, catalogue: &Catalogue, n: usize, atom: &Atom) -> Atom {
        if let Atom::Free(name) = atom {
            let of_subject = name.starts_with("variable: ") && n > 0;
            return match of_subject {
                true => Atom::Free(format!("{name} (authorization {})", n + 1).into()),
                false => atom.clone(),
            };
        }
        match atom.field() {
            Some(field) => atom.with_field(self.name(catalogue, n, field)),
            None => atom.clone(),
        }
    }

    /// The atom as the `n`th authorization sees it; of no field where it is about another one.
    pub fn seen_from(&self, n: usize, atom: &Atom) -> Atom {
        let Some(field) = atom.field() else { return atom.clone() };
        match self.owners.get(field) {
            None => atom.clone(),
            Some((owner, own)) if *owner == n => atom.with_field(own.clone()),
            Some(_) => Atom::Free("of another authorization".into()),
        }
    }

    /// The values as the `n`th authorization sees them; keys that it knows already are left out.
    pub fn values(&self, n: usize, values: &Values, facts: &impl KeyFacts) -> Values {
        let own = |field: &Field| -> Option<Field> {
            let seen = match self.owners.get(field) {
                None => field.clone(),
                Some((owner, own)) if *owner == n => own.clone(),
                Some(_) => return None,
            };
            match &seen {
                Field::Key(key) if !matches!(facts.fact(key), KeyFact::Open { .. }) => None,
                _ => Some(seen),
            }
        };
        Values {
            texts: values.texts.iter().filter_map(|(f, v)| Some((own(f)?, v.clone()))).collect(),
            members: values.members.iter().filter_map(|(f, v)| Some((own(f)?, v.clone()))).collect(),
            free: values.free.clone(),
        }
    }

    /// Gives shared keys the values that another authorization chose.
    pub fn agree(
        &self,
        catalogue: &Catalogue,
        chosen: &BTreeMap<Field, Option<Arc<str>>>,
        values: &mut Values,
    ) {
        for (field, text) in &mut values.texts {
            let shared = matches!(field, Field::Key(key) if is_shared(catalogue, key));
            if let (true, Some(same)) = (shared, chosen.get(field)) {
                text.clone_from(same);
            }
        }
    }
}
