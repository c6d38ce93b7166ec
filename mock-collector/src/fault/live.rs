//! The faults of a running collector: a plan that can be changed, and its counts.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use serde::Serialize;
use tokio::sync::watch;
use tokio::time::Instant;

use super::timing::optional_duration_text;
use super::{Action, Conditions, Fault, InvalidFault, Matcher, Moment, Phase, Switch};
use crate::core::until;
use crate::decide::{
    ConnectionFacts, Decision, FaultRef, Outcome, decide, decide_conditions, decide_connection,
    record,
};
use crate::facts::Facts;
use crate::plan::{FaultPlan, Fired, PlannedFault};
use crate::signal::Signal;

/// The faults of a running collector. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct LiveFaults(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    plan: FaultPlan,
    fired: Fired,
    /// When the collector started; before that no time passes.
    started: Option<Instant>,
    /// Requests so far, by signal; the last place is for those that are no export.
    requests: [u64; Signal::ALL.len() + 1],
    /// Whether a fault acts before the body was read: if none does, nobody asks.
    has_head_faults: bool,
    /// Whether a fault does something to connections that are served: if none does, nobody asks.
    has_conditions: bool,
    /// Whether there is nothing but connections to act on: bytes are passed, and nobody looks at them.
    connections_only: bool,
    /// Counts changes of the plan.
    changes: watch::Sender<u64>,
}

impl State {
    fn plan_changed(&mut self) {
        self.has_head_faults = self
            .plan
            .faults()
            .iter()
            .any(|planned| planned.fault.then.phase() == Phase::Head);
        self.has_conditions = self
            .plan
            .faults()
            .iter()
            .any(|planned| matches!(planned.fault.then, Action::Connection(_)));
        self.changes
            .send_modify(|changes| *changes = changes.wrapping_add(1));
    }

    fn elapsed(&self) -> Duration {
        self.started
            .map_or(Duration::ZERO, |started| started.elapsed())
    }

    /// The ordinal of the fault of a switch that is on: one that is the same and has the same name, whoever added it.
    fn switched(&self, switch: Switch) -> Option<u64> {
        let fault = switch.fault();
        let mut planned = self.plan.faults().iter();
        planned
            .find(|planned| planned.fault == fault)
            .map(|planned| planned.ordinal)
    }

    /// Whether a fault has anything to act on.
    fn check(&self, fault: &Fault) -> Result<(), InvalidFault> {
        let acts = match &fault.then {
            Action::Connection(fault) => fault.acts_on_bytes(),
            action => action.phase() == Phase::Connection,
        };
        if acts || !self.connections_only {
            return Ok(());
        }
        Err(InvalidFault::new(
            "then",
            fault.then.name(),
            "an action on the bytes of connections, such as refuse or close_after: a proxy of bytes (tcp://) sees no \
             requests and speaks neither HTTP nor TLS, one of requests (http://, https://) does",
        ))
    }

    fn record(&mut self, decision: &Decision, facts: &Facts<'_>) {
        record(&self.plan, &mut self.fired, facts, decision);
    }
}

/// A fault of a running collector and how often it has fired.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FaultStatus {
    /// Its ordinal, 1-based, by which it can be removed.
    pub ordinal: u64,
    /// Its name.
    pub name: String,
    /// How often it has fired, over all signals.
    pub fired: u64,
    /// When its time is over, since the start of the collector; `None` where it never is.
    #[serde(
        with = "optional_duration_text",
        skip_serializing_if = "Option::is_none"
    )]
    pub ends_at: Option<Duration>,
    /// The fault.
    pub fault: Fault,
}

impl LiveFaults {
    /// The faults of this plan.
    pub fn new(plan: FaultPlan) -> Self {
        let mut state = State {
            plan,
            ..State::default()
        };
        state.plan_changed();
        Self(Arc::new(Mutex::new(state)))
    }

    /// Says when the collector started: times of faults that are added later count from then on.
    pub(crate) fn start_at(&self, started: Instant) {
        self.0.lock().started = Some(started);
    }

    /// The faults of this plan, where nobody looks at requests.
    ///
    /// # Errors
    ///
    /// [`InvalidFault`] for the first that acts on requests, now and whenever faults are added.
    pub(crate) fn on_connections_only(plan: FaultPlan) -> Result<Self, InvalidFault> {
        let faults = Self::new(plan);
        {
            let mut state = faults.0.lock();
            state.connections_only = true;
            for planned in state.plan.faults() {
                state.check(&planned.fault)?;
            }
        }
        Ok(faults)
    }

    /// Counts a request and returns its ordinal among those of its signal, 1-based.
    pub fn count_request(&self, signal: Option<Signal>) -> u64 {
        let place = match signal {
            Some(Signal::Metrics) => 0,
            Some(Signal::Traces) => 1,
            Some(Signal::Logs) => 2,
            Some(Signal::Profiles) => 3,
            None => 4,
        };
        let mut state = self.0.lock();
        state.requests[place] += 1;
        state.requests[place]
    }

    /// Decides on a new connection: `None` to serve it, under the conditions that other faults ask for.
    pub fn on_connection(&self, connection: u64, at: Duration) -> Option<Decision> {
        let mut state = self.0.lock();
        let decision = decide_connection(&state.plan, &state.fired, connection, at)?;
        if let Some(fault) = &decision.fault {
            state.fired.record(fault, None);
        }
        Some(decision)
    }

    /// Adds to the conditions of a connection what faults ask for at this moment, counts these as fired, and returns them.
    pub(crate) fn set_conditions(
        &self,
        facts: ConnectionFacts,
        moment: Moment,
        conditions: &mut Conditions,
    ) -> Vec<FaultRef> {
        let mut state = self.0.lock();
        if !state.has_conditions {
            return Vec::new();
        }
        let faults = decide_conditions(&state.plan, &state.fired, facts, moment, conditions);
        for fault in &faults {
            state.fired.record(fault, None);
        }
        faults
    }

    /// Whether a fault refuses connections at this time, without counting it as fired: for a listener that is to be
    /// taken down while it applies. `connection` is the ordinal that the next connection would have.
    pub fn refuses_at(&self, connection: u64, at: Duration) -> bool {
        self.would(&Action::Refuse, connection, at)
    }

    /// Whether a fault swallows connections at this time, without counting it as fired.
    pub(crate) fn swallows_at(&self, connection: u64, at: Duration) -> bool {
        self.would(&Action::BlackHole, connection, at)
    }

    fn would(&self, action: &Action, connection: u64, at: Duration) -> bool {
        let state = self.0.lock();
        decide_connection(&state.plan, &state.fired, connection, at)
            .is_some_and(|decision| decision.action == *action)
    }

    /// Decides before the body is read: `Some` only where the action is due before the end of the body.
    pub fn before_body(&self, facts: &Facts<'_>) -> Option<Decision> {
        let mut state = self.0.lock();
        if !state.has_head_faults {
            return None;
        }
        match decide(&state.plan, &state.fired, facts) {
            Outcome::Decided(decision) if decision.action.phase() == Phase::Head => {
                state.record(&decision, facts);
                Some(decision)
            }
            Outcome::Decided(_) | Outcome::NeedsBody => None,
        }
    }

    /// Decides when the request has been read; `facts.body` has to be there.
    ///
    /// The action may be one that is due before the end of the body, where an earlier fault had to see the body first:
    /// it is then due at once.
    pub fn after_body(&self, facts: &Facts<'_>) -> Decision {
        let mut state = self.0.lock();
        if state.plan.faults().is_empty() {
            return Decision::default();
        }
        match decide(&state.plan, &state.fired, facts) {
            Outcome::Decided(decision) => {
                state.record(&decision, facts);
                decision
            }
            Outcome::NeedsBody => Decision::default(),
        }
    }

    /// Adds a fault after the others; it is removed when the guard is dropped.
    ///
    /// # Errors
    ///
    /// [`InvalidFault`] if it cannot be meant.
    pub fn add(&self, fault: Fault) -> Result<FaultGuard, InvalidFault> {
        let mut state = self.0.lock();
        state.check(&fault)?;
        let now = state.elapsed();
        let ordinal = state.plan.push(fault, now)?;
        state.plan_changed();
        Ok(FaultGuard {
            faults: Some(self.clone()),
            ordinal,
        })
    }

    /// Adds faults after the others and returns their ordinals.
    ///
    /// # Errors
    ///
    /// [`InvalidFault`] for the first that cannot be meant; then nothing has changed.
    pub fn add_all(&self, faults: &[Fault]) -> Result<Vec<u64>, InvalidFault> {
        let mut state = self.0.lock();
        for fault in faults {
            fault.validate()?;
            state.check(fault)?;
        }
        let now = state.elapsed();
        let added = faults
            .iter()
            .map(|fault| state.plan.push(fault.clone(), now));
        let ordinals = added.collect();
        state.plan_changed();
        ordinals
    }

    /// Puts another fault in the place of the one with this ordinal, which is counted from 0; whether there was one.
    ///
    /// # Errors
    ///
    /// [`InvalidFault`] if it cannot be meant; then nothing has changed.
    pub fn replace(&self, ordinal: u64, fault: Fault) -> Result<bool, InvalidFault> {
        let mut state = self.0.lock();
        state.check(&fault)?;
        let now = state.elapsed();
        let replaced = state.plan.put(ordinal, fault, now)?;
        state.fired.forget(ordinal);
        state.plan_changed();
        Ok(replaced)
    }

    /// Whether this switch is on.
    pub fn is_on(&self, switch: Switch) -> bool {
        let state = self.0.lock();
        state.switched(switch).is_some()
    }

    /// Switches a switch on where it is off, and off where it is on; whether it is on now.
    ///
    /// # Errors
    ///
    /// [`InvalidFault`] where nobody looks at requests, and the switch is about them.
    pub fn toggle(&self, switch: Switch) -> Result<bool, InvalidFault> {
        let on = !self.is_on(switch);
        self.switch(switch, on)?;
        Ok(on)
    }

    /// Switches a switch on or off, if it is not so already.
    ///
    /// On, its fault stands before all others, so that it wins over those of a file, and over the switches that were on
    /// before. A fault that is the same and has the same name is the switch, whoever added it.
    ///
    /// # Errors
    ///
    /// [`InvalidFault`] where nobody looks at requests, and the switch is about them.
    pub fn switch(&self, switch: Switch, on: bool) -> Result<(), InvalidFault> {
        let mut state = self.0.lock();
        match (state.switched(switch).is_some(), on) {
            (true, true) | (false, false) => return Ok(()),
            (true, false) => {
                state.plan.remove_equal(&switch.fault());
            }
            (false, true) => {
                let fault = switch.fault();
                state.check(&fault)?;
                let now = state.elapsed();
                state.plan.push_first(fault, now)?;
            }
        }
        state.plan_changed();
        Ok(())
    }

    /// Counts requests and fired faults from 0 again.
    pub fn reset_counts(&self) {
        let mut state = self.0.lock();
        state.requests = <[u64; Signal::ALL.len() + 1]>::default();
        state.fired = Fired::default();
        state.plan_changed();
    }

    /// Replaces all faults; counts of requests go on, counts of fired faults start again.
    ///
    /// # Errors
    ///
    /// [`InvalidFault`] for the first that cannot be meant; then nothing has changed.
    pub fn set(&self, faults: impl IntoIterator<Item = Fault>) -> Result<(), InvalidFault> {
        let mut state = self.0.lock();
        let faults: Vec<Fault> = faults.into_iter().collect();
        faults.iter().try_for_each(|fault| state.check(fault))?;
        let now = state.elapsed();
        state.plan.replace(faults, now)?;
        state.fired = Fired::default();
        state.plan_changed();
        Ok(())
    }

    /// Tells of every change of the plan.
    pub(crate) fn subscribe(&self) -> watch::Receiver<u64> {
        self.0.lock().changes.subscribe()
    }

    /// When connections are refused: the matchers of the faults that say so and may still fire.
    pub(crate) fn refusals(&self) -> Vec<Matcher> {
        self.matchers(|action| *action == Action::Refuse)
    }

    /// When there is no way to connect, refused or swallowed: the matchers of the faults that may still fire.
    pub(crate) fn barriers(&self) -> Vec<Matcher> {
        self.matchers(|action| matches!(action, Action::Refuse | Action::BlackHole))
    }

    fn matchers(&self, of: impl Fn(&Action) -> bool) -> Vec<Matcher> {
        let state = self.0.lock();
        let planned = state.plan.faults().iter();
        planned
            .filter(|planned| of(&planned.fault.then) && !state.fired.is_exhausted(planned, None))
            .map(|planned| Matcher {
                window: planned.window(),
                ..planned.fault.when.clone()
            })
            .collect()
    }

    /// How often another fault has taken the place of the one with this ordinal; 0 where there is none.
    pub(crate) fn times_replaced(&self, ordinal: u64) -> u64 {
        let state = self.0.lock();
        let planned = state.plan.find(ordinal);
        planned.map_or(0, |planned| planned.replaced)
    }

    /// Waits until the fault with this ordinal, which had been replaced so often, was removed or replaced, or its time is
    /// over.
    pub(crate) async fn released(&self, ordinal: u64, replaced: u64) {
        // Before anybody looks, so that no change is missed.
        let mut changes = self.subscribe();
        loop {
            let end = {
                let state = self.0.lock();
                let now = state.elapsed();
                let planned = state.plan.find(ordinal);
                let holds =
                    |planned: &&PlannedFault| planned.replaced == replaced && planned.lasts_at(now);
                let Some(planned) = planned.filter(holds) else {
                    return;
                };
                let end = planned.ends_at();
                end.and_then(|end| Some(state.started? + end))
            };
            tokio::select! {
                // The faults live as long as the collector: a sender that is gone changes nothing any more.
                Ok(()) = changes.changed() => {}
                () = until(end) => {}
            }
        }
    }

    /// Removes the fault with this ordinal; whether there was one.
    pub fn remove(&self, ordinal: u64) -> bool {
        let mut state = self.0.lock();
        let removed = state.plan.remove(ordinal);
        state.plan_changed();
        removed
    }

    /// The faults in order, and how often each has fired.
    pub fn statuses(&self) -> Vec<FaultStatus> {
        let state = self.0.lock();
        let status = |planned: &PlannedFault| FaultStatus {
            ordinal: planned.ordinal,
            name: planned.name(),
            fired: state.fired.total(planned.ordinal),
            ends_at: planned.ends_at(),
            fault: planned.fault.clone(),
        };
        state.plan.faults().iter().map(status).collect()
    }
}

/// Removes its fault when dropped.
#[derive(Debug)]
#[must_use = "the fault is removed when the guard is dropped; `keep()` leaves it in place"]
pub struct FaultGuard {
    faults: Option<LiveFaults>,
    ordinal: u64,
}

impl FaultGuard {
    /// Leaves the fault in place.
    pub fn keep(mut self) {
        self.faults = None;
    }

    /// The ordinal of the fault, 1-based.
    pub fn ordinal(&self) -> u64 {
        self.ordinal
    }
}

impl Drop for FaultGuard {
    fn drop(&mut self) {
        if let Some(faults) = &self.faults {
            faults.remove(self.ordinal);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::{always, hang};

    #[test]
    fn a_guard_of_faults_that_were_replaced_removes_none_of_the_new_ones() {
        let faults = LiveFaults::default();
        let guard = faults.add(always().then(hang())).expect("added");
        faults
            .set([always().then(hang()).named("new")])
            .expect("set");
        drop(guard);
        assert_eq!(faults.statuses().len(), 1);
        drop(faults.add(always().then(hang())).expect("added"));
        assert_eq!(faults.statuses().len(), 1);
    }

    #[test]
    fn faults_are_added_together_or_not_at_all() {
        let faults = LiveFaults::default();
        let impossible = always().then(hang()).times(0);
        let added = faults.add_all(&[always().then(hang()), impossible]);
        assert!(added.is_err());
        assert_eq!(faults.statuses(), []);
    }
}
