//! RFC 3339: a date and a time of day, with the distance to UTC.

use nom::branch::alt;
use nom::bytes::complete::take_while_m_n;
use nom::character::complete::{char, one_of};
use nom::combinator::{opt, verify};
use nom::sequence::{preceded, separated_pair};
use nom::{IResult, Parser};

/// A time: seconds since 1970, and the nanoseconds since that second began.
pub(crate) type Time = (i64, u32);

/// Reads a time such as `2006-06-21T04:30:47.5+02:00`. A blank may stand for the `T`, as RFC 3339
/// allows. There is no second 60: timestamps do not count it.
pub(crate) fn rfc3339(input: &[u8]) -> IResult<&[u8], Time, ()> {
    let (rest, (days, _, time, fraction, offset)) =
        (date, one_of("Tt "), time_of_day, fraction, offset).parse(input)?;
    Ok((rest, (days * 86_400 + time - offset, fraction)))
}

/// Reads a date; returns its days since 1970.
fn date(input: &[u8]) -> IResult<&[u8], i64, ()> {
    let (rest, (year, _, month, _, day)) =
        (number(4, 0, 9_999), char('-'), number(2, 1, 12), char('-'), number(2, 1, 31))
            .parse(input)?;
    if day > days_of(year, month) {
        return Err(nom::Err::Error(()));
    }
    Ok((rest, days_before(year, month) + day - 1))
}

/// Reads a time of day; returns its seconds.
fn time_of_day(input: &[u8]) -> IResult<&[u8], i64, ()> {
    let (rest, ((hours, minutes), seconds)) =
        (hours_and_minutes, preceded(char(':'), number(2, 0, 59))).parse(input)?;
    Ok((rest, hours * 3_600 + minutes * 60 + seconds))
}

fn hours_and_minutes(input: &[u8]) -> IResult<&[u8], (i64, i64), ()> {
    separated_pair(number(2, 0, 23), char(':'), number(2, 0, 59)).parse(input)
}

/// Reads the fraction of a second, if there is one; returns its nanoseconds.
fn fraction(input: &[u8]) -> IResult<&[u8], u32, ()> {
    let digits = take_while_m_n(1, 9, |byte: u8| byte.is_ascii_digit());
    let (rest, digits) = opt(preceded(char('.'), digits)).parse(input)?;
    let nine = digits.unwrap_or_default().iter().chain(core::iter::repeat(&b'0')).take(9);
    Ok((rest, nine.fold(0, |sum, digit| sum * 10 + u32::from(digit & 15))))
}

/// Reads the distance to UTC; returns its seconds.
fn offset(input: &[u8]) -> IResult<&[u8], i64, ()> {
    let utc = one_of("Zz").map(|_| 0);
    let distance = (one_of("+-"), hours_and_minutes).map(|(sign, (hours, minutes))| {
        let seconds = hours * 3_600 + minutes * 60;
        if sign == '-' { -seconds } else { seconds }
    });
    alt((utc, distance)).parse(input)
}

/// Reads a number of so many digits between two bounds.
fn number<'a>(
    digits: usize,
    least: i64,
    most: i64,
) -> impl Parser<&'a [u8], Output = i64, Error = ()> {
    let digits = take_while_m_n(digits, digits, |byte: u8| byte.is_ascii_digit());
    let number = digits
        .map(|digits: &[u8]| digits.iter().fold(0, |sum, digit| sum * 10 + i64::from(digit & 15)));
    verify(number, move |number| (least..=most).contains(number))
}

/// Returns the days from 1970 to the first of a month, in the Gregorian calendar of all times.
///
/// Years begin in March here, so that the day that some years have more is their last one.
fn days_before(year: i64, month: i64) -> i64 {
    let (year, month) = if month < 3 { (year - 1, month + 9) } else { (year, month - 3) };
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    year * 365 + leap_days + (month * 153 + 2) / 5 - DAYS_TO_1970
}

/// From the first of March of the year 0 to the first of January 1970.
const DAYS_TO_1970: i64 = 719_468;

fn days_of(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}
