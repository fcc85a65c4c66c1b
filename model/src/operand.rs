//! Numbers, dates and addresses: texts that are compared as points on a line.
//!
//! IAM User Guide, "IAM JSON policy elements: Condition operators", sections "Numeric condition
//! operators", "Date condition operators" and "IP address condition operators". CONFORMANCE 3.5, 3.6.

use std::net::IpAddr;

/// Which line a text is a point of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scalar {
    /// Decimal numbers with up to twelve places after the point.
    Number,
    /// Instants, to the nanosecond.
    Date,
    /// Addresses; IPv4 and IPv6 are separate families.
    Ip,
}

/// A point: comparable with points of the same [`Scalar`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Point {
    /// 4 or 6 for addresses, 0 otherwise.
    pub family: u8,
    /// The place on the line; signed numbers are shifted so that unsigned order is their order.
    pub value: u128,
}

/// Twelve decimal places.
const NUMBER_SCALE: i128 = 1_000_000_000_000;
const SIGN: u128 = 1 << 127;

fn signed(value: i128) -> Point {
    Point { family: 0, value: value.cast_unsigned() ^ SIGN }
}

/// Reads the text of a request's value, or of a number or date in a policy.
///
/// `None`: the text is not of that kind; such a value satisfies no comparison.
pub fn parse_point(scalar: Scalar, text: &str) -> Option<Point> {
    match scalar {
        Scalar::Number => parse_decimal(text, NUMBER_SCALE).map(signed),
        Scalar::Date => parse_date(text).map(signed),
        Scalar::Ip => text.parse::<IpAddr>().ok().map(address_point),
    }
}

/// Reads an address or a CIDR range as its first and last address; no prefix means that address alone.
pub fn parse_network(text: &str) -> Option<(Point, Point)> {
    if let Ok(address) = text.parse::<IpAddr>() {
        return Some((address_point(address), address_point(address)));
    }
    let net: ipnet::IpNet = text.parse().ok()?;
    Some((address_point(net.network()), address_point(net.broadcast())))
}

/// The text of a point, such that [`parse_point`] gives the point back.
pub fn render_point(scalar: Scalar, point: Point) -> String {
    match scalar {
        Scalar::Number => render_decimal((point.value ^ SIGN).cast_signed()),
        Scalar::Date => render_date((point.value ^ SIGN).cast_signed()),
        Scalar::Ip if point.family == 4 => {
            std::net::Ipv4Addr::from(u32::try_from(point.value).unwrap_or(u32::MAX)).to_string()
        }
        Scalar::Ip => std::net::Ipv6Addr::from(point.value).to_string(),
    }
}

/// The least and the greatest point of each family of a line: where texts can lie.
pub fn whole_line(scalar: Scalar) -> Vec<(Point, Point)> {
    match scalar {
        Scalar::Number => vec![(signed(-NUMBER_LIMIT), signed(NUMBER_LIMIT))],
        Scalar::Date => vec![(signed(-DATE_LIMIT), signed(DATE_LIMIT))],
        Scalar::Ip => vec![
            (Point { family: 4, value: 0 }, Point { family: 4, value: u128::from(u32::MAX) }),
            (Point { family: 6, value: 0 }, Point { family: 6, value: u128::MAX }),
        ],
    }
}

/// Numbers beyond ± 10^24 are not read as numbers.
const NUMBER_LIMIT: i128 = 1_000_000_000_000_000_000_000_000 * NUMBER_SCALE;
/// Seconds further from 1970 are not read as dates; the years ± 9999 lie within.
const DATE_LIMIT: i128 = 400_000_000_000 * NANOSECONDS;
const NANOSECONDS: i128 = 1_000_000_000;

fn address_point(address: IpAddr) -> Point {
    match address {
        IpAddr::V4(a) => Point { family: 4, value: u128::from(u32::from(a)) },
        IpAddr::V6(a) => Point { family: 6, value: u128::from(a) },
    }
}

/// `[+-]digits[.digits]`, exactly, as a multiple of `1 / scale`; `None` where it has more places.
fn parse_decimal(text: &str, scale: i128) -> Option<i128> {
    let (negative, body) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, fraction) = body.split_once('.').unwrap_or((body, ""));
    let fraction = fraction.trim_end_matches('0');
    if whole.is_empty()
        || !whole.bytes().chain(fraction.bytes()).all(|b| b.is_ascii_digit())
        || whole.len() > 30
    {
        return None;
    }
    let mut value = whole.parse::<i128>().ok()?.checked_mul(scale)?;
    let mut unit = scale;
    for b in fraction.bytes() {
        if unit % 10 != 0 {
            return None;
        }
        unit /= 10;
        value = value.checked_add(i128::from(b - b'0') * unit)?;
    }
    let limit = if scale == NUMBER_SCALE { NUMBER_LIMIT } else { DATE_LIMIT };
    (value <= limit).then_some(if negative { -value } else { value })
}

fn render_decimal(value: i128) -> String {
    render_fixed(value, NUMBER_SCALE, 12)
}

/// A multiple of `1 / scale` as a decimal number; `places` is the number of digits that `scale` stands for.
fn render_fixed(value: i128, scale: i128, places: usize) -> String {
    let sign = if value < 0 { "-" } else { "" };
    let (whole, fraction) = (value.abs() / scale, value.abs() % scale);
    if fraction == 0 {
        return format!("{sign}{whole}");
    }
    format!("{sign}{whole}.{}", format!("{fraction:0places$}").trim_end_matches('0'))
}

/// ISO 8601 (date, or date and time, UTC where no offset is given) or seconds since the epoch.
fn parse_date(text: &str) -> Option<i128> {
    if let Some(seconds) = parse_decimal(text, NANOSECONDS) {
        return Some(seconds);
    }
    if let Ok(instant) = text.parse::<jiff::Timestamp>() {
        return Some(instant.as_nanosecond());
    }
    // The last day of the year 9999, which policies like to name, is beyond what a timestamp holds.
    let local_text = text.strip_suffix(['Z', 'z']).unwrap_or(text);
    let local = match local_text.parse::<jiff::civil::DateTime>() {
        Ok(local) => local,
        Err(_) => local_text.parse::<jiff::civil::Date>().ok()?.to_datetime(jiff::civil::Time::midnight()),
    };
    let epoch = jiff::civil::DateTime::constant(1970, 1, 1, 0, 0, 0, 0);
    Some(local.duration_since(epoch).as_nanos())
}

fn render_date(nanoseconds: i128) -> String {
    match jiff::Timestamp::from_nanosecond(nanoseconds) {
        Ok(instant) => instant.to_string(),
        Err(_) => render_fixed(nanoseconds, NANOSECONDS, 9),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn numbers_compare_as_decimals() {
        let n = |t| parse_point(Scalar::Number, t);
        assert!(n("9").unwrap() < n("10").unwrap());
        assert!(n("-1").unwrap() < n("0").unwrap());
        assert_eq!(n("1.50"), n("1.5"));
        assert_eq!(n("+3"), n("3"));
        for bad in ["", "x", "1e3", "1.", ".5", "--1", "0x1", "1 "] {
            assert_eq!(n(bad), if bad == "1." { n("1") } else { None }, "{bad}");
        }
    }

    #[test]
    fn dates_mix_forms() {
        let d = |t| parse_point(Scalar::Date, t).unwrap();
        assert_eq!(d("2020-01-01T00:00:00Z"), d("1577836800"));
        assert_eq!(d("2020-01-01"), d("1577836800"));
        assert_eq!(d("2020-01-01T01:00:00+01:00"), d("1577836800"));
        assert!(d("2020-01-01T00:00:00.5Z") > d("1577836800"));
        assert_eq!(d("9999-12-31T23:59:59Z"), d("253402300799"));
        assert_eq!(d("9999-12-31"), d("253402214400"));
        for end in ["9999-12-31T23:59:59.25Z", "-009999-01-03T00:00:00Z"] {
            let point = d(end);
            assert_eq!(parse_point(Scalar::Date, &render_point(Scalar::Date, point)), Some(point));
            assert!(whole_line(Scalar::Date).iter().all(|(first, last)| *first <= point && point <= *last));
        }
    }

    #[test]
    fn addresses_keep_their_family() {
        assert_eq!(parse_network("10.0.0.1").map(|(a, b)| a == b), Some(true));
        let (first, last) = parse_network("0.0.0.0/0").unwrap();
        let p = parse_point(Scalar::Ip, "255.1.2.3").unwrap();
        assert!(first <= p && p <= last);
        let six = parse_point(Scalar::Ip, "::1").unwrap();
        assert!(!(first <= six && six <= last));
        assert_eq!(parse_network("10.0.0.0/33"), None);
    }

    #[test]
    fn points_survive_rendering() {
        for (scalar, text) in
            [(Scalar::Number, "-12.25"), (Scalar::Date, "2021-05-06T07:08:09Z"), (Scalar::Ip, "2001:db8::5")]
        {
            let point = parse_point(scalar, text).unwrap();
            assert_eq!(parse_point(scalar, &render_point(scalar, point)), Some(point));
        }
    }
}
