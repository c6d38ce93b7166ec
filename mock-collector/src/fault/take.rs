//! The payload is taken, whatever is answered.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Action, InvalidFault};
use crate::signal::Protocol;

/// The payload is taken as soon as it has been read, and the answer is nonetheless what follows: the Collector accepted it,
/// and the client is told that it did not. A retry is a repetition.
///
/// It comes first: nothing that waits stands before it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Take {
    /// What the client is told: an action that does not take the payload by itself.
    pub then: Box<Action>,
}

impl Take {
    pub(crate) fn validate(&self) -> Result<(), InvalidFault> {
        self.then.validate_after_body("take.then")?;
        // A sequence may have steps that take it and steps that do not.
        let is_sequence = matches!(self.then.last(), Action::Sequence(_));
        if !is_sequence
            && Protocol::OTLP
                .into_iter()
                .all(|protocol| self.then.takes_payload(protocol))
        {
            return Err(InvalidFault::new(
                "take.then",
                self.then.last().name(),
                "an action that does not take the payload by itself, such as `{ grpc: UNAVAILABLE }`",
            ));
        }
        Ok(())
    }
}
