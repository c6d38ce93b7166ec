//! The decision: a pure function of facts, plan and counts.

use schemars::JsonSchema;
use serde::Serialize;

use crate::facts::{BodyFacts, Facts};
use crate::fault::{Action, Conditions, Matcher, Moment, Phase};
use crate::plan::{FaultPlan, Fired, PlannedFault};
use crate::resolve::Firing;

/// What happens to a request, and which fault says so.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Decision {
    /// The fault that matched, or `None` where none did.
    pub fault: Option<FaultRef>,
    /// What happens, with nothing left to choice: a `RequireHeader` has become the status that it answers with, a sequence
    /// the action whose turn it is, a wait that is drawn the length that was drawn.
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

/// Decides on a new connection: the first fault that denies it service wins, `None` where none does.
///
/// Faults that do something to it for as long as it lives are passed over.
pub fn decide_connection(
    plan: &FaultPlan,
    fired: &Fired,
    connection: u64,
    at: std::time::Duration,
) -> Option<Decision> {
    plan.faults()
        .iter()
        .filter(|planned| planned.fault.then.denies_connection())
        .find(|planned| may_meet(planned, fired, connection, at))
        .map(|planned| Decision {
            fault: Some(planned.reference()),
            action: planned.fault.then.clone(),
        })
}

/// A connection that is served, as far as faults may look at it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ConnectionFacts {
    /// Its ordinal, 1-based.
    pub(crate) connection: u64,
    /// When it is decided on, since the collector started.
    pub(crate) at: std::time::Duration,
    /// Whether TLS is spoken on it.
    pub(crate) tls: bool,
}

/// Adds to the conditions of a connection what faults ask for at this moment: of each aspect the first that matches.
/// Returns those faults.
pub(crate) fn decide_conditions(
    plan: &FaultPlan,
    fired: &Fired,
    facts: ConnectionFacts,
    moment: Moment,
    conditions: &mut Conditions,
) -> Vec<FaultRef> {
    let mut applies = |planned: &&PlannedFault| match &planned.fault.then {
        Action::Connection(fault) => {
            fault.moment() == moment
                && fault.applies_to(facts.tls)
                && may_meet(planned, fired, facts.connection, facts.at)
                && conditions.add(fault)
        }
        _ => false,
    };
    let planned = plan.faults().iter().filter(|planned| applies(planned));
    planned.map(PlannedFault::reference).collect()
}

/// Whether a fault on connections matches this one, and may still fire.
fn may_meet(
    planned: &PlannedFault,
    fired: &Fired,
    connection: u64,
    at: std::time::Duration,
) -> bool {
    let connections = planned.fault.when.connection;
    !fired.is_exhausted(planned, None)
        && planned.window().is_none_or(|window| window.contains(at))
        && connections.is_none_or(|connections| connections.contains(connection))
}

enum Judgement {
    No,
    Unknown,
    Yes(Action),
}

fn judge(planned: &PlannedFault, plan_seed: u64, fired: &Fired, facts: &Facts<'_>) -> Judgement {
    let fault = &planned.fault;
    if !may_apply(planned, facts) || fired.is_exhausted(planned, facts.signal) {
        return Judgement::No;
    }
    let firing = Firing {
        planned,
        facts,
        seed: fault.seed.unwrap_or(plan_seed),
        fired: fired.times(planned.ordinal, facts.signal),
    };
    let Some(action) = firing.action() else {
        return Judgement::No;
    };
    if facts.body.is_none() && fault.needs_body().is_some() {
        return Judgement::Unknown;
    }
    if facts
        .body
        .is_some_and(|body| !body_matches(&fault.when, body))
        || fault
            .when
            .beyond
            .is_some_and(|beyond| fired.has_room(planned, beyond, facts))
        || fault
            .probability
            .is_some_and(|probability| firing.draw(0).unit() >= probability)
    {
        return Judgement::No;
    }
    Judgement::Yes(action)
}

/// Whether the fault is there, has something to say in this protocol, and the head of the request matches.
fn may_apply(planned: &PlannedFault, facts: &Facts<'_>) -> bool {
    planned.lasts_at(facts.at)
        && planned.fault.then.applies_to(facts.protocol)
        && head_matches(&planned.fault.when, facts)
}

/// Counts a decision: the fault has fired, and what the faults before it have let through has used up their allowances.
///
/// `facts` are those on which the decision was taken.
pub fn record(plan: &FaultPlan, fired: &mut Fired, facts: &Facts<'_>, decision: &Decision) {
    let decided = decision.fault.as_ref().map(|fault| fault.ordinal);
    let passed = plan.faults().iter();
    for planned in passed.take_while(|planned| Some(planned.ordinal) != decided) {
        let when = &planned.fault.when;
        if let Some(beyond) = when.beyond
            && may_apply(planned, facts)
            && facts.body.is_none_or(|body| body_matches(when, body))
        {
            fired.use_up(planned, beyond, facts);
        }
    }
    if let Some(fault) = &decision.fault {
        fired.record(fault, facts.signal);
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
