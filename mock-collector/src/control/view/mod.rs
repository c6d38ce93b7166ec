//! What the journal has, as it is written in answers.

mod connection;
mod exchange;
mod filter;

use std::time::{Duration, UNIX_EPOCH};

pub(super) use connection::ConnectionView;
pub(super) use exchange::{ExchangeDetail, ExchangeView};
pub(super) use filter::Filter;

/// A time as text, as RFC 3339 has it.
pub(super) fn moment(unix_nano: u64) -> String {
    humantime::format_rfc3339_nanos(UNIX_EPOCH + Duration::from_nanos(unix_nano)).to_string()
}
