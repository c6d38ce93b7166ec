//! Values that are checked where they are read, so that an error in a file points at them.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use super::InvalidFault;
use super::timing::optional_duration_text;

/// A number from 1.
pub(super) fn positive(key: &str, number: u64) -> Result<(), InvalidFault> {
    if number == 0 {
        return Err(InvalidFault::new(key, number, "a number from 1"));
    }
    Ok(())
}

/// A number from 0 to 1.
pub(super) fn probability(number: f64) -> Result<(), InvalidFault> {
    if !(0.0..=1.0).contains(&number) {
        return Err(InvalidFault::new(
            "probability",
            number,
            "a number from 0 to 1",
        ));
    }
    Ok(())
}

/// The status of a final answer.
pub(super) fn final_status(key: &str, status: u16) -> Result<(), InvalidFault> {
    if !(200..=599).contains(&status) {
        return Err(InvalidFault::new(
            key,
            status,
            "a final HTTP status from 200 to 599",
        ));
    }
    Ok(())
}

/// The longest wait that a fault may ask for: a year, which no clock takes amiss.
const LONGEST_WAIT: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// A wait that can come to an end.
pub(super) fn wait(key: &str, duration: Duration) -> Result<(), InvalidFault> {
    if duration > LONGEST_WAIT {
        let value = humantime::format_duration(duration);
        return Err(InvalidFault::new(
            key,
            value,
            "at most 365 days; `hang` never ends",
        ));
    }
    Ok(())
}

/// The name of a header.
pub(super) fn header_name(key: &str, name: &str) -> Result<(), InvalidFault> {
    http::HeaderName::try_from(name)
        .map(drop)
        .map_err(|_| InvalidFault::new(key, name, "the name of a header"))
}

pub(super) fn read_every<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<u64>, D::Error> {
    let number = u64::deserialize(deserializer)?;
    positive("every", number).map_err(D::Error::custom)?;
    Ok(Some(number))
}

pub(super) fn read_times<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<u64>, D::Error> {
    let number = u64::deserialize(deserializer)?;
    positive("times", number).map_err(D::Error::custom)?;
    Ok(Some(number))
}

/// How long a fault applies.
pub(super) fn lasts(duration: Duration) -> Result<(), InvalidFault> {
    if duration.is_zero() {
        return Err(InvalidFault::new("for", "0s", "more than 0s"));
    }
    Ok(())
}

pub(super) fn read_lasts<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Duration>, D::Error> {
    let duration = optional_duration_text::deserialize(deserializer)?;
    duration.map_or(Ok(()), lasts).map_err(D::Error::custom)?;
    Ok(duration)
}

pub(super) fn read_probability<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<f64>, D::Error> {
    let number = f64::deserialize(deserializer)?;
    probability(number).map_err(D::Error::custom)?;
    Ok(Some(number))
}

/// A map whose keys are names of headers.
pub(super) fn read_headers<'de, D, T>(deserializer: D) -> Result<BTreeMap<String, T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    let headers = BTreeMap::<String, T>::deserialize(deserializer)?;
    for name in headers.keys() {
        header_name("header", name).map_err(D::Error::custom)?;
    }
    Ok(headers)
}

pub(super) fn read_header_name<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<String, D::Error> {
    let name = String::deserialize(deserializer)?;
    header_name("name", &name).map_err(D::Error::custom)?;
    Ok(name)
}
