//! Times as people read them.

use std::fmt;
use std::time::{Duration, UNIX_EPOCH};

/// Nanoseconds since 1970, to the microsecond in UTC.
pub(super) struct Time(pub(super) u64);

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        humantime::format_rfc3339_micros(UNIX_EPOCH + Duration::from_nanos(self.0)).fmt(f)
    }
}

/// From one time to another, which may be before it: `2.5ms` or `-2.5ms`.
pub(super) struct Between(pub(super) u64, pub(super) u64);

impl fmt::Display for Between {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.1 < self.0 { "-" } else { "" };
        let distance = Duration::from_nanos(self.0.abs_diff(self.1));
        write!(f, "{sign}{distance:?}")
    }
}
