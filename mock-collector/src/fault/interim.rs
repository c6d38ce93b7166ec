//! Answers before the answer.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Action, InvalidFault, Phase};

/// An interim answer (1xx), and then another action.
///
/// Requests over gRPC are not matched: they go on to the next fault.
///
/// Spec: RFC 9110, "Informational 1xx": a client must be able to parse one or more 1xx responses before the final one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Interim {
    /// Its status: 102 to 199; default 103. (100 would answer an `Expect`, 101 ends HTTP.)
    #[serde(default = "early_hints")]
    #[schemars(range(min = 102, max = 199))]
    pub status: u16,
    /// What then; default `accept`.
    #[serde(default)]
    pub then: Box<Action>,
}

const fn early_hints() -> u16 {
    103
}

impl Interim {
    pub(crate) fn validate(&self) -> Result<(), InvalidFault> {
        if !(102..=199).contains(&self.status) {
            return Err(InvalidFault::new(
                "interim.status",
                self.status,
                "an interim HTTP status from 102 to 199",
            ));
        }
        if self.then.phase() != Phase::Body {
            return Err(InvalidFault::new(
                "interim.then",
                self.then.name(),
                "an action that is due when the request has been read",
            ));
        }
        self.then.validate()
    }
}
