//! The two protocols of remote write.

use std::fmt;
use std::str::FromStr;

/// A version of the remote write protocol.
///
/// Spec: Remote-Write 1.0; Remote-Write 2.0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RemoteWriteProtocol {
    /// 1.0: the message `prometheus.WriteRequest`, with the samples of floats alone. It has neither types, help and units
    /// nor start times, exemplars and native histograms.
    V1,
    /// 2.0: the message `io.prometheus.write.v2.Request`, with all of them. Still experimental, says its specification.
    V2,
}

impl RemoteWriteProtocol {
    /// Both.
    pub const ALL: [Self; 2] = [Self::V1, Self::V2];

    /// Its number: `1.0`, `2.0`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::V1 => "1.0",
            Self::V2 => "2.0",
        }
    }

    /// The header `Content-Type`.
    ///
    /// Spec: Remote-Write 2.0, "Content-Type" (SHOULD, each).
    pub(super) const fn content_type(self) -> &'static str {
        match self {
            Self::V1 => "application/x-protobuf",
            Self::V2 => "application/x-protobuf;proto=io.prometheus.write.v2.Request",
        }
    }

    /// The header `X-Prometheus-Remote-Write-Version`.
    ///
    /// Spec: Remote-Write 2.0, "X-Prometheus-Remote-Write-Version" (MUST for 1.0).
    pub(super) const fn version(self) -> &'static str {
        match self {
            Self::V1 => "0.1.0",
            Self::V2 => "2.0.0",
        }
    }
}

impl fmt::Display for RemoteWriteProtocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The text is neither of the two numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a protocol of remote write (1.0 or 2.0)")]
pub struct UnknownRemoteWriteProtocol;

impl FromStr for RemoteWriteProtocol {
    type Err = UnknownRemoteWriteProtocol;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|protocol| protocol.name() == text)
            .ok_or(UnknownRemoteWriteProtocol)
    }
}
