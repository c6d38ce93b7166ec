//! Faults that a person switches on and off with one key, on a terminal or on a page.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tonic::Code;

use super::{
    Action, Fault, ResetAt, always, delay, grpc, hang, http, lose_acknowledgement, partial_success,
    refuse, reset, secs, status,
};

/// A fault that a person switches on and off with one key. On, it applies to every request.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Switch {
    /// `UNAVAILABLE`, or 503.
    Unavailable,
    /// `RESOURCE_EXHAUSTED` with `RetryInfo`, or 429 with `Retry-After`: 2 seconds.
    Throttled,
    /// `INVALID_ARGUMENT`, or 400.
    Invalid,
    /// One item of each export is rejected.
    PartialSuccess,
    /// Answers come after 2 seconds.
    Slow,
    /// No answer.
    Hang,
    /// Connections are reset when the request has been read.
    Reset,
    /// The payload is taken, and the connection ends without an answer.
    LostAcknowledgement,
    /// Nobody listens.
    Refuse,
}

impl Switch {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 9] = [
        Self::Unavailable,
        Self::Throttled,
        Self::Invalid,
        Self::PartialSuccess,
        Self::Slow,
        Self::Hang,
        Self::Reset,
        Self::LostAcknowledgement,
        Self::Refuse,
    ];

    /// The key that switches it, a lower-case letter; no two have the same.
    pub const fn key(self) -> char {
        match self {
            Self::Unavailable => 'u',
            Self::Throttled => 't',
            Self::Invalid => 'i',
            Self::PartialSuccess => 'p',
            Self::Slow => 's',
            Self::Hang => 'h',
            Self::Reset => 'r',
            Self::LostAcknowledgement => 'l',
            Self::Refuse => 'd',
        }
    }

    /// The name of its fault, in the journal and in the control API.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unavailable => "unavailable",
            Self::Throttled => "throttled",
            Self::Invalid => "invalid",
            Self::PartialSuccess => "partial_success",
            Self::Slow => "slow",
            Self::Hang => "hang",
            Self::Reset => "reset",
            Self::LostAcknowledgement => "lost_acknowledgement",
            Self::Refuse => "refuse",
        }
    }

    /// What it does, in a few words.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Unavailable => "unavailable: UNAVAILABLE or 503",
            Self::Throttled => "throttled: come back in 2 s",
            Self::Invalid => "invalid: INVALID_ARGUMENT or 400",
            Self::PartialSuccess => "partial success: 1 item rejected",
            Self::Slow => "slow: answers after 2 s",
            Self::Hang => "hang: no answer",
            Self::Reset => "reset the connection",
            Self::LostAcknowledgement => "take it, lose the answer",
            Self::Refuse => "down: nobody listens",
        }
    }

    /// The fault, with its name.
    pub fn fault(self) -> Fault {
        let action: Action = match self {
            Self::Unavailable => status(grpc(Code::Unavailable), http(503)),
            Self::Throttled => status(
                grpc(Code::ResourceExhausted).retry_info(secs(2)),
                http(429).retry_after(secs(2)),
            ),
            Self::Invalid => status(grpc(Code::InvalidArgument), http(400)),
            Self::PartialSuccess => partial_success(1, "one item was rejected by a switch"),
            Self::Slow => delay(secs(2)),
            Self::Hang => hang(),
            Self::Reset => reset(ResetAt::AfterBody),
            Self::LostAcknowledgement => lose_acknowledgement(),
            Self::Refuse => refuse(),
        };
        always().then(action).named(self.name())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::Switch;

    #[test]
    fn each_has_a_key_of_its_own_and_a_fault_that_can_be_meant() {
        let keys: BTreeSet<char> = Switch::ALL.map(Switch::key).into();
        assert_eq!(keys.len(), Switch::ALL.len());
        for switch in Switch::ALL {
            assert!(switch.key().is_ascii_lowercase());
            assert_eq!(switch.fault().validate(), Ok(()));
        }
    }
}
