//! Parses times as people write them, and as this program shows them.

use jiff::civil::DateTime;
use jiff::fmt::temporal::DateTimeParser;
use jiff::tz::{Disambiguation, TimeZone};
use jiff::{Span, Timestamp, Zoned};

use super::clock::check_local;
use super::range;
use super::unit::Unit;

/// A time as it was written.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Moment {
    /// A timestamp, as stored.
    Number(i64),
    Instant(Timestamp),
    /// A date and time in the local time zone.
    Local(DateTime),
    /// A date and time in a zone whose clocks changed then, so that it was twice or never: the
    /// first and the last instant that may be meant.
    Changed([Timestamp; 2]),
    /// A duration before now, which is zero for now itself.
    Ago(Span),
}

const NO_TIME: &str = "it must be a time such as 2h (ago), 2026-11-20, '2026-11-20 10:00', \
                       10:00 (today), or a number as stored, usually seconds since 1970";
const NO_ZONE: &str = "it is a local time, and TZ names no time zone of this machine";
const BEYOND: &str = "the time does not fit a timestamp of this --unit";
const CHANGED: &str = "the clocks changed then, so that this local time was twice or never; \
                       add its zone, such as +01:00";

impl Moment {
    fn between(first: Timestamp, last: Timestamp) -> Self {
        if first == last { Self::Instant(first) } else { Self::Changed([first, last]) }
    }

    /// Returns the timestamp if it is `now`.
    ///
    /// # Errors
    ///
    /// The reason for which the time has no timestamp, or not just one.
    pub(crate) fn timestamp(self, unit: Unit, now: &Zoned) -> Result<i64, &'static str> {
        let instant = match self {
            Self::Number(timestamp) => return Ok(timestamp),
            Self::Instant(instant) => Some(instant),
            Self::Changed(_) => return Err(CHANGED),
            Self::Local(time) => {
                check_local().map_err(|_| NO_ZONE)?;
                let local = now.time_zone().to_ambiguous_timestamp(time);
                let why = if local.is_ambiguous() { CHANGED } else { range::BEYOND };
                Some(local.unambiguous().map_err(|_| why)?)
            }
            Self::Ago(span) => before(now, span),
        };
        instant.and_then(|instant| unit.timestamp(instant)).ok_or(BEYOND)
    }

    /// Returns the first and the last timestamp that may be meant if it is `now`. They differ if the
    /// clocks changed then. Each is the nearest if none is right.
    pub(crate) fn nearest_timestamps(self, unit: Unit, now: &Zoned) -> [i64; 2] {
        let instants = match self {
            Self::Number(timestamp) => return [timestamp; 2],
            Self::Instant(instant) => [instant; 2],
            Self::Changed(instants) => instants,
            Self::Local(time) => {
                let local = now.time_zone().to_ambiguous_timestamp(time);
                let beyond = if time.year() < 0 { Timestamp::MIN } else { Timestamp::MAX };
                [local.earlier(), local.later()].map(|instant| instant.unwrap_or(beyond))
            }
            Self::Ago(span) => [before(now, span).unwrap_or(Timestamp::MIN); 2],
        };
        instants.map(|instant| unit.nearest_timestamp(instant))
    }
}

fn before(now: &Zoned, span: Span) -> Option<Timestamp> {
    // "2h" and "2h ago" mean the same.
    Some(now.checked_sub(span.abs()).ok()?.timestamp())
}

/// Parses a time. A time of day is of today, on the day on which it is parsed.
pub(crate) fn read(text: &str) -> Result<Moment, String> {
    let moment = read_at(text, &Zoned::now());
    let moment = moment.ok_or_else(|| range::what_exceeds(text).unwrap_or(NO_TIME))?;
    if let Moment::Local(_) = moment {
        check_local()?;
    }
    Ok(moment)
}

/// Parses a date and time, which does not depend on the day on which it is parsed.
pub(crate) fn read_date(text: &str) -> Option<Moment> {
    date(text, &Zoned::now())
}

fn read_at(text: &str, now: &Zoned) -> Option<Moment> {
    let number = text.parse().ok().map(Moment::Number);
    let of_today = || match date(&format!("{}T{text}", now.date()), now)? {
        time @ Moment::Local(_) => Some(time),
        // It may be another day in that zone.
        _ => None,
    };
    let ago = || ago(text, now).map(Moment::Ago);
    number.or_else(|| date(text, now)).or_else(of_today).or_else(ago)
}

fn date(text: &str, now: &Zoned) -> Option<Moment> {
    // Text with a zone must be parsed as a whole, or its date alone would be taken as local.
    if text.contains('[') {
        let [first, last] = EACH.map(|parser| parser.parse_zoned(text).ok());
        return Some(Moment::between(first?.timestamp(), last?.timestamp()));
    }
    let instant = text.parse().ok().map(Moment::Instant);
    let zoned = instant.or_else(|| with_zone(text, now));
    zoned.or_else(|| text.parse().ok().map(Moment::Local))
}

/// Take the first or the last instant that a time in a zone may mean.
const EACH: [DateTimeParser; 2] = [
    DateTimeParser::new().disambiguation(Disambiguation::Earlier),
    DateTimeParser::new().disambiguation(Disambiguation::Later),
];

/// Parses a date and time with the name or the offset of its zone after a blank, as a table shows
/// it. Of the names only those that the local time zone had then, and UTC, are clear.
fn with_zone(text: &str, now: &Zoned) -> Option<Moment> {
    let (time, name) = text.rsplit_once(' ')?;
    if name.starts_with(['+', '-']) {
        return format!("{time}{name}").parse().ok().map(Moment::Instant);
    }
    let time: DateTime = time.parse().ok()?;
    if name == "UTC" {
        return TimeZone::UTC.to_timestamp(time).ok().map(Moment::Instant);
    }
    let zone = now.time_zone();
    let is_named = |instant: &Timestamp| {
        let info = zone.to_offset_info(*instant);
        info.abbreviation().eq_ignore_ascii_case(name) && zone.to_datetime(*instant) == time
    };
    let local = zone.to_ambiguous_timestamp(time);
    match [local.earlier(), local.later()].map(|instant| instant.ok().filter(is_named)) {
        // Some zones had an hour or a day twice under one name.
        [Some(first), Some(second)] => Some(Moment::between(first, second)),
        [first, second] => first.or(second).map(Moment::Instant),
    }
}

/// Parses a duration that does not lead out of the calendar.
fn ago(text: &str, now: &Zoned) -> Option<Span> {
    let span = if text == "now" { Span::new() } else { text.parse().ok()? };
    before(now, span).map(|_| span)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::clock::{self, FOR_PEOPLE, FOR_PROGRAMS};
    use super::*;

    #[test]
    fn a_time_can_be_written_in_many_ways() {
        let now: Zoned = "2026-11-20T12:00:00+01:00[+01:00]".parse().unwrap();
        let seconds = now.timestamp().as_second();
        let cases = [
            ("1150864247", 1_150_864_247),
            ("-5", -5),
            ("9223372036854775807", i64::MAX),
            ("now", seconds),
            ("2h", seconds - 7200),
            ("1h30m", seconds - 5400),
            ("90 minutes ago", seconds - 5400),
            ("1d", seconds - 86_400),
            ("1mo", seconds - 31 * 86_400),
            ("2026-11-20", seconds - 12 * 3600),
            ("2026-11-20 10:00", seconds - 7200),
            ("2026-11-20T10:00:30", seconds - 7170),
            ("2026-11-20T10:00Z", seconds - 3600),
            ("2026-11-20T10:00+02:00", seconds - 3 * 3600),
            ("2026-11-20 10:00:00 +0200", seconds - 3 * 3600),
            ("2026-11-20 10:00:00 -05", seconds + 4 * 3600),
            ("2026-11-20T10:00:00-05:00", seconds + 4 * 3600),
            ("2026-11-20T10:00[Asia/Tokyo]", seconds - 10 * 3600),
            ("2026-11-20T10:00+09:00[Asia/Tokyo]", seconds - 10 * 3600),
            ("10:00", seconds - 7200),
        ];
        for (text, expected) in cases {
            let moment = read_at(text, &now).unwrap();
            assert_eq!(moment.timestamp(Unit::Second, &now), Ok(expected), "{text}");
            assert_eq!(moment.nearest_timestamps(Unit::Second, &now), [expected; 2], "{text}");
        }
        let wrong = ["", " ", "h", "noon", "é", "1é", "2026-13-01", "2026-11-20 25:00"];
        let zones = ["2026-11-20T10:00[Nowhere/City]", "10:00[Asia/Tokyo]", "10:00+02:00"];
        let names = ["2026-11-20 10:00 CET", "2026-11-20 10:00 UTC+1", "10:00 UTC", "UTC"];
        let wrong = wrong.into_iter().chain(zones).chain(names);
        for text in wrong.chain(["9223372036854775808", "99999y", "1.5", "1e9", "20.11.2026"]) {
            assert!(read_at(text, &now).is_none(), "{text:?}");
        }
    }

    #[test]
    fn a_local_time_that_was_twice_or_never_needs_its_zone() {
        let zone = TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
        let now = Timestamp::UNIX_EPOCH.to_zoned(zone);
        let read = |text| read_at(text, &now).unwrap().timestamp(Unit::Second, &now);
        let [twice, never] = ["2026-10-25 02:30:00", "2026-03-29 02:30:00"];
        assert_eq!([read(twice), read(never)], [Err(CHANGED); 2]);
        for text in ["2026-10-25T02:30[Europe/Berlin]", "2026-03-29 02:30:00[Europe/Berlin]"] {
            assert_eq!(read(text), Err(CHANGED), "{text}");
        }
        assert_eq!(read("2026-10-25T02:30+01:00[Europe/Berlin]"), Ok(1_792_891_800));
        assert_eq!(read("2026-10-25T04:30[Europe/Berlin]"), Ok(1_792_899_000));
        let near = |text| read_at(text, &now).unwrap().nearest_timestamps(Unit::Second, &now);
        for text in [twice, "2026-10-25T02:30[Europe/Berlin]"] {
            assert_eq!(near(text), [1_792_888_200, 1_792_891_800], "{text}");
        }
        let around = ["2026-03-29 01:30:00", "2026-03-29 03:30:00"].map(|text| read(text).unwrap());
        for text in [never, "2026-03-29 02:30:00[Europe/Berlin]"] {
            assert_eq!(near(text), around, "{text}");
        }
        assert_eq!(read("2026-10-25 02:30:00 CEST"), Ok(1_792_888_200));
        assert_eq!(read("2026-10-25 02:30:00 CET"), Ok(1_792_891_800));
        assert_eq!(read("2026-10-25 02:30:00 UTC"), Ok(1_792_895_400));
        for wrong in ["2026-03-29 02:30:00 CET", "2026-10-25 12:00:00 CEST", "2026-10-25 12:00 EST"]
        {
            assert!(read_at(wrong, &now).is_none(), "{wrong}");
        }
    }

    #[test]
    fn a_time_that_does_not_fit_is_refused_or_the_nearest() {
        let now = Timestamp::UNIX_EPOCH.to_zoned(TimeZone::UTC);
        for (text, nearest) in
            [("9999-12-31", 253_402_207_200), ("-009999-01-01", -377_705_023_201)]
        {
            let moment = read_at(text, &now).unwrap();
            assert_eq!(moment.timestamp(Unit::Second, &now), Err(range::BEYOND), "{text}");
            assert_eq!(moment.nearest_timestamps(Unit::Second, &now), [nearest; 2], "{text}");
        }
        for (text, nearest) in [("2300-01-01T00:00Z", i64::MAX), ("1600-01-01", i64::MIN)] {
            let moment = read_at(text, &now).unwrap();
            assert_eq!(moment.timestamp(Unit::Nanosecond, &now), Err(BEYOND));
            assert_eq!(moment.nearest_timestamps(Unit::Nanosecond, &now), [nearest; 2]);
            assert!(moment.timestamp(Unit::Microsecond, &now).is_ok());
        }
    }

    #[test]
    fn a_duration_is_relative_to_the_time_of_each_reading() {
        let now: Zoned = "2026-11-20T12:00:00+01:00[+01:00]".parse().unwrap();
        let later = now.checked_add(Span::new().hours(30)).unwrap();
        let moved = |text| {
            let moment = read_at(text, &now).unwrap();
            [&later, &now].map(|now| moment.nearest_timestamps(Unit::Second, now)[0])
        };
        for text in ["now", "2h", "1d", "90 minutes ago"] {
            let [after, before] = moved(text);
            assert_eq!(after - before, 30 * 3600, "{text}");
        }
        for text in ["5", "10:00", "2026-11-20", "2026-11-20T10:00Z"] {
            let [after, before] = moved(text);
            assert_eq!(after, before, "{text}");
        }
        let first = Timestamp::MIN.to_zoned(TimeZone::UTC);
        assert_eq!(read_at("1h", &now).unwrap().timestamp(Unit::Second, &first), Err(BEYOND));
    }

    /// A time in any zone of the system, often near a change of its clocks.
    fn times() -> impl Strategy<Value = (Unit, Zoned)> {
        let zones: Vec<_> = jiff::tz::db().available().map(|name| name.to_string()).collect();
        let units = [Unit::Second, Unit::Millisecond, Unit::Microsecond, Unit::Nanosecond];
        let unit = prop::sample::select(units.to_vec());
        let instant = (any::<i64>(), -7_200_000_i64..7_200_000, any::<bool>());
        (prop::sample::select(zones), unit, instant).prop_filter_map(
            "beyond the calendar",
            |(zone, unit, (timestamp, near, is_near))| {
                let zone = TimeZone::get(&zone).ok()?;
                // The last 200 years for the most part, and not only the times of one unit.
                let instant = unit.instant(timestamp % 4_000_000_000_000_000_000)?;
                let change = zone.following(instant).next().filter(|_| is_near);
                let instant = match change {
                    Some(change) => change.timestamp() + Span::new().milliseconds(near),
                    None => instant,
                };
                let time = unit.instant(unit.timestamp(instant)?)?.to_zoned(zone);
                (time.year() >= 0).then_some((unit, time))
            },
        )
    }

    /// Returns whether the local time was twice, under one name.
    fn was_twice(time: &Zoned) -> bool {
        let zone = time.time_zone();
        let local = zone.to_ambiguous_timestamp(time.datetime());
        let [first, second] = [local.earlier(), local.later()].map(Result::unwrap);
        let name = |instant| zone.to_offset_info(instant).abbreviation().to_owned();
        first != second && name(first) == name(second)
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            failure_persistence: None,
            ..ProptestConfig::with_cases(1_000)
        })]

        #[test]
        fn every_time_that_is_shown_is_read((unit, time) in times()) {
            for form in [FOR_PEOPLE, FOR_PROGRAMS] {
                let text = clock::write(unit, &time, form).unwrap();
                let moment = read_at(&text, &time);
                let read = moment.map(|moment| moment.timestamp(unit, &time));
                let expected = Some(Ok(unit.timestamp(time.timestamp()).unwrap()));
                let is_refused = form == FOR_PEOPLE && was_twice(&time);
                let expected = if is_refused { Some(Err(CHANGED)) } else { expected };
                prop_assert_eq!(read, expected, "{}", text);
            }
        }

        #[test]
        fn a_window_holds_every_sample_whose_local_time_is_in_it(
            (unit, time) in times(),
            away in -10_000_i64..10_000,
        ) {
            let other = time.saturating_add(Span::new().seconds(away));
            prop_assume!(other.year() >= 0);
            let is_later = time.datetime() > other.datetime();
            let ends = if is_later { [&other, &time] } else { [&time, &other] };
            let zone = time.time_zone().iana_name().map(|name| format!("[{name}]"));
            for form in [String::new(), zone.unwrap_or_default()] {
                let [since, until] = ends.map(|end| {
                    let text = clock::write(unit, end, [FOR_PEOPLE[0], &form]).unwrap();
                    read_at(&text, &time).unwrap().nearest_timestamps(unit, &time)
                });
                for time in ends {
                    let timestamp = unit.timestamp(time.timestamp()).unwrap();
                    let held = since[0] <= timestamp && timestamp <= until[1];
                    prop_assert!(held, "{time} {ends:?} {since:?} {until:?}");
                }
            }
        }
    }
}
