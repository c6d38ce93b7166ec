//! The faults of a running collector: a plan that can be changed, and its counts.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use serde::Serialize;
use tokio::sync::watch;

use super::{Fault, InvalidFault, Matcher, Phase, Switch};
use crate::decide::{Decision, Outcome, decide, decide_connection};
use crate::facts::Facts;
use crate::plan::{FaultPlan, Fired};
use crate::signal::Signal;

/// The faults of a running collector. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct LiveFaults(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    plan: FaultPlan,
    fired: Fired,
    /// Which plan this is: a guard of an earlier one removes nothing from it, although ordinals start again.
    generation: u64,
    /// Requests so far, by signal; the last place is for those that are no export.
    requests: [u64; Signal::ALL.len() + 1],
    /// Whether a fault acts before the body was read: if none does, nobody asks.
    has_head_faults: bool,
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
        self.changes
            .send_modify(|changes| *changes = changes.wrapping_add(1));
    }

    /// The ordinal of the fault of a switch that is on.
    fn switched(&self, switch: Switch) -> Option<u64> {
        let fault = switch.fault();
        let mut planned = self.plan.faults().iter();
        planned
            .find(|planned| planned.fault == fault)
            .map(|planned| planned.ordinal)
    }

    fn record(&mut self, decision: &Decision, signal: Option<Signal>) {
        if let Some(fault) = &decision.fault {
            self.fired.record(fault, signal);
        }
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

    /// Decides on a new connection: `None` to serve it.
    pub fn on_connection(&self, connection: u64, at: Duration) -> Option<Decision> {
        let mut state = self.0.lock();
        let decision = decide_connection(&state.plan, &state.fired, connection, at)?;
        state.record(&decision, None);
        Some(decision)
    }

    /// Whether a fault refuses connections at this time, without counting it as fired: for a listener that is to be
    /// taken down while it applies. `connection` is the ordinal that the next connection would have.
    pub fn refuses_at(&self, connection: u64, at: Duration) -> bool {
        self.would(&super::Action::Refuse, connection, at)
    }

    /// Whether a fault swallows connections at this time, without counting it as fired.
    pub(crate) fn swallows_at(&self, connection: u64, at: Duration) -> bool {
        self.would(&super::Action::BlackHole, connection, at)
    }

    fn would(&self, action: &super::Action, connection: u64, at: Duration) -> bool {
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
                state.record(&decision, facts.signal);
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
                state.record(&decision, facts.signal);
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
        let ordinal = state.plan.push(fault)?;
        state.plan_changed();
        Ok(FaultGuard {
            faults: Some(self.clone()),
            generation: state.generation,
            ordinal,
        })
    }

    /// Adds faults after the others and returns their ordinals.
    ///
    /// # Errors
    ///
    /// [`InvalidFault`] for the first that cannot be meant; then nothing has changed.
    pub fn add_all(&self, faults: &[Fault]) -> Result<Vec<u64>, InvalidFault> {
        faults.iter().try_for_each(Fault::validate)?;
        let mut state = self.0.lock();
        let added = faults.iter().map(|fault| state.plan.push(fault.clone()));
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
        let replaced = state.plan.replace(ordinal, fault)?;
        state.fired.forget(ordinal);
        state.plan_changed();
        Ok(replaced)
    }

    /// Whether a switch is on: whether its fault is there.
    pub fn is_on(&self, switch: Switch) -> bool {
        let state = self.0.lock();
        state.switched(switch).is_some()
    }

    /// Switches a fault on or off, if it is not so already. On, it stands before all other faults, so that it applies to
    /// every request.
    pub fn switch(&self, switch: Switch, on: bool) {
        let mut state = self.0.lock();
        match (state.switched(switch), on) {
            (Some(_), true) | (None, false) => return,
            (Some(ordinal), false) => {
                state.plan.remove(ordinal);
            }
            (None, true) => {
                let pushed = state.plan.push_first(switch.fault());
                debug_assert!(pushed.is_ok(), "a test holds that each can be meant");
            }
        }
        state.plan_changed();
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
        state.plan = FaultPlan::try_new(faults, state.plan.seed())?;
        state.fired = Fired::default();
        state.generation += 1;
        state.plan_changed();
        Ok(())
    }

    /// Tells of every change of the plan.
    pub(crate) fn subscribe(&self) -> watch::Receiver<u64> {
        self.0.lock().changes.subscribe()
    }

    /// When connections are refused: the matchers of the faults that say so and may still fire.
    pub(crate) fn refusals(&self) -> Vec<Matcher> {
        self.matchers(|action| *action == super::Action::Refuse)
    }

    /// When there is no way to connect, refused or swallowed: the matchers of the faults that may still fire.
    pub(crate) fn barriers(&self) -> Vec<Matcher> {
        use super::Action;
        self.matchers(|action| matches!(action, Action::Refuse | Action::BlackHole))
    }

    fn matchers(&self, of: impl Fn(&super::Action) -> bool) -> Vec<Matcher> {
        let state = self.0.lock();
        let planned = state.plan.faults().iter();
        planned
            .filter(|planned| of(&planned.fault.then) && !state.fired.is_exhausted(planned, None))
            .map(|planned| planned.fault.when.clone())
            .collect()
    }

    /// Removes the fault with this ordinal; whether there was one.
    pub fn remove(&self, ordinal: u64) -> bool {
        let mut state = self.0.lock();
        let removed = state.plan.remove(ordinal);
        state.plan_changed();
        removed
    }

    fn remove_guarded(&self, generation: u64, ordinal: u64) {
        let mut state = self.0.lock();
        if state.generation == generation {
            state.plan.remove(ordinal);
            state.plan_changed();
        }
    }

    /// The faults in order, and how often each has fired.
    pub fn statuses(&self) -> Vec<FaultStatus> {
        let state = self.0.lock();
        let status = |planned: &crate::plan::PlannedFault| FaultStatus {
            ordinal: planned.ordinal,
            name: planned.name(),
            fired: state.fired.total(planned.ordinal),
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
    generation: u64,
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
            faults.remove_guarded(self.generation, self.ordinal);
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
        assert_eq!(guard.ordinal(), faults.statuses()[0].ordinal);
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
