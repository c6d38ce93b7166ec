//! Headers that go with every request.

use std::fmt;

use http::{HeaderMap, HeaderName, HeaderValue};
use percent_encoding::percent_decode_str;

use crate::config_error::ConfigError;
use crate::environment::LOG_TARGET;

/// Headers for authentication and routing, sent with each attempt. Values are secrets: they are never shown.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Headers(HeaderMap);

/// Names that the protocol needs for itself.
const RESERVED: [&str; 13] = [
    "accept-encoding",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "grpc-accept-encoding",
    "grpc-encoding",
    "grpc-timeout",
    "host",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

impl Headers {
    /// No headers.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets `name` to `value`, in place of an earlier value.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Header`] where HTTP does not allow name or value, or the protocol needs the name for itself.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), ConfigError> {
        self.set_bytes(name, value.as_bytes())
            .map_err(|reason| ConfigError::Header {
                name: name.to_owned(),
                reason,
            })
    }

    /// What `OTEL_EXPORTER_OTLP_HEADERS` says: `key=value` pairs between commas, values percent-decoded. A pair that
    /// cannot be used is left out with a warning that does not show its value. Properties after a semicolon are not
    /// supported: they stay a part of the value.
    ///
    /// Spec: OTLP exporter, "Specifying headers via environment variables" (MUST).
    pub fn from_variable(variable: &str, text: &str) -> Self {
        let mut headers = Self::default();
        for (index, pair) in text.split(',').enumerate() {
            if pair.trim().is_empty() {
                continue;
            }
            let used = match pair.split_once('=') {
                Some((name, value)) => {
                    let value: Vec<u8> = percent_decode_str(value.trim()).collect();
                    headers.set_bytes(name.trim(), &value)
                }
                None => Err("it has no '='"),
            };
            if let Err(reason) = used {
                tracing::warn!(
                    target: LOG_TARGET,
                    variable,
                    "{variable}: pair {} cannot be used: {reason}; allowed is key=value with a percent-encoded value; \
                     the pair is left out",
                    index + 1
                );
            }
        }
        headers
    }

    /// These headers, and those of `others` in place of the ones with the same name.
    #[must_use]
    pub fn overridden_by(mut self, others: &Self) -> Self {
        for (name, value) in &others.0 {
            self.0.insert(name.clone(), value.clone());
        }
        self
    }

    /// The first of `names` that is among these headers.
    #[cfg(feature = "http-formats")]
    pub(crate) fn any_of(&self, names: &[&'static str]) -> Option<&'static str> {
        names
            .iter()
            .copied()
            .find(|name| self.0.contains_key(*name))
    }

    /// These headers without `names`, of which each is reported.
    #[cfg(feature = "http-formats")]
    #[must_use]
    pub(crate) fn without(mut self, names: &[&'static str]) -> Self {
        for name in names {
            if self.0.remove(*name).is_some() {
                tracing::warn!(
                    target: LOG_TARGET,
                    header = name,
                    "the header {name} of the environment cannot be used: the format sets it itself; it is left out"
                );
            }
        }
        self
    }

    /// The headers, for a request.
    pub const fn as_map(&self) -> &HeaderMap {
        &self.0
    }

    fn set_bytes(&mut self, name: &str, value: &[u8]) -> Result<(), &'static str> {
        let name = HeaderName::try_from(name).map_err(|_| "the name is not an HTTP header name")?;
        if RESERVED.contains(&name.as_str()) {
            return Err("the protocol sets this header itself");
        }
        let mut value = HeaderValue::from_bytes(value)
            .map_err(|_| "the value holds characters that HTTP does not allow")?;
        value.set_sensitive(true);
        self.0.insert(name, value);
        Ok(())
    }
}

/// Shows names only.
impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pairs(text: &str) -> Vec<(String, Vec<u8>)> {
        let headers = Headers::from_variable("OTEL_EXPORTER_OTLP_HEADERS", text);
        headers
            .as_map()
            .iter()
            .map(|(name, value)| (name.to_string(), value.as_bytes().to_vec()))
            .collect()
    }

    #[test]
    fn values_are_percent_decoded_and_trimmed() {
        assert_eq!(
            pairs("api-key=a%20b%3D, x = y , n=1"),
            [
                ("api-key".to_owned(), b"a b=".to_vec()),
                ("x".to_owned(), b"y".to_vec()),
                ("n".to_owned(), b"1".to_vec()),
            ]
        );
    }

    #[test]
    fn no_header_is_invented_from_a_property() {
        assert_eq!(pairs("k=v;p=q"), [("k".to_owned(), b"v;p=q".to_vec())]);
    }

    #[test]
    fn an_unusable_pair_does_not_take_the_others_with_it() {
        assert_eq!(
            pairs("a=1,junk,b c=2,,content-type=text/plain,d=%0A,e=5"),
            [
                ("a".to_owned(), b"1".to_vec()),
                ("e".to_owned(), b"5".to_vec())
            ]
        );
    }

    #[test]
    fn names_differ_in_case_only_once() {
        let mut headers = Headers::new();
        headers.set("X-Tenant", "one").expect("a header");
        headers.set("x-tenant", "two").expect("a header");
        assert_eq!(headers.as_map().get("X-TENANT").expect("set"), "two");
        assert_eq!(headers.as_map().len(), 1);
    }

    #[test]
    fn values_are_not_shown() {
        let mut headers = Headers::new();
        headers
            .set("authorization", "Bearer secret")
            .expect("a header");
        assert_eq!(format!("{headers:?}"), r#"{"authorization"}"#);
        assert!(!format!("{:?}", headers.as_map()).contains("secret"));
        let error = headers.set("x", "sec\nret").expect_err("a line break");
        assert!(!format!("{error} {error:?}").contains("sec"));
    }

    proptest! {
        #[test]
        fn no_text_panics(text in ".*") {
            let _ = Headers::from_variable("X", &text);
        }
    }
}
