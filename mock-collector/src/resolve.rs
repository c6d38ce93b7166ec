//! From the action of a fault to what it means for one request: nothing is left to choice.

use crate::draw::Draw;
use crate::facts::Facts;
use crate::fault::{
    Action, Delay, GrpcAnswer, GrpcCode, Hold, HttpAnswer, Interim, PartialSuccess, RequireHeader,
    StatusAnswer, Take, Wait,
};
use crate::plan::PlannedFault;
use crate::signal::Protocol;

/// A fault that fires for a request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Firing<'a> {
    pub(crate) planned: &'a PlannedFault,
    pub(crate) facts: &'a Facts<'a>,
    pub(crate) seed: u64,
    /// How often the fault has fired for this signal before.
    pub(crate) fired: u64,
}

impl Firing<'_> {
    /// The action for this request, or `None` where it has nothing to say to it.
    pub(crate) fn action(&self) -> Option<Action> {
        self.resolve(&self.planned.fault.then, 1)
    }

    /// What is drawn for this attempt at this place.
    pub(crate) fn draw(&self, place: u64) -> Draw {
        self.facts.body.map_or(Draw::NONE, |body| {
            Draw::of(
                self.seed,
                self.planned.number,
                self.facts.signal,
                body,
                place,
            )
        })
    }

    /// `place` tells waits apart that are drawn for the same request.
    fn resolve(&self, action: &Action, place: u64) -> Option<Action> {
        let next = |then: &Action| self.resolve(then, place + 1).map(Box::new);
        match action {
            Action::Delay(delay) => {
                let age = self.facts.at.saturating_sub(self.planned.added_at);
                Some(Action::Delay(Delay {
                    wait: Wait::For(delay.wait.length(self.draw(place), age)),
                    at: delay.at,
                    then: next(&delay.then)?,
                }))
            }
            Action::Interim(interim) => Some(Action::Interim(Interim {
                status: interim.status,
                then: next(&interim.then)?,
            })),
            Action::Hold(hold) => Some(Action::Hold(Hold {
                then: next(&hold.then)?,
            })),
            Action::Take(take) => Some(Action::Take(Take {
                then: next(&take.then)?,
            })),
            Action::Sequence(sequence) => {
                let step = sequence.step(self.fired, self.facts.protocol);
                // Afterwards comes what may have nothing to say in this protocol.
                let applies = step.applies_to(self.facts.protocol);
                applies.then(|| self.resolve(step, place + 1)).flatten()
            }
            Action::PartialSuccess(PartialSuccess { gzip: true, .. }) => {
                accepts_gzip(self.facts).then(|| action.clone())
            }
            Action::RequireHeader(required) => refusal(required, self.facts),
            action => Some(action.clone()),
        }
    }
}

/// The status for a request without this header, or with a wrong one.
fn refusal(RequireHeader { name, value }: &RequireHeader, facts: &Facts<'_>) -> Option<Action> {
    let mut present = facts.headers.get_all(name).iter().peekable();
    let (code, status, message) = if present.peek().is_none() {
        (
            GrpcCode::UNAUTHENTICATED,
            401,
            format!("missing header {name}"),
        )
    } else if present.any(|present| present.as_bytes() == value.as_bytes()) {
        return None;
    } else {
        (
            GrpcCode::PERMISSION_DENIED,
            403,
            format!("wrong value of header {name}"),
        )
    };
    Some(Action::Status(StatusAnswer {
        grpc: Some(GrpcAnswer::new(code).message(message.clone())),
        http: Some(HttpAnswer::new(status).message(message)),
    }))
}

/// Whether the client says that it can read answers that are compressed with gzip.
fn accepts_gzip(facts: &Facts<'_>) -> bool {
    let name = if facts.protocol == Some(Protocol::Grpc) {
        "grpc-accept-encoding"
    } else {
        "accept-encoding"
    };
    facts.headers.get_all(name).iter().any(|value| {
        // Weights are not looked at, but for the one that forbids.
        value.to_str().is_ok_and(|value| {
            value.split(',').any(|coding| {
                let mut parts = coding.split(';').map(str::trim);
                parts.next() == Some("gzip") && parts.next() != Some("q=0")
            })
        })
    })
}
