//! The header `Retry-After`.

use std::time::{Duration, SystemTime};

use http::HeaderMap;
use http::header::RETRY_AFTER;

/// What `Retry-After` asks for: seconds, or the time until a date, zero if that is past. What is neither counts as
/// absent.
///
/// Spec: RFC 9110, 10.2.3; OTLP 1.11.0, "OTLP/HTTP Throttling" (SHOULD).
pub(crate) fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(Duration::from_secs(text.parse().unwrap_or(u64::MAX)));
    }
    let date = httpdate::parse_http_date(text).ok()?;
    Some(date.duration_since(now).unwrap_or(Duration::ZERO))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    /// Sun, 06 Nov 1994 08:49:37 GMT, the date in RFC 9110.
    const NOW: Duration = Duration::from_secs(784_111_777);

    fn asked(text: &[u8]) -> Option<Duration> {
        let mut headers = HeaderMap::new();
        if let Ok(value) = HeaderValue::from_bytes(text) {
            headers.insert(RETRY_AFTER, value);
        }
        retry_after(&headers, SystemTime::UNIX_EPOCH + NOW)
    }

    #[test]
    fn seconds_dates_and_garbage() {
        let table: [(&str, Option<u64>); 12] = [
            ("3", Some(3)),
            (" 3 ", Some(3)),
            ("0", Some(0)),
            ("600", Some(600)),
            ("99999999999999999999999", Some(u64::MAX)),
            ("-1", None),
            ("1.5", None),
            ("soon", None),
            ("", None),
            ("Sun, 06 Nov 1994 08:49:41 GMT", Some(4)),
            ("Sunday, 06-Nov-94 08:49:41 GMT", Some(4)),
            ("Sun, 06 Nov 1994 08:00:00 GMT", Some(0)),
        ];
        for (text, expected) in table {
            assert_eq!(
                asked(text.as_bytes()),
                expected.map(Duration::from_secs),
                "{text:?}"
            );
        }
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes: Vec<u8>) {
            let _ = asked(&bytes);
        }
    }
}
