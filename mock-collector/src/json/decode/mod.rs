//! Reading OTLP/JSON.

mod common;
mod logs;
mod metrics;
mod object;
mod profiles;
mod scalar;
mod traces;

use serde_json::Value;

use self::object::{Object, Path};
use crate::payload::{Payload, PayloadError};
use crate::signal::Signal;

/// Decodes an OTLP/JSON body.
///
/// # Errors
///
/// [`PayloadError::Json`] with the place and the reason.
pub fn decode(signal: Signal, plain: &[u8]) -> Result<Payload, PayloadError> {
    let value: Value =
        serde_json::from_slice(plain).map_err(|error| PayloadError::Json(error.to_string()))?;
    let request = Object::of(&value, &Path::Root)?;
    Ok(match signal {
        Signal::Metrics => Payload::Metrics(metrics::request(&request)?),
        Signal::Traces => Payload::Traces(traces::request(&request)?),
        Signal::Logs => Payload::Logs(logs::request(&request)?),
        Signal::Profiles => Payload::Profiles {
            count: profiles::count(&request)?,
        },
    })
}

type Decoded<T> = Result<T, PayloadError>;
