//! Reading OTLP/JSON.

use crate::payload::{Payload, PayloadError};
use crate::signal::Signal;

/// Decodes an OTLP/JSON body.
pub fn decode(_signal: Signal, _plain: &[u8]) -> Result<Payload, PayloadError> {
    Err(PayloadError::Json(
        "OTLP/JSON comes with the next commit".to_owned(),
    ))
}
