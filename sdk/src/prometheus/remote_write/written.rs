//! What a receiver says that it has written.

use http::HeaderMap;

/// How much a receiver has written, as its answer says.
///
/// Spec: Remote-Write 2.0, "Required Written Response Headers". A header that is missing counts as zero, where there is
/// another one (CAN be assumed).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Written {
    pub(super) samples: u64,
    pub(super) histograms: u64,
    pub(super) exemplars: u64,
}

impl Written {
    /// What `headers` say; `None` where they say nothing.
    pub(super) fn of(headers: &HeaderMap) -> Option<Self> {
        let samples = count(headers, "x-prometheus-remote-write-samples-written");
        let histograms = count(headers, "x-prometheus-remote-write-histograms-written");
        let exemplars = count(headers, "x-prometheus-remote-write-exemplars-written");
        [samples, histograms, exemplars]
            .iter()
            .any(Option::is_some)
            .then(|| Self {
                samples: samples.unwrap_or(0),
                histograms: histograms.unwrap_or(0),
                exemplars: exemplars.unwrap_or(0),
            })
    }
}

/// A header with a whole number of at least zero; anything else counts as missing.
fn count(headers: &HeaderMap, name: &str) -> Option<u64> {
    headers.get(name)?.to_str().ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};

    use super::*;

    fn written(headers: &[(&'static str, &'static str)]) -> Option<Written> {
        let headers = headers
            .iter()
            .map(|(name, value)| {
                (
                    HeaderName::from_static(name),
                    HeaderValue::from_static(value),
                )
            })
            .collect();
        Written::of(&headers)
    }

    #[test]
    fn one_header_is_an_answer_and_none_is_no_answer() {
        let samples = "x-prometheus-remote-write-samples-written";
        assert_eq!(
            written(&[(samples, "7")]),
            Some(Written {
                samples: 7,
                ..Written::default()
            })
        );
        assert_eq!(
            written(&[("x-prometheus-remote-write-version", "2.0.0")]),
            None
        );
        for nonsense in ["", "-1", "many", "1.5", "99999999999999999999"] {
            assert_eq!(written(&[(samples, nonsense)]), None, "{nonsense:?}");
        }
    }
}
