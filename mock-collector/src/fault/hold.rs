//! No answer until somebody lets go.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Action, InvalidFault};

/// Read everything, and wait until the fault is removed or replaced, or its time is over (`for`); then go on.
///
/// Faults are removed and replaced through the Rust API and the control API; those of a scenario by its steps.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Hold {
    /// What then; default `accept`.
    #[serde(default, skip_serializing_if = "Hold::is_accept")]
    pub then: Box<Action>,
}

impl Hold {
    pub(crate) fn validate(&self) -> Result<(), InvalidFault> {
        self.then.validate_after_body("hold.then")
    }

    #[expect(clippy::borrowed_box, reason = "the signature that serde asks for")]
    fn is_accept(then: &Box<Action>) -> bool {
        **then == Action::Accept
    }
}
