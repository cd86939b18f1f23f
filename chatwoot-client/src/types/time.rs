//! Times in the three forms that Chatwoot uses, as one type that remembers its form.

use std::fmt;

use jiff::Timestamp;
use jiff::fmt::temporal::{DateTimePrinter, Pieces};
use jiff::tz::Offset;
use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The form of a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Form {
    /// Epoch seconds; the number that was read, which may exceed the calendar's range.
    Seconds(i64),
    /// Epoch seconds with a fraction; the bits of the double that was read, because the server's
    /// double is not always the nearest one to its microseconds.
    Fraction(u64),
    /// ISO 8601 with this many digits after the decimal point; the offset from UTC, `None` for `Z`.
    Text(u8, Option<Offset>),
}

/// A time as Chatwoot writes it: epoch seconds, epoch seconds with a fraction, or ISO 8601.
///
/// It serializes to the form it was read from. Times compare by instant, whatever their form. The
/// server accepts any number as a time, including milliseconds in place of seconds; a time after
/// the year 9999 is read as the last instant of that year, and one before the year -9999 as the
/// first instant of that year.
///
/// ```
/// use chatwoot_client::Time;
///
/// let seconds: Time = serde_json::from_str("1795221283").unwrap();
/// let text: Time = serde_json::from_str(r#""2026-11-21T00:34:43.000Z""#).unwrap();
/// assert_eq!(seconds, text);
/// assert_eq!(serde_json::to_string(&text).unwrap(), r#""2026-11-21T00:34:43.000Z""#);
///
/// let never: Time = serde_json::from_str("0").unwrap();
/// assert_eq!(never.at(), None);
/// ```
#[derive(Clone, Copy)]
pub struct Time {
    at: Timestamp,
    form: Form,
}

impl Time {
    /// Returns the instant; `None` if the server sent 0, which means "never".
    pub fn at(self) -> Option<Timestamp> {
        (self.at != Timestamp::UNIX_EPOCH).then_some(self.at)
    }

    /// Returns the seconds since the epoch; 0 for "never".
    pub fn seconds(self) -> i64 {
        if let Form::Seconds(seconds) = self.form { seconds } else { self.at.as_second() }
    }

    fn from_fraction(seconds: f64) -> Option<Self> {
        // Split first: the fraction alone is exact to the nanosecond, the sum is not, and some
        // responses have more digits than microseconds.
        let whole = seconds.trunc();
        #[expect(clippy::cast_possible_truncation, reason = "the range is checked by jiff")]
        let nanos = i128::from(whole as i64) * 1_000_000_000
            + i128::from(((seconds - whole) * 1e9).round() as i64);
        let at = Timestamp::from_nanosecond(nanos).ok()?;
        Some(Self { at, form: Form::Fraction(seconds.to_bits()) })
    }

    fn from_text(text: &str) -> Option<Self> {
        let at = text.parse().ok()?;
        let digits = text
            .split_once('.')
            .map_or(0, |(_, rest)| rest.bytes().take_while(u8::is_ascii_digit).count());
        let zulu = text.ends_with(['Z', 'z']);
        let offset = if zulu { None } else { Pieces::parse(text).ok()?.to_numeric_offset() };
        Some(Self { at, form: Form::Text(u8::try_from(digits.min(9)).ok()?, offset) })
    }
}

impl From<Timestamp> for Time {
    /// Converts to epoch seconds with a fraction.
    fn from(at: Timestamp) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "exact for the next two centuries")]
        let seconds = at.as_microsecond() as f64 / 1e6;
        Self { at, form: Form::Fraction(seconds.to_bits()) }
    }
}

impl PartialEq for Time {
    fn eq(&self, other: &Self) -> bool {
        self.at == other.at
    }
}

impl Eq for Time {}

impl PartialOrd for Time {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Time {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.at.cmp(&other.at)
    }
}

impl fmt::Debug for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.at.fmt(f)
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.at.fmt(f)
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.form {
            Form::Seconds(seconds) => serializer.serialize_i64(seconds),
            Form::Fraction(bits) => serializer.serialize_f64(f64::from_bits(bits)),
            Form::Text(digits, offset) => {
                let printer = DateTimePrinter::new().precision(Some(digits));
                serializer.serialize_str(&match offset {
                    None => printer.timestamp_to_string(&self.at),
                    Some(offset) => printer.timestamp_with_offset_to_string(&self.at, offset),
                })
            }
        }
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TimeVisitor)
    }
}

struct TimeVisitor;

impl Visitor<'_> for TimeVisitor {
    type Value = Time;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("epoch seconds, epoch seconds with a fraction, or an ISO 8601 time")
    }

    fn visit_i64<E: de::Error>(self, seconds: i64) -> Result<Time, E> {
        let end = if seconds < 0 { Timestamp::MIN } else { Timestamp::MAX };
        let at = Timestamp::from_second(seconds).unwrap_or(end);
        Ok(Time { at, form: Form::Seconds(seconds) })
    }

    fn visit_u64<E: de::Error>(self, seconds: u64) -> Result<Time, E> {
        self.visit_i64(i64::try_from(seconds).map_err(|_| out_of_range())?)
    }

    fn visit_f64<E: de::Error>(self, seconds: f64) -> Result<Time, E> {
        Time::from_fraction(seconds).ok_or_else(out_of_range)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Time, E> {
        Time::from_text(text).ok_or_else(|| E::custom("not an ISO 8601 time"))
    }
}

fn out_of_range<E: de::Error>() -> E {
    E::custom("time out of range")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_form_is_written_as_it_was_read() {
        for text in [
            "0",
            "1795221283",
            "1795221284.279571",
            "1795221284.2795718",
            "1795221293.3558242",
            "1795221284.0",
            "1795221285.6559758",
            "\"2026-11-21T00:34:41.557Z\"",
            "\"2026-11-21T00:34:41Z\"",
            "\"2026-11-21T00:34:41.557+05:30\"",
            "\"2026-11-21T00:34:41-03:00\"",
            "\"2026-11-21T00:34:41.000+00:00\"",
            "\"1969-12-31T23:59:59.999Z\"",
            "-62135596800",
            "-1.25",
            "1795221284000",
            "-1795221284000",
        ] {
            let time: Time = serde_json::from_str(text).expect(text);
            assert_eq!(serde_json::to_string(&time).expect(text), text);
        }
    }

    #[test]
    fn a_time_is_in_range_or_an_error() {
        let late: Time = serde_json::from_str("1795221284000").expect("a time");
        assert_eq!(late.at(), Some(Timestamp::MAX));
        for text in ["1e300", "18446744073709551615", "\"soon\"", "\"\""] {
            assert!(serde_json::from_str::<Time>(text).is_err(), "{text}");
        }
    }
}
