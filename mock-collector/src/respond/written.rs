//! How much of a write was written, as remote write 2.0 says it.

use http::{HeaderMap, HeaderName, HeaderValue};

use crate::payload::Counted;

const SAMPLES: HeaderName = HeaderName::from_static("x-prometheus-remote-write-samples-written");
const HISTOGRAMS: HeaderName =
    HeaderName::from_static("x-prometheus-remote-write-histograms-written");
const EXEMPLARS: HeaderName =
    HeaderName::from_static("x-prometheus-remote-write-exemplars-written");

/// Says that so much was written.
///
/// Spec: Prometheus Remote-Write 2.0, "Required Written Response Headers" (MUST).
pub(super) fn insert(headers: &mut HeaderMap, written: Counted) {
    headers.insert(SAMPLES, HeaderValue::from(written.samples()));
    headers.insert(HISTOGRAMS, HeaderValue::from(written.histograms));
    headers.insert(EXEMPLARS, HeaderValue::from(written.exemplars));
}

/// How many samples and histograms an answer says were written; `None` where it says nothing of them that can be read.
pub(crate) fn items(headers: &HeaderMap) -> Option<u64> {
    let number = |name| {
        let value: &HeaderValue = headers.get(name)?;
        value.to_str().ok()?.parse::<u64>().ok()
    };
    match (number(&SAMPLES), number(&HISTOGRAMS)) {
        (None, None) => None,
        (samples, histograms) => Some(
            samples
                .unwrap_or_default()
                .saturating_add(histograms.unwrap_or_default()),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_to_be_written_is_read_again() {
        let mut headers = HeaderMap::new();
        assert_eq!(items(&headers), None);
        let counted = Counted {
            items: 5,
            histograms: 2,
            exemplars: 1,
        };
        insert(&mut headers, counted);
        assert_eq!(headers[&SAMPLES], "3");
        assert_eq!(headers[&EXEMPLARS], "1");
        assert_eq!(items(&headers), Some(5));
        headers.remove(HISTOGRAMS);
        assert_eq!(items(&headers), Some(3));
        headers.insert(SAMPLES, HeaderValue::from_static("many"));
        assert_eq!(items(&headers), None);
    }
}
