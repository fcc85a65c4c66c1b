//! Today's date: the one place that looks at the calendar.

use crate::audit::parse_date;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// The day given, or else today's in UTC.
pub(super) fn today(given: Option<Date>) -> Date {
    given.unwrap_or_else(|| Timestamp::now().to_zoned(TimeZone::UTC).date())
}

/// `--today`.
pub(super) fn parse_today(text: &str) -> Result<Date, String> {
    parse_date(text).ok_or_else(|| "expected a date such as 2027-01-31".to_owned())
}
