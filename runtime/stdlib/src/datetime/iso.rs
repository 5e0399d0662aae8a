//! `fromisoformat`: the ISO 8601 forms that Python 3.11 reads.

use super::calendar::from_iso_calendar;

/// Hour, minute, second, microsecond and the offset in microseconds.
pub(super) struct Time {
    pub(super) parts: [i32; 4],
    pub(super) offset: Option<i64>,
}

fn digits(s: &[u8]) -> Option<i32> {
    let all = !s.is_empty() && s.iter().all(u8::is_ascii_digit);
    all.then(|| s.iter().fold(0, |n, d| n * 10 + i32::from(d - b'0')))
}
/// `YYYY-MM-DD`, `YYYYMMDD`, `YYYY-Www[-D]`, `YYYYWww[D]`.
pub(super) fn date(s: &[u8]) -> Option<(i32, i32, i32)> {
    let year = digits(s.get(..4)?)?;
    let rest = &s[4..];
    let dashed = rest.first() == Some(&b'-');
    let rest = if dashed { &rest[1..] } else { rest };
    if rest.first() == Some(&b'W') {
        let week = digits(rest.get(1..3)?)?;
        let day = match (&rest[3..], dashed) {
            ([], _) => 1,
            ([b'-', d @ ..], true) | (d, false) if d.len() == 1 => digits(d)?,
            _ => return None,
        };
        return from_iso_calendar(year.into(), week.into(), day.into()).ok();
    }
    let month = digits(rest.get(..2)?)?;
    let rest = &rest[2..];
    let day = match (rest, dashed) {
        ([b'-', d @ ..], true) | (d, false) if d.len() == 2 => digits(d)?,
        _ => return None,
    };
    Some((year, month, day))
}
/// `HH[:MM[:SS[.f+]]]` or `HHMMSS`: how the parts of a clock and of an offset are written.
fn clock(s: &[u8]) -> Option<[i32; 4]> {
    let mut parts = [0; 4];
    parts[0] = digits(s.get(..2)?)?;
    let colon = s.get(2) == Some(&b':');
    let mut at = 2;
    for part in &mut parts[1..3] {
        if at >= s.len() || matches!(s[at], b'.' | b',') {
            break;
        }
        if colon {
            if s[at] != b':' {
                return None;
            }
            at += 1;
        }
        *part = digits(s.get(at..at + 2)?)?;
        at += 2;
    }
    if at < s.len() {
        // A fraction follows seconds only.
        let full = if colon { 8 } else { 6 };
        if at != full || !matches!(s[at], b'.' | b',') {
            return None;
        }
        let fraction = &s[at + 1..];
        if fraction.is_empty() || !fraction.iter().all(u8::is_ascii_digit) {
            return None;
        }
        let mut six = *b"000000";
        for (place, d) in six.iter_mut().zip(fraction) {
            *place = *d;
        }
        parts[3] = digits(&six)?;
    }
    Some(parts)
}
pub(super) fn time(s: &[u8]) -> Option<Time> {
    let sign = s.iter().position(|b| matches!(b, b'+' | b'-' | b'Z'));
    let (front, zone) = s.split_at(sign.unwrap_or(s.len()));
    let parts = clock(front)?;
    let offset = match zone {
        [] => None,
        [b'Z'] => Some(0),
        [b'Z', ..] => return None,
        [sign, rest @ ..] => {
            let [h, m, s, us] = clock(rest)?.map(i64::from);
            if m > 59 || s > 59 {
                return None;
            }
            let n = ((h * 60 + m) * 60 + s) * 1_000_000 + us;
            Some(if *sign == b'-' { -n } else { n })
        }
    };
    Some(Time { parts, offset })
}
/// How long the date is in front of a datetime: where the separator stands.
pub(super) fn separator(s: &[u8]) -> Option<usize> {
    if s.len() == 7 {
        return Some(7);
    }
    if s.len() < 7 {
        return None;
    }
    if s[4] == b'-' {
        if s[5] != b'W' {
            return Some(10);
        }
        if s.len() < 8 {
            return None;
        }
        // YYYY-Www-D, or YYYY-Www and a separator that is a dash.
        if s.len() > 8 && s[8] == b'-' {
            if s.len() == 9 {
                return None;
            }
            if s.len() > 10 && s[10].is_ascii_digit() {
                return Some(8);
            }
            return Some(10);
        }
        return Some(8);
    }
    if s[4] == b'W' {
        let end = 7 + s[7..].iter().take_while(|b| b.is_ascii_digit()).count();
        if end < 9 {
            return Some(end);
        }
        // The digits of the clock come in pairs; a day of the week makes their number odd.
        return Some(if end % 2 == 0 { 7 } else { 8 });
    }
    Some(8)
}
