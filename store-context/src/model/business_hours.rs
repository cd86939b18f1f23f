//! The weekly hours in which a store answers its customers.

use std::fmt;
use std::str::FromStr;

use chatwoot_client::application::inboxes::WorkingHours;
use jiff::Timestamp;
use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

/// The weekly hours in which a store answers its customers, in the store's time zone. A day has no
/// hours, on which it is closed, or any number that do not overlap.
///
/// As JSON it is `{"monday": [{"open": "09:00", "close": "17:30"}], ..}`; days that are left out are
/// closed.
///
/// ```
/// use store_context::Weekday::{Friday, Monday, Saturday, Thursday, Tuesday, Wednesday};
/// use store_context::model::BusinessHours;
///
/// let hours = BusinessHours::closed()
///     .open([Monday, Tuesday, Wednesday, Thursday, Friday], "09:00", "12:30")?
///     .open([Monday, Tuesday, Wednesday, Thursday, Friday], "13:30", "17:30")?
///     .open([Saturday], "10:00", "24:00")?;
/// let noon = "2026-11-20T12:00:00Z".parse()?;
/// assert!(!hours.is_open(noon, "Europe/Amsterdam")?, "a Friday at 13:00, the lunch break");
/// assert!(hours.is_open(noon, "UTC")?);
/// assert!(hours.open([Saturday], "23:00", "23:30").is_err(), "it is open then already");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "Week", into = "Week")]
pub struct BusinessHours {
    /// From Monday on; each day's hours in their order. Boxed: most stores have none.
    days: Box<[Vec<OpenHours>; 7]>,
}

/// The error for hours that cannot be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BusinessHoursError {
    /// A text is no time of the day.
    #[error("`{0}` is no time of the day from 00:00 to 24:00")]
    Time(String),
    /// The hours do not open before they close. Hours that pass midnight are those of two days.
    #[error("{open} is not before {close}")]
    Order {
        /// When they open.
        open: TimeOfDay,
        /// When they close.
        close: TimeOfDay,
    },
    /// Two hours of a day overlap.
    #[error("{first} and {second} overlap on {day:?}")]
    Overlap {
        /// The day.
        day: Weekday,
        /// The hours that open first.
        first: OpenHours,
        /// The hours that open before the first close.
        second: OpenHours,
    },
}

/// The error for a time zone that is not in the time zone database.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the time zone `{0}` is not known")]
pub struct UnknownTimeZone(String);

/// A time of the day in minutes, from 00:00 to 24:00.
///
/// ```
/// use store_context::model::TimeOfDay;
///
/// assert_eq!("09:05".parse(), Ok(TimeOfDay::new(9, 5).unwrap()));
/// assert_eq!(TimeOfDay::MIDNIGHT.to_string(), "24:00");
/// assert_eq!(TimeOfDay::new(24, 1), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TimeOfDay(u16);

impl TimeOfDay {
    /// The end of a day: 24:00.
    pub const MIDNIGHT: Self = Self(24 * 60);

    /// Creates a time of the day; `None` if it is later than 24:00 or the minute than 59.
    pub const fn new(hour: u8, minute: u8) -> Option<Self> {
        let minutes = hour as u16 * 60 + minute as u16;
        if minute < 60 && minutes <= Self::MIDNIGHT.0 { Some(Self(minutes)) } else { None }
    }

    /// Returns the hour, 0 to 24, and the minute.
    #[expect(clippy::cast_possible_truncation, reason = "a day has 24 hours of 60 minutes")]
    pub const fn parts(self) -> (u8, u8) {
        ((self.0 / 60) as u8, (self.0 % 60) as u8)
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (hour, minute) = self.parts();
        write!(f, "{hour:02}:{minute:02}")
    }
}

impl FromStr for TimeOfDay {
    type Err = BusinessHoursError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let two = |digits: &str| {
            let fits = digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_digit());
            if fits { digits.parse().ok() } else { None }
        };
        let time = text.split_once(':').and_then(|(hour, minute)| {
            let (hour, minute) = (two(hour)?, two(minute)?);
            Self::new(hour, minute)
        });
        time.ok_or_else(|| BusinessHoursError::Time(text.to_owned()))
    }
}

impl TryFrom<String> for TimeOfDay {
    type Error = BusinessHoursError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<TimeOfDay> for String {
    fn from(time: TimeOfDay) -> Self {
        time.to_string()
    }
}

/// Hours of one day: from opening, which is included, to closing, which is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "Bounds")]
pub struct OpenHours {
    open: TimeOfDay,
    close: TimeOfDay,
}

#[derive(Deserialize)]
struct Bounds {
    open: TimeOfDay,
    close: TimeOfDay,
}

impl OpenHours {
    /// Creates hours.
    ///
    /// # Errors
    /// Returns an error if they do not open before they close.
    pub fn new(open: TimeOfDay, close: TimeOfDay) -> Result<Self, BusinessHoursError> {
        if open < close {
            Ok(Self { open, close })
        } else {
            Err(BusinessHoursError::Order { open, close })
        }
    }

    /// Returns when they open.
    pub const fn opening(self) -> TimeOfDay {
        self.open
    }

    /// Returns when they close.
    pub const fn closing(self) -> TimeOfDay {
        self.close
    }
}

impl TryFrom<Bounds> for OpenHours {
    type Error = BusinessHoursError;

    fn try_from(Bounds { open, close }: Bounds) -> Result<Self, Self::Error> {
        Self::new(open, close)
    }
}

impl fmt::Display for OpenHours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} to {}", self.open, self.close)
    }
}

impl BusinessHours {
    /// Creates hours of which each day is closed.
    pub fn closed() -> Self {
        Self::default()
    }

    /// Adds hours to each of the days, from and to times such as `09:00`; the latest is `24:00`.
    ///
    /// # Errors
    /// Returns an error if a text is no time, the hours do not open before they close, or they overlap
    /// with others of a day. Hours may begin when others end.
    pub fn open(
        mut self,
        days: impl IntoIterator<Item = Weekday>,
        from: &str,
        to: &str,
    ) -> Result<Self, BusinessHoursError> {
        let hours = OpenHours::new(from.parse()?, to.parse()?)?;
        for day in days {
            self.add(day, hours)?;
        }
        Ok(self)
    }

    /// Returns the hours of a day in their order; none if it is closed.
    pub fn of(&self, day: Weekday) -> &[OpenHours] {
        self.days.get(index(day)).map_or(&[], Vec::as_slice)
    }

    /// Returns whether the hours include a moment in a time zone (`Europe/Amsterdam`). They follow the
    /// zone's clocks, also when these are set forward or back.
    ///
    /// # Errors
    /// Returns an error if the time zone is not known.
    pub fn is_open(&self, at: Timestamp, time_zone: &str) -> Result<bool, UnknownTimeZone> {
        let zone = TimeZone::get(time_zone).map_err(|_| UnknownTimeZone(time_zone.to_owned()))?;
        let local = at.to_zoned(zone).datetime();
        let minute = TimeOfDay(
            u16::from(local.hour().unsigned_abs()) * 60 + u16::from(local.minute().unsigned_abs()),
        );
        let of_day = self.of(local.weekday());
        Ok(of_day.iter().any(|hours| hours.open <= minute && minute < hours.close))
    }

    /// Returns the working hours of an inbox in Chatwoot, of all seven days from Sunday on.
    ///
    /// Chatwoot has one opening and one closing time a day: a day with a break is open from its first
    /// opening to its last closing. The latest closing time there is 23:59.
    ///
    /// ```
    /// use store_context::Weekday::Monday;
    /// use store_context::model::BusinessHours;
    ///
    /// let week = BusinessHours::closed().open([Monday], "09:00", "17:30")?.working_hours();
    /// assert_eq!((week.len(), week[0].closed_all_day, week[1].open_hour), (7, Some(true), Some(9)));
    /// # Ok::<(), store_context::model::BusinessHoursError>(())
    /// ```
    pub fn working_hours(&self) -> Vec<WorkingHours> {
        let last_minute = TimeOfDay(TimeOfDay::MIDNIGHT.0 - 1);
        let days = (0_u8..).zip(Weekday::Sunday.cycle_forward().take(7));
        let working = days.map(|(number, day)| match self.of(day) {
            [] => WorkingHours::closed(number),
            [first, .., last] | [first @ last] => {
                let (open, close) = (first.open, last.close);
                if open == TimeOfDay(0) && close == TimeOfDay::MIDNIGHT {
                    WorkingHours::all_day(number)
                } else {
                    WorkingHours::open(number, open.parts(), close.min(last_minute).parts())
                }
            }
        });
        working.collect()
    }

    fn add(&mut self, day: Weekday, hours: OpenHours) -> Result<(), BusinessHoursError> {
        let Some(of_day) = self.days.get_mut(index(day)) else { return Ok(()) };
        let place = of_day.partition_point(|other| other.open <= hours.open);
        let overlap = |first: OpenHours, second: OpenHours| {
            if second.open < first.close {
                Err(BusinessHoursError::Overlap { day, first, second })
            } else {
                Ok(())
            }
        };
        if let Some(before) = place.checked_sub(1).and_then(|before| of_day.get(before)) {
            overlap(*before, hours)?;
        }
        if let Some(after) = of_day.get(place) {
            overlap(hours, *after)?;
        }
        of_day.insert(place, hours);
        Ok(())
    }
}

/// Returns the place of a day in a week that begins on Monday.
fn index(day: Weekday) -> usize {
    usize::from(day.to_monday_zero_offset().unsigned_abs())
}

/// The JSON of business hours.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Week {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    monday: Vec<OpenHours>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    tuesday: Vec<OpenHours>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    wednesday: Vec<OpenHours>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    thursday: Vec<OpenHours>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    friday: Vec<OpenHours>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    saturday: Vec<OpenHours>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    sunday: Vec<OpenHours>,
}

impl From<BusinessHours> for Week {
    fn from(hours: BusinessHours) -> Self {
        let [monday, tuesday, wednesday, thursday, friday, saturday, sunday] = *hours.days;
        Self { monday, tuesday, wednesday, thursday, friday, saturday, sunday }
    }
}

impl TryFrom<Week> for BusinessHours {
    type Error = BusinessHoursError;

    fn try_from(week: Week) -> Result<Self, Self::Error> {
        let Week { monday, tuesday, wednesday, thursday, friday, saturday, sunday } = week;
        let days = [monday, tuesday, wednesday, thursday, friday, saturday, sunday];
        let mut hours = Self::closed();
        for (day, of_day) in Weekday::Monday.cycle_forward().zip(days) {
            for one in of_day {
                hours.add(day, one)?;
            }
        }
        Ok(hours)
    }
}

#[cfg(test)]
mod tests;
