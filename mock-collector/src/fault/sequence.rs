//! One action after the other.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Action, InvalidFault, Phase};
use crate::signal::Protocol;

/// The first time the first action, the second time the second, and afterwards another: `{ sequence: [A, B], then: C }`.
///
/// Times are counted for each signal by itself. An action that has nothing to say in the protocol of the request is left
/// out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sequence {
    /// The actions in order, at least one.
    #[serde(rename = "sequence")]
    #[schemars(length(min = 1))]
    pub steps: Vec<Action>,
    /// What comes afterwards; default `accept`.
    #[serde(default)]
    pub then: Box<Action>,
}

impl Sequence {
    /// All its actions: the steps, and what comes afterwards.
    pub(crate) fn actions(&self) -> impl Iterator<Item = &Action> {
        self.steps.iter().chain(std::iter::once(&*self.then))
    }

    /// The action for a fault that has fired so many times, in this protocol.
    pub(crate) fn step(&self, fired: u64, protocol: Option<Protocol>) -> &Action {
        usize::try_from(fired)
            .ok()
            .and_then(|fired| {
                let steps = self.steps.iter();
                steps.filter(|step| step.applies_to(protocol)).nth(fired)
            })
            .unwrap_or(&self.then)
    }

    pub(crate) fn validate(&self) -> Result<(), InvalidFault> {
        if self.steps.is_empty() {
            return Err(InvalidFault::new("sequence", "[]", "at least one action"));
        }
        let named = self.steps.iter().enumerate();
        let named = named.map(|(index, step)| (format!("sequence[{index}]"), step));
        for (key, step) in named.chain([("sequence.then".to_owned(), &*self.then)]) {
            match step.last() {
                Action::Sequence(_) => {
                    return Err(InvalidFault::new(
                        &key,
                        "sequence",
                        "an action, not another sequence",
                    ));
                }
                Action::RequireHeader(_) => {
                    return Err(InvalidFault::new(
                        &key,
                        "require_header",
                        "an action that every request gets; put `require_header` into a fault of its own",
                    ));
                }
                _ if step.phase() == Phase::Connection => {
                    return Err(InvalidFault::new(
                        &key,
                        step.name(),
                        "an action on a request, not on a connection",
                    ));
                }
                _ => step.validate()?,
            }
        }
        Ok(())
    }
}
