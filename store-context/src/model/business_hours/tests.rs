use jiff::civil::Weekday::{Friday, Monday, Saturday, Sunday, Tuesday, Wednesday};
use proptest::prelude::*;
use serde_json::json;

use super::*;

fn time(text: &str) -> TimeOfDay {
    text.parse().unwrap()
}

fn open(hours: &BusinessHours, zone: &str, at: &str) -> bool {
    hours.is_open(at.parse().unwrap(), zone).unwrap()
}

#[test]
fn a_text_is_a_time_of_the_day_or_none() {
    assert_eq!((time("00:00"), time("24:00")), (TimeOfDay(0), TimeOfDay::MIDNIGHT));
    for wrong in
        ["", "9:00", "09:60", "24:01", "25:00", "09:0", "09:00:00", "+9:00", "09:+1", "é9:00"]
    {
        assert_eq!(wrong.parse::<TimeOfDay>(), Err(BusinessHoursError::Time(wrong.to_owned())));
    }
}

#[test]
fn hours_open_before_they_close_and_do_not_overlap() {
    let hours = || BusinessHours::closed().open([Monday], "09:00", "12:00").unwrap();
    for (from, to) in [("09:00", "09:00"), ("22:00", "02:00")] {
        let refused = hours().open([Tuesday], from, to);
        let order = BusinessHoursError::Order { open: time(from), close: time(to) };
        assert_eq!(refused, Err(order));
    }
    for (from, to) in [
        ("09:00", "12:00"),
        ("08:00", "09:01"),
        ("11:59", "13:00"),
        ("10:00", "11:00"),
        ("08:00", "13:00"),
    ] {
        let refused = hours().open([Sunday, Monday], from, to);
        let on_monday = |error: &BusinessHoursError| {
            matches!(error, BusinessHoursError::Overlap { day: Monday, .. })
        };
        assert!(refused.as_ref().is_err_and(on_monday), "{from} to {to}: {refused:?}");
    }
    let touching = hours().open([Monday], "12:00", "13:00").unwrap();
    let touching = touching.open([Monday], "08:00", "09:00").unwrap();
    let opened: Vec<_> = touching.of(Monday).iter().map(|hours| hours.opening()).collect();
    assert_eq!(opened, [time("08:00"), time("09:00"), time("12:00")]);
    assert_eq!(touching.of(Tuesday), []);
}

#[test]
fn hours_come_back_from_json_and_wrong_ones_do_not() {
    let hours = BusinessHours::closed()
        .open([Monday], "13:00", "24:00")
        .and_then(|hours| hours.open([Monday, Sunday], "09:00", "12:00"))
        .unwrap();
    let json = json!({
        "monday": [{ "open": "09:00", "close": "12:00" }, { "open": "13:00", "close": "24:00" }],
        "sunday": [{ "open": "09:00", "close": "12:00" }],
    });
    assert_eq!(serde_json::to_value(&hours).unwrap(), json);
    assert_eq!(serde_json::from_value::<BusinessHours>(json).unwrap(), hours);
    assert_eq!(serde_json::from_str::<BusinessHours>("{}").unwrap(), BusinessHours::closed());
    for wrong in [
        json!({ "monday": [{ "open": "12:00", "close": "09:00" }] }),
        json!({ "monday": [{ "open": "09:00", "close": "24:30" }] }),
        json!({ "monday": [{ "open": "09:00", "close": "12:00" }, { "open": "11:00", "close": "13:00" }] }),
        json!({ "monady": [] }),
    ] {
        assert!(serde_json::from_value::<BusinessHours>(wrong.clone()).is_err(), "{wrong}");
    }
}

/// On 29 March 2026 clocks in Amsterdam go from 02:00 to 03:00, on 25 October from 03:00 to 02:00.
#[test]
fn hours_follow_the_clocks_of_the_time_zone() {
    const ZONE: &str = "Europe/Amsterdam";
    let hours = BusinessHours::closed()
        .open([Monday, Saturday], "09:00", "17:00")
        .and_then(|hours| hours.open([Sunday], "02:30", "03:30"))
        .unwrap();
    // The Saturday before and the Monday after the change: an hour earlier in UTC.
    for (at, is_open) in [
        ("2026-03-28T07:59:59Z", false),
        ("2026-03-28T08:00:00Z", true),
        ("2026-03-28T15:59:59Z", true),
        ("2026-03-28T16:00:00Z", false),
        ("2026-03-30T06:59:59Z", false),
        ("2026-03-30T07:00:00Z", true),
        ("2026-03-30T14:59:59Z", true),
        ("2026-03-30T15:00:00Z", false),
        // 01:59 is followed by 03:00, which is after 02:30.
        ("2026-03-29T00:59:59Z", false),
        ("2026-03-29T01:00:00Z", true),
        ("2026-03-29T01:30:00Z", false),
        // 02:30 comes twice, and 02:15 in between.
        ("2026-10-25T00:29:59Z", false),
        ("2026-10-25T00:30:00Z", true),
        ("2026-10-25T01:15:00Z", false),
        ("2026-10-25T01:30:00Z", true),
        ("2026-10-25T02:29:59Z", true),
        ("2026-10-25T02:30:00Z", false),
    ] {
        assert_eq!(open(&hours, ZONE, at), is_open, "{at}");
    }
}

#[test]
fn the_day_is_that_of_the_time_zone() {
    let hours = BusinessHours::closed().open([Monday], "00:00", "24:00").unwrap();
    // A Sunday in UTC is a Monday in Auckland, and a Monday in UTC is a Sunday in Honolulu.
    let sunday = "2026-11-22T12:00:00Z";
    assert!(open(&hours, "Pacific/Auckland", sunday) && !open(&hours, "UTC", sunday));
    let monday = "2026-11-23T09:00:00Z";
    assert!(!open(&hours, "Pacific/Honolulu", monday) && open(&hours, "UTC", monday));
    let error = hours.is_open(Timestamp::UNIX_EPOCH, "Europe/Atlantis").unwrap_err();
    assert_eq!(error.to_string(), "the time zone `Europe/Atlantis` is not known");
}

#[test]
fn working_hours_are_those_of_an_inbox() {
    let hours = BusinessHours::closed()
        .open([Monday], "09:05", "12:00")
        .and_then(|hours| hours.open([Monday], "13:00", "17:30"))
        .and_then(|hours| hours.open([Tuesday], "00:00", "24:00"))
        .and_then(|hours| hours.open([Wednesday], "18:00", "24:00"))
        .and_then(|hours| hours.open([Friday], "00:00", "12:00"))
        .and_then(|hours| hours.open([Friday], "12:00", "24:00"))
        .unwrap();
    assert_eq!(
        hours.working_hours(),
        [
            WorkingHours::closed(0),
            WorkingHours::open(1, (9, 5), (17, 30)),
            WorkingHours::all_day(2),
            WorkingHours::open(3, (18, 0), (23, 59)),
            WorkingHours::closed(4),
            WorkingHours::all_day(5),
            WorkingHours::closed(6),
        ]
    );
}

proptest! {
    /// What was added is what is open, minute by minute, whatever was refused in between.
    #[test]
    fn a_minute_is_open_if_hours_with_it_were_taken(
        added in prop::collection::vec((0_u16..=1440, 0_u16..=1440), 0..8),
        minute in 0_i64..1440,
    ) {
        let mut hours = BusinessHours::closed();
        let mut taken = vec![false; 1440];
        for (from, to) in added {
            let (from_text, to_text) = (TimeOfDay(from).to_string(), TimeOfDay(to).to_string());
            let range = usize::from(from)..usize::from(to);
            let free = from < to && !taken[range.clone()].iter().any(|minute| *minute);
            match hours.clone().open([Monday], &from_text, &to_text) {
                Ok(more) => {
                    prop_assert!(free, "{from_text} to {to_text} was taken");
                    taken[range].fill(true);
                    hours = more;
                }
                Err(_) => prop_assert!(!free, "{from_text} to {to_text} was refused"),
            }
        }
        let monday: Timestamp = "2026-11-23T00:00:00Z".parse().unwrap();
        let at = monday + jiff::SignedDuration::from_mins(minute);
        let is_open = hours.is_open(at, "UTC").unwrap();
        prop_assert_eq!(is_open, taken[usize::try_from(minute).unwrap()]);
        let json = serde_json::to_string(&hours).unwrap();
        prop_assert_eq!(serde_json::from_str::<BusinessHours>(&json).unwrap(), hours);
    }
}
