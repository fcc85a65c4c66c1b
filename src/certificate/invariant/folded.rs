//! Guards that need no proof: their formulas are false as they stand.

use crate::ask::{CallerEntity, Obligation, Owed, OwedCall, Part, Visitor};
use gateproof_encodings::term::Terms;

/// How many formulas a guard has, where all are false as they stand.
pub(super) fn folded(terms: &mut Terms, owed: &Owed<'_>, caller: &CallerEntity) -> Option<usize> {
    if owed.has_uncatalogued_actions() {
        return None;
    }
    let mut folds = Folds { terms, pieces: 0 };
    owed.walk(caller, Part::Known, &mut folds).ok().map(|()| folds.pieces)
}

struct Folds<'t> {
    terms: &'t mut Terms,
    pieces: usize,
}

/// Some formula is not false as it stands.
struct Open;

impl Visitor for Folds<'_> {
    type Fault = Open;

    fn settle(&mut self, owed: &Obligation<'_>) -> Result<(), Open> {
        if self.settle_together(owed)? { Ok(()) } else { Err(Open) }
    }

    fn settle_together(&mut self, owed: &Obligation<'_>) -> Result<bool, Open> {
        let folded = owed.folded(self.terms).is_some();
        self.pieces += usize::from(folded);
        Ok(folded)
    }

    fn strike(&mut self, owed: &Obligation<'_>) -> Result<bool, Open> {
        self.settle_together(owed)
    }

    fn settle_call(&mut self, call: &OwedCall<'_, '_>) -> Result<(), Open> {
        if call.walk(None, self)? { Ok(()) } else { Err(Open) }
    }
}
