//! Points in time as the CLI prints them.

use jiff::Timestamp;
use serde::de::Error;
use serde::{Deserialize, Deserializer};

/// Text by ISO 8601, or, from older versions of the CLI, seconds since 1970.
///
/// AWS CLI User Guide, "Controlling command output", `cli_timestamp_format`.
#[derive(Deserialize)]
#[serde(untagged)]
enum Printed {
    Text(String),
    Seconds(f64),
}

/// A point in time that may be absent.
pub(super) fn parse_moment<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Timestamp>, D::Error> {
    let odd = || D::Error::custom("expected a point in time");
    match Option::<Printed>::deserialize(deserializer)? {
        None => Ok(None),
        Some(Printed::Text(text)) => text.parse().map(Some).map_err(|_| odd()),
        Some(Printed::Seconds(seconds)) => {
            let time = jiff::SignedDuration::try_from_secs_f64(seconds).map_err(|_| odd())?;
            Timestamp::from_duration(time).map(Some).map_err(|_| odd())
        }
    }
}
