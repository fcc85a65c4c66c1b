//! Waivers: violations that a team lives with for a while, each with a reason, an owner and a last day.

use super::Audit;
use super::finding::{Judgement, LENGTH};
use jiff::civil::Date;
use serde::{Serialize, Serializer};

/// A waiver, as `gateproof.toml` says it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Waiver {
    /// The fingerprint of the finding, or what it begins with.
    pub fingerprint: String,
    /// Why the violation is lived with.
    pub reason: String,
    /// Who answers for that.
    pub owner: String,
    /// The last day on which it counts, in UTC.
    #[serde(serialize_with = "as_text")]
    pub expires: Date,
}

fn as_text<S: Serializer>(date: &Date, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(date)
}

/// What a waiver of `gateproof.toml` lacks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{key}: found `{found}`, expected {expected}")]
pub struct WaiverError {
    /// The key.
    pub key: &'static str,
    /// What it holds.
    pub found: String,
    /// What it should hold.
    pub expected: &'static str,
}

/// So many characters of a fingerprint at least, so that a waiver isn't of another finding by chance.
const SHORTEST: usize = 8;

impl Waiver {
    /// A waiver from its four parts.
    ///
    /// # Errors
    /// Where a part is empty or not of its form.
    pub fn parse(fingerprint: &str, reason: &str, owner: &str, expires: &str) -> Result<Self, WaiverError> {
        let filled = |key, text: &str| match text.trim() {
            "" => Err(WaiverError { key, found: text.to_owned(), expected: "some words" }),
            text => Ok(text.to_owned()),
        };
        let fingerprint = fingerprint.trim().to_ascii_lowercase();
        let long = (SHORTEST..=2 * LENGTH).contains(&fingerprint.len());
        if !long || !fingerprint.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(WaiverError {
                key: "fingerprint",
                found: fingerprint,
                expected: "the fingerprint of a finding, or at least its first 8 characters",
            });
        }
        Ok(Self {
            fingerprint,
            reason: filled("reason", reason)?,
            owner: filled("owner", owner)?,
            expires: parse_date(expires).ok_or_else(|| WaiverError {
                key: "expires",
                found: expires.to_owned(),
                expected: "a date such as 2027-01-31",
            })?,
        })
    }
}

/// A full date of RFC 3339, section 5.6, and nothing else.
pub fn parse_date(text: &str) -> Option<Date> {
    let full = text.len() == 10
        && text.bytes().enumerate().all(|(n, byte)| match n {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    full.then(|| text.parse().ok()).flatten()
}

/// What becomes of a waiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum WaiverState {
    /// It waives a violation.
    InForce,
    /// Its last day is over: the violation is none the less one.
    Expired,
    /// No finding of this audit has such a fingerprint.
    Unmatched,
    /// Several findings have: it waives none.
    Ambiguous,
    /// What it names isn't violated.
    Needless,
}

impl WaiverState {
    /// What is to be said of it.
    pub fn words(self) -> &'static str {
        match self {
            Self::InForce => "waives a violation",
            Self::Expired => "has expired, and waives nothing any more",
            Self::Unmatched => "matches no finding of this audit",
            Self::Ambiguous => "matches several findings, and waives none of them",
            Self::Needless => "matches a finding that is not violated",
        }
    }
}

/// A waiver and what becomes of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct JudgedWaiver {
    /// What `gateproof.toml` says.
    #[serde(flatten)]
    pub waiver: Waiver,
    /// What becomes of it.
    pub state: WaiverState,
}

impl Audit {
    /// Applies waivers, as they stand on a day. A violation that is waived blocks nothing any more; what becomes of each waiver is kept.
    pub fn waive(&mut self, waivers: &[Waiver], today: Date) {
        self.waivers = waivers.iter().map(|waiver| self.waive_one(waiver, today)).collect();
    }

    fn waive_one(&mut self, waiver: &Waiver, today: Date) -> JudgedWaiver {
        let named = self.findings.iter_mut().filter(|f| f.fingerprint.starts_with(&waiver.fingerprint));
        let mut named: Vec<_> = named.collect();
        let state = match named.as_slice() {
            [] => WaiverState::Unmatched,
            [finding] if finding.verdict != Judgement::Violated => WaiverState::Needless,
            [_] if waiver.expires < today => WaiverState::Expired,
            [_] => WaiverState::InForce,
            _ => WaiverState::Ambiguous,
        };
        let judged = JudgedWaiver { waiver: waiver.clone(), state };
        if let ([finding], WaiverState::InForce | WaiverState::Expired) = (named.as_mut_slice(), state) {
            // Of two waivers of one finding the one in force counts.
            if !finding.is_waived() {
                finding.waiver = Some(judged.clone());
            }
        }
        judged
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_four_parts_are_needed_in_their_form() {
        let waiver = Waiver::parse("0123456789AB", " known ", "ana", "2028-02-29").unwrap();
        assert_eq!((&*waiver.fingerprint, &*waiver.reason), ("0123456789ab", "known"));
        let wrong = |f, r, o, e| Waiver::parse(f, r, o, e).unwrap_err().key;
        assert_eq!(wrong("0123456", "r", "o", "2027-01-31"), "fingerprint");
        assert_eq!(wrong("0123456789abcdef0123456789", "r", "o", "2027-01-31"), "fingerprint");
        assert_eq!(wrong("0123456x", "r", "o", "2027-01-31"), "fingerprint");
        assert_eq!(wrong("01234567", " ", "o", "2027-01-31"), "reason");
        assert_eq!(wrong("01234567", "r", "", "2027-01-31"), "owner");
        for date in [
            "2027-02-29",
            "2027-1-31",
            "20270131",
            "2027-01-31T00:00:00Z",
            "soon",
            "2027-13-01",
            "+027-01-31",
        ] {
            assert_eq!(wrong("01234567", "r", "o", date), "expires", "{date}");
        }
    }
}
