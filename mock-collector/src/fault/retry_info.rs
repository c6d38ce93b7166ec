//! `google.rpc.RetryInfo` in a status.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{InvalidFault, SignedDuration};

/// `google.rpc.RetryInfo` in a status: how long the receiver asks the client to wait.
///
/// Spec: OTLP 1.11.0, "OTLP/gRPC Throttling" (SHOULD).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum RetryInfo {
    /// Not sent.
    #[default]
    Absent,
    /// This long; zero, negative and absurd values are sent as they are.
    After(SignedDuration),
    /// A detail of the right type whose bytes are no `RetryInfo`.
    Malformed,
    /// A `grpc-status-details-bin` trailer that is not base64.
    NotBase64,
}

impl RetryInfo {
    /// Whether nothing is sent.
    pub(super) fn is_absent(&self) -> bool {
        *self == Self::Absent
    }
}

impl<T: Into<SignedDuration>> From<T> for RetryInfo {
    fn from(duration: T) -> Self {
        Self::After(duration.into())
    }
}

impl std::str::FromStr for RetryInfo {
    type Err = InvalidFault;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "absent" => Ok(Self::Absent),
            "malformed" => Ok(Self::Malformed),
            "not_base64" => Ok(Self::NotBase64),
            duration => duration.parse().map(Self::After).map_err(|_| {
                InvalidFault::new(
                    "retry_info",
                    text,
                    "a duration such as `2s`, or absent, malformed, not_base64",
                )
            }),
        }
    }
}

impl Serialize for RetryInfo {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Absent => serializer.serialize_str("absent"),
            Self::After(duration) => duration.serialize(serializer),
            Self::Malformed => serializer.serialize_str("malformed"),
            Self::NotBase64 => serializer.serialize_str("not_base64"),
        }
    }
}

impl<'de> Deserialize<'de> for RetryInfo {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for RetryInfo {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "RetryInfo".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "a duration (may be zero, negative or absurd), absent, malformed or not_base64",
            "examples": ["2s", "0s", "-5s", "malformed", "not_base64"],
        })
    }
}

/// Where a `RetryInfo` stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RetryInfoPosition {
    /// The only detail in `grpc-status-details-bin`.
    #[default]
    Only,
    /// Before other details.
    First,
    /// Between other details.
    Middle,
    /// After other details.
    Last,
    /// Not among the details: in a trailer of its own, `google.rpc.retryinfo-bin`.
    BareTrailer,
}

impl RetryInfoPosition {
    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "the signature that serde asks for"
    )]
    pub(super) fn is_default(&self) -> bool {
        *self == Self::Only
    }
}
