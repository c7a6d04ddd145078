//! Durations as they are typed: `300ms`, `2s`, `1.5s`, `5m`, `6h`.

use std::time::Duration;

/// The units, the longer names first.
const UNITS: [(&str, f64); 4] = [("ms", 0.001), ("s", 1.0), ("m", 60.0), ("h", 3600.0)];

/// A duration as it is typed.
///
/// # Errors
///
/// When it is none, with what it should look like.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    let told = || format!("`{text}` is not a duration, such as 300ms, 2s, 5m or 6h");
    if text == "0" {
        return Ok(Duration::ZERO);
    }
    let (number, seconds) = UNITS
        .iter()
        .find_map(|(unit, seconds)| Some((text.strip_suffix(unit)?, seconds)))
        .ok_or_else(told)?;
    let number: f64 = number.parse().map_err(|_| told())?;
    Duration::try_from_secs_f64(number * seconds).map_err(|_| told())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_in_every_unit() {
        let millis = |text| parse_duration(text).map(|duration| duration.as_millis());
        assert_eq!(millis("300ms"), Ok(300));
        assert_eq!(millis("1.5s"), Ok(1_500));
        assert_eq!(millis("2m"), Ok(120_000));
        assert_eq!(millis("6h"), Ok(21_600_000));
        assert_eq!((millis("0"), millis("0ms")), (Ok(0), Ok(0)));
    }

    #[test]
    fn what_is_none_is_refused() {
        for text in ["", "3", "s", "-1s", "infs", "NaNs", "1e300h", "three s"] {
            assert!(parse_duration(text).is_err(), "{text}");
        }
    }
}
