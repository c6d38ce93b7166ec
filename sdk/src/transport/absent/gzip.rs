//! In place of compression with gzip, where it was left out.

use std::io;

use bytes::Bytes;

use crate::export::AnswerError;

const MISSING: &str = "gzip needs the feature `gzip` of otelbox-sdk";

/// Nothing is accepted.
pub(super) const ACCEPTED: Option<&str> = None;

/// Fails. (No client is built that would ask for it.)
pub(crate) fn compress(_before: Vec<u8>, _message: &[u8]) -> io::Result<Vec<u8>> {
    Err(io::Error::new(io::ErrorKind::Unsupported, MISSING))
}

/// Fails: whoever compresses all the same was told that it is not accepted.
pub(super) fn decompress(_compressed: &[u8], _limit: usize) -> Result<Bytes, AnswerError> {
    Err(AnswerError::Undecodable(MISSING.to_owned()))
}
