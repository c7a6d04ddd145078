//! What a permission set's own fields may hold.
//!
//! Source: <https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_PermissionSet.html>

use crate::{api_error::ApiError, call::Call};

/// How long a session may last.
///
/// Unit: minutes. Source: <https://docs.aws.amazon.com/singlesignon/latest/userguide/howtosessionduration.html>
const SESSION_MINUTES: std::ops::RangeInclusive<u32> = 60..=12 * 60;

/// The pattern is `[\w+=,.@-]+`, of 1 to 32 characters.
pub(super) fn check_name(call: &Call<'_>, name: &str) -> Result<(), ApiError> {
    let fits = |letter: char| letter.is_ascii_alphanumeric() || "_+=,.@-".contains(letter);
    if (1..=32).contains(&name.len()) && name.chars().all(fits) {
        return Ok(());
    }
    Err(call.invalid(format!("Name `{name}` does not match [\\w+=,.@-]{{1,32}}")))
}

/// Of 1 to 700 characters, none of them a control character, or beyond Latin 1.
pub(super) fn check_description(call: &Call<'_>, text: Option<&str>) -> Result<(), ApiError> {
    let fits = |letter| matches!(letter, '\t' | '\n' | '\r' | ' '..='~' | '¡'..='ÿ');
    let Some(text) = text else { return Ok(()) };
    if (1..=700).contains(&text.chars().count()) && text.chars().all(fits) {
        return Ok(());
    }
    Err(call.invalid("Description must have 1 to 700 characters, all of them of Latin 1"))
}

/// Of 1 to 240 characters that an address can have.
pub(super) fn check_relay_state(call: &Call<'_>, text: Option<&str>) -> Result<(), ApiError> {
    let fits = |letter: char| {
        letter.is_ascii_alphanumeric() || "&$@#\\/%?=~-_'\"|!:,.;*+[] (){}".contains(letter)
    };
    let Some(text) = text else { return Ok(()) };
    if (1..=240).contains(&text.len()) && text.chars().all(fits) {
        return Ok(());
    }
    Err(call
        .invalid("RelayState must have 1 to 240 characters, all of them such as an address has"))
}

/// An ISO 8601 duration of one to twelve hours.
pub(super) fn check_session_duration(call: &Call<'_>, text: Option<&str>) -> Result<(), ApiError> {
    let Some(text) = text else { return Ok(()) };
    if minutes(text).is_some_and(|minutes| SESSION_MINUTES.contains(&minutes)) {
        return Ok(());
    }
    Err(call.invalid(format!("SessionDuration `{text}` is not between PT1H and PT12H")))
}

/// The minutes of a duration in days, hours, minutes and seconds.
fn minutes(text: &str) -> Option<u32> {
    let (days, time) = text.strip_prefix('P')?.split_once('T').unwrap_or((text.get(1..)?, ""));
    let (days, rest) = part(days, 'D')?;
    let (hours, time) = part(time, 'H')?;
    let (minutes, time) = part(time, 'M')?;
    let (seconds, time) = part(time, 'S')?;
    let is_all = rest.is_empty() && time.is_empty();
    let hours = days.checked_mul(24)?.checked_add(hours)?;
    let minutes = hours.checked_mul(60)?.checked_add(minutes)?.checked_add(seconds / 60)?;
    is_all.then_some(minutes)
}

/// The number before this unit, if there is one, and what comes after.
fn part(text: &str, unit: char) -> Option<(u32, &str)> {
    match text.split_once(unit) {
        Some((number, rest)) => Some((number.parse().ok()?, rest)),
        None => Some((0, text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read() {
        for (text, expected) in [
            ("PT1H", Some(60)),
            ("PT12H", Some(720)),
            ("PT90M", Some(90)),
            ("PT1H30M", Some(90)),
            ("PT3600S", Some(60)),
            ("P1D", Some(1440)),
            ("1H", None),
            ("PT1X", None),
            ("PTH", None),
            ("P", Some(0)),
            ("é", None),
            ("PT99999999999H", None),
        ] {
            assert_eq!(minutes(text), expected, "{text}");
        }
    }
}
