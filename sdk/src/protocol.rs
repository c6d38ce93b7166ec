//! The three ways in which OTLP is spoken.

use std::fmt;
use std::str::FromStr;

/// A transport together with an encoding.
///
/// Spec: OTLP exporter, "Specify Protocol" (`grpc`, `http/protobuf`, `http/json`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// Protobuf messages over gRPC; port 4317 by default.
    Grpc,
    /// Protobuf messages over HTTP/1.1; port 4318 by default.
    HttpProtobuf,
    /// JSON messages over HTTP/1.1; port 4318 by default.
    HttpJson,
}

impl Protocol {
    /// Every protocol.
    pub const ALL: [Self; 3] = [Self::Grpc, Self::HttpProtobuf, Self::HttpJson];

    /// The name that the specification gives it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Grpc => "grpc",
            Self::HttpProtobuf => "http/protobuf",
            Self::HttpJson => "http/json",
        }
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The text is none of the three names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a protocol (grpc, http/protobuf or http/json)")]
pub struct UnknownProtocol;

/// Names are read without regard to case, as the specification asks for enumerations in the environment.
impl FromStr for Protocol {
    type Err = UnknownProtocol;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|protocol| protocol.name().eq_ignore_ascii_case(text))
            .ok_or(UnknownProtocol)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back_in_any_case() {
        for protocol in Protocol::ALL {
            assert_eq!(protocol.name().parse(), Ok(protocol));
            assert_eq!(protocol.name().to_uppercase().parse(), Ok(protocol));
        }
        assert_eq!("http".parse::<Protocol>(), Err(UnknownProtocol));
    }
}
