//! The proleptic Gregorian calendar: ordinals, week days, ISO weeks.

pub(super) const MIN_YEAR: i32 = 1;
pub(super) const MAX_YEAR: i32 = 9999;
pub(super) const MAX_ORDINAL: i32 = 3_652_059;

pub(super) fn is_leap(y: i32) -> bool {
    y % 4 == 0 && (y % 100 != 0 || y % 400 == 0)
}
pub(super) fn days_in_month(y: i32, m: i32) -> i32 {
    match m {
        2 if is_leap(y) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}
pub(super) fn days_before_year(y: i32) -> i32 {
    let y = y - 1;
    y * 365 + y / 4 - y / 100 + y / 400
}
pub(super) fn days_before_month(y: i32, m: i32) -> i32 {
    const BEFORE: [i32; 13] = [0, 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
    BEFORE[m as usize] + i32::from(m > 2 && is_leap(y))
}
/// Days since 0001-01-01, which is day 1.
pub(super) fn ordinal(y: i32, m: i32, d: i32) -> i32 {
    days_before_year(y) + days_before_month(y, m) + d
}
/// Year, month and day of an ordinal.
pub(super) fn from_ordinal(ordinal: i32) -> (i32, i32, i32) {
    let n = ordinal - 1;
    let (n400, n) = (n.div_euclid(146_097), n.rem_euclid(146_097));
    let (n100, n) = (n / 36_524, n % 36_524);
    let (n4, n) = (n / 1461, n % 1461);
    let (n1, n) = (n / 365, n % 365);
    let year = n400 * 400 + n100 * 100 + n4 * 4 + n1 + 1;
    if n1 == 4 || n100 == 4 {
        return (year - 1, 12, 31);
    }
    let mut month = (n + 50) >> 5;
    if days_before_month(year, month.min(12)) > n || month > 12 {
        month -= 1;
    }
    (year, month, n - days_before_month(year, month) + 1)
}
/// Monday is 0.
pub(super) fn weekday(y: i32, m: i32, d: i32) -> i32 {
    (ordinal(y, m, d) + 6) % 7
}
/// The ordinal of the Monday that begins ISO week 1.
pub(super) fn iso_week1_monday(y: i32) -> i32 {
    let first = ordinal(y, 1, 1);
    let weekday = (first + 6) % 7;
    let monday = first - weekday;
    if weekday > 3 { monday + 7 } else { monday }
}
/// ISO year, week and day of the week.
pub(super) fn iso_calendar(y: i32, m: i32, d: i32) -> (i32, i32, i32) {
    let today = ordinal(y, m, d);
    let mut year = y;
    let mut monday = iso_week1_monday(year);
    let mut week = (today - monday).div_euclid(7);
    let day = (today - monday).rem_euclid(7);
    if week < 0 {
        year -= 1;
        monday = iso_week1_monday(year);
        week = (today - monday).div_euclid(7);
    } else if week >= 52 && today >= iso_week1_monday(year + 1) {
        year += 1;
        week = 0;
    }
    (year, week + 1, day + 1)
}
/// What is wrong with a date given by ISO year, week and day.
pub(super) enum IsoError {
    Year,
    Week,
    Day,
}
pub(super) fn from_iso_calendar(y: i64, week: i64, day: i64) -> Result<(i32, i32, i32), IsoError> {
    let Ok(year) = i32::try_from(y) else {
        return Err(IsoError::Year);
    };
    if !(MIN_YEAR..=MAX_YEAR).contains(&year) {
        return Err(IsoError::Year);
    }
    if !(1..=52).contains(&week) {
        let first = weekday(year, 1, 1);
        let long = first == 3 || first == 2 && is_leap(year);
        if week != 53 || !long {
            return Err(IsoError::Week);
        }
    }
    if !(1..=7).contains(&day) {
        return Err(IsoError::Day);
    }
    let n = iso_week1_monday(year) + (week as i32 - 1) * 7 + day as i32 - 1;
    Ok(from_ordinal(n))
}
