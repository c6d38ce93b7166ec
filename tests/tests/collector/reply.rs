//! What comes back.

use std::collections::BTreeMap;
use std::fmt;

use bytes::Bytes;
use http::HeaderMap;

use crate::body;

/// How the exchange ended, as the client sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    Answered,
    /// The connection ended before there was a whole answer.
    Closed,
    /// The stream was reset, with this code of HTTP/2.
    StreamReset(String),
    /// The connection was given up, with this code of HTTP/2.
    GoneAway(String),
    /// It did not end before the guard did.
    NoAnswer,
}

/// An answer, as far as there is one.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) ending: Ending,
    pub(crate) interim: Vec<u16>,
    pub(crate) status: Option<u16>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) trailers: HeaderMap,
}

/// What is compared, by name.
pub(crate) type Fields = BTreeMap<String, String>;

impl Reply {
    pub(crate) fn without_answer(ending: Ending) -> Self {
        Self {
            ending,
            interim: Vec::new(),
            status: None,
            headers: HeaderMap::new(),
            body: Bytes::new(),
            trailers: HeaderMap::new(),
        }
    }

    /// All that is compared: every field of the head, but for what differs by the clock and the length of a text.
    pub(crate) fn fields(&self) -> Fields {
        let mut fields = Fields::new();
        let mut add = |name: &str, value: String| fields.insert(name.to_owned(), value);
        add("ending", self.ending.to_string());
        if !self.interim.is_empty() {
            add("interim answers", format!("{:?}", self.interim));
        }
        let Some(status) = self.status else {
            return fields;
        };
        add("status", status.to_string());
        for (place, map) in [("headers", &self.headers), ("trailers", &self.trailers)] {
            for name in map.keys() {
                let values: Vec<String> = map
                    .get_all(name)
                    .iter()
                    .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
                    .collect();
                let value = values.join(" | ");
                match name.as_str() {
                    "grpc-status" => add("grpc-status", format!("{value}, in {place}")),
                    // Its text is for people; an empty one is as good as none.
                    "grpc-message" if value.is_empty() => None,
                    "grpc-message" => add("grpc-message", "a text".to_owned()),
                    "date" => add("date", "a date".to_owned()),
                    "content-length" | "transfer-encoding" => {
                        add("framing", name.as_str().to_owned())
                    }
                    name => add(name, value),
                };
            }
        }
        add("body", body::told(status, &self.headers, &self.body));
        fields
    }
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answered => f.write_str("answered"),
            Self::Closed => f.write_str("connection closed"),
            Self::StreamReset(code) => write!(f, "stream reset ({code})"),
            Self::GoneAway(code) => write!(f, "connection given up ({code})"),
            Self::NoAnswer => f.write_str("no answer"),
        }
    }
}
