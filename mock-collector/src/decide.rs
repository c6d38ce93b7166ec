//! The decision: a pure function of facts, plan and counts.

use schemars::JsonSchema;
use serde::Serialize;
use xxhash_rust::xxh3::Xxh3Default;

use crate::facts::{BodyFacts, Facts};
use crate::fault::{
    Action, Fault, GrpcAnswer, GrpcCode, HttpAnswer, Interim, Matcher, PartialSuccess, Phase,
    RequireHeader, StatusAnswer,
};
use crate::plan::{FaultPlan, Fired, PlannedFault};
use crate::signal::{Protocol, Signal};

/// What happens to a request, and which fault says so.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Decision {
    /// The fault that matched, or `None` where none did.
    pub fault: Option<FaultRef>,
    /// What happens. A [`RequireHeader`] has become the status that it answers with.
    pub action: Action,
}

/// A fault of the plan, as the journal names it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, JsonSchema)]
pub struct FaultRef {
    /// Its ordinal in the plan, 1-based; never given twice while a plan lives.
    pub ordinal: u64,
    /// Its name.
    pub name: String,
}

/// What can be said with the facts at hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// This decision, whatever the body says.
    Decided(Decision),
    /// It depends on the body, which the facts do not have yet.
    NeedsBody,
}

/// Decides on a request: the first fault that matches wins, otherwise it is accepted.
///
/// Same plan, same counts, same facts: same decision. Faults on connections are passed over.
pub fn decide(plan: &FaultPlan, fired: &Fired, facts: &Facts<'_>) -> Outcome {
    for planned in plan.faults() {
        if planned.fault.then.phase() == Phase::Connection {
            continue;
        }
        match judge(planned, plan.seed(), fired, facts) {
            Judgement::No => {}
            Judgement::Unknown => return Outcome::NeedsBody,
            Judgement::Yes(action) => {
                return Outcome::Decided(Decision {
                    fault: Some(planned.reference()),
                    action,
                });
            }
        }
    }
    Outcome::Decided(Decision::default())
}

/// Decides on a new connection: `None` where no fault on connections matches.
pub fn decide_connection(
    plan: &FaultPlan,
    fired: &Fired,
    connection: u64,
    at: std::time::Duration,
) -> Option<Decision> {
    plan.faults()
        .iter()
        .filter(|planned| planned.fault.then.phase() == Phase::Connection)
        .filter(|planned| !fired.is_exhausted(planned, None))
        .find(|planned| {
            let Matcher {
                window,
                connection: connections,
                ..
            } = &planned.fault.when;
            window.is_none_or(|window| window.contains(at))
                && connections.is_none_or(|connections| connections.contains(connection))
        })
        .map(|planned| Decision {
            fault: Some(planned.reference()),
            action: planned.fault.then.clone(),
        })
}

enum Judgement {
    No,
    Unknown,
    Yes(Action),
}

fn judge(planned: &PlannedFault, plan_seed: u64, fired: &Fired, facts: &Facts<'_>) -> Judgement {
    let Fault {
        when,
        then,
        probability,
        seed,
        ..
    } = &planned.fault;
    if !head_matches(when, facts)
        || !then.applies_to(facts.protocol)
        || fired.is_exhausted(planned, facts.signal)
    {
        return Judgement::No;
    }
    let Some(action) = resolve(then, facts) else {
        return Judgement::No;
    };
    if when.needs_body().is_none() && probability.is_none() {
        return Judgement::Yes(action);
    }
    let Some(body) = facts.body else {
        return Judgement::Unknown;
    };
    let seed = seed.unwrap_or(plan_seed);
    if body_matches(when, body)
        && probability
            .is_none_or(|probability| draw(seed, planned.ordinal, facts.signal, body) < probability)
    {
        Judgement::Yes(action)
    } else {
        Judgement::No
    }
}

/// What the headers, the connection and the time say.
fn head_matches(when: &Matcher, facts: &Facts<'_>) -> bool {
    let Matcher {
        request,
        every,
        window,
        signal,
        protocol,
        path,
        header,
        not_header,
        connection,
        ..
    } = when;
    let has = |name: &str, value: &str| {
        facts
            .headers
            .get_all(name)
            .iter()
            .any(|present| present.as_bytes() == value.as_bytes())
    };
    (facts.signal.is_some() || path.is_some())
        && request.is_none_or(|requests| requests.contains(facts.request))
        && every.is_none_or(|every| facts.request.is_multiple_of(every))
        && window.is_none_or(|window| window.contains(facts.at))
        && signal
            .as_ref()
            .is_none_or(|signals| facts.signal.is_some_and(|signal| signals.contains(&signal)))
        && protocol.as_ref().is_none_or(|protocols| {
            facts
                .protocol
                .is_some_and(|protocol| protocols.contains(&protocol))
        })
        && path.as_deref().is_none_or(|path| path == facts.path)
        && connection.is_none_or(|connections| connections.contains(facts.connection))
        && header.iter().all(|(name, value)| match value {
            Some(value) => has(name, value),
            None => !facts.headers.contains_key(name),
        })
        && not_header.iter().all(|(name, value)| !has(name, value))
}

/// What the body says.
fn body_matches(when: &Matcher, body: BodyFacts<'_>) -> bool {
    let Matcher {
        attempt,
        export,
        resource,
        ..
    } = when;
    attempt
        .is_none_or(|attempts| body.export.is_some() && attempts.contains(u64::from(body.attempt)))
        && export.is_none_or(|exports| body.export.is_some_and(|ordinal| exports.contains(ordinal)))
        && (resource.is_empty() || body.resources.any_has(resource))
}

/// The action for this request, or `None` where it has nothing to say to it.
fn resolve(action: &Action, facts: &Facts<'_>) -> Option<Action> {
    if let Action::Delay(delay) = action {
        return resolve(&delay.then, facts).map(|then| then.after(delay.duration));
    }
    if let Action::Interim(interim) = action {
        let then = Box::new(resolve(&interim.then, facts)?);
        return Some(Action::Interim(Interim {
            status: interim.status,
            then,
        }));
    }
    if let Action::PartialSuccess(PartialSuccess { gzip: true, .. }) = action {
        return accepts_gzip(facts).then(|| action.clone());
    }
    let Action::RequireHeader(RequireHeader { name, value }) = action else {
        return Some(action.clone());
    };
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

/// A number in [0, 1) that depends on nothing but its arguments.
fn draw(seed: u64, fault: u64, signal: Option<Signal>, body: BodyFacts<'_>) -> f64 {
    let mut hash = Xxh3Default::new();
    hash.update(&seed.to_le_bytes());
    hash.update(&fault.to_le_bytes());
    hash.update(signal.map_or("", Signal::name).as_bytes());
    hash.update(&body.export.unwrap_or_default().to_le_bytes());
    hash.update(&body.attempt.to_le_bytes());
    // The upper 32 bits are enough, and exact in a double.
    let upper = u32::try_from(hash.digest() >> 32).unwrap_or_default();
    f64::from(upper) / (f64::from(u32::MAX) + 1.0)
}
