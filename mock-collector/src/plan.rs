//! The fault plan: faults in order, a seed, and what has fired.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use crate::decide::FaultRef;
use crate::facts::Facts;
use crate::fault::{Beyond, Fault, InvalidFault, Window};
use crate::signal::Signal;

/// Faults in order, each with an ordinal that is never given twice, and the seed for those without one.
#[derive(Clone, Debug, Default)]
pub struct FaultPlan {
    faults: Vec<PlannedFault>,
    seed: u64,
    given: u64,
    /// How many ordinals were given before all faults were last replaced.
    replaced: u64,
}

/// A fault with its place in the plan.
#[derive(Clone, Debug)]
pub struct PlannedFault {
    /// Its ordinal, 1-based; never given twice while a plan lives.
    pub ordinal: u64,
    /// Its number among the faults since all were last replaced, 1-based: what it is called by, and what is drawn by.
    pub number: u64,
    /// When it was added, since the start of the collector.
    pub added_at: Duration,
    /// How often another fault has taken its place.
    pub(crate) replaced: u64,
    /// The fault.
    pub fault: Fault,
}

impl PlannedFault {
    /// Its name: the given one, or `fault-` with its number.
    pub fn name(&self) -> String {
        self.fault
            .name
            .clone()
            .unwrap_or_else(|| format!("fault-{}", self.number))
    }

    /// How the journal names it.
    pub fn reference(&self) -> FaultRef {
        FaultRef {
            ordinal: self.ordinal,
            name: self.name(),
        }
    }

    /// When its time is over, since the start of the collector; `None` where it never is.
    pub fn ends_at(&self) -> Option<Duration> {
        let lasts = self.fault.lasts?;
        Some(self.added_at.saturating_add(lasts))
    }

    /// Whether its time is not over. It has begun: what is not yet there is asked by nobody.
    pub(crate) fn lasts_at(&self, at: Duration) -> bool {
        self.ends_at().is_none_or(|end| at < end)
    }

    /// The window of its matcher, cut where its time is over.
    pub(crate) fn window(&self) -> Option<Window> {
        let own = self.ends_at().map(|end| Window {
            from: None,
            to: Some(end),
        });
        match (self.fault.when.window, own) {
            (Some(window), Some(own)) => Some(window.intersection(own)),
            (window, own) => window.or(own),
        }
    }
}

impl FaultPlan {
    /// A plan of these faults, which are there from the start.
    ///
    /// # Errors
    ///
    /// [`InvalidFault`] for the first fault that cannot be meant.
    pub fn try_new(
        faults: impl IntoIterator<Item = Fault>,
        seed: u64,
    ) -> Result<Self, InvalidFault> {
        let mut plan = Self {
            seed,
            ..Self::default()
        };
        for fault in faults {
            plan.push(fault, Duration::ZERO)?;
        }
        Ok(plan)
    }

    /// Adds a fault at the end, at this time since the start of the collector, and returns its ordinal.
    ///
    /// # Errors
    ///
    /// [`InvalidFault`] if it cannot be meant.
    pub fn push(&mut self, fault: Fault, added_at: Duration) -> Result<u64, InvalidFault> {
        let planned = self.planned(fault, added_at)?;
        self.faults.push(planned);
        Ok(self.given)
    }

    /// Adds a fault before all others, at this time since the start of the collector, and returns its ordinal, which is
    /// greater than theirs all the same.
    ///
    /// # Errors
    ///
    /// [`InvalidFault`] if it cannot be meant.
    pub fn push_first(&mut self, fault: Fault, added_at: Duration) -> Result<u64, InvalidFault> {
        let planned = self.planned(fault, added_at)?;
        self.faults.insert(0, planned);
        Ok(self.given)
    }

    fn planned(&mut self, fault: Fault, added_at: Duration) -> Result<PlannedFault, InvalidFault> {
        fault.validate()?;
        self.given += 1;
        Ok(PlannedFault {
            ordinal: self.given,
            number: self.given - self.replaced,
            added_at,
            replaced: 0,
            fault,
        })
    }

    /// Replaces all faults, at this time since the start of the collector. Numbers start again, ordinals do not.
    ///
    /// # Errors
    ///
    /// [`InvalidFault`] for the first fault that cannot be meant; then nothing has changed.
    pub fn replace(
        &mut self,
        faults: impl IntoIterator<Item = Fault>,
        added_at: Duration,
    ) -> Result<(), InvalidFault> {
        let mut plan = Self {
            faults: Vec::new(),
            seed: self.seed,
            given: self.given,
            replaced: self.given,
        };
        for fault in faults {
            plan.push(fault, added_at)?;
        }
        *self = plan;
        Ok(())
    }

    /// The fault with this ordinal, if it is still there.
    pub fn find(&self, ordinal: u64) -> Option<&PlannedFault> {
        self.faults
            .iter()
            .find(|planned| planned.ordinal == ordinal)
    }

    /// Puts another fault in the place of the one with this ordinal, at this time since the start of the collector; whether
    /// there was one.
    ///
    /// # Errors
    ///
    /// [`InvalidFault`] if it cannot be meant; nothing has changed then.
    pub fn put(
        &mut self,
        ordinal: u64,
        fault: Fault,
        added_at: Duration,
    ) -> Result<bool, InvalidFault> {
        fault.validate()?;
        let mut faults = self.faults.iter_mut();
        let Some(planned) = faults.find(|planned| planned.ordinal == ordinal) else {
            return Ok(false);
        };
        planned.fault = fault;
        planned.added_at = added_at;
        planned.replaced += 1;
        Ok(true)
    }

    /// Removes the fault with this ordinal; whether there was one.
    pub fn remove(&mut self, ordinal: u64) -> bool {
        let before = self.faults.len();
        self.faults.retain(|planned| planned.ordinal != ordinal);
        self.faults.len() < before
    }

    /// Removes the faults that are equal to this one, their names among it; whether there was one.
    pub(crate) fn remove_equal(&mut self, fault: &Fault) -> bool {
        let before = self.faults.len();
        self.faults.retain(|planned| planned.fault != *fault);
        self.faults.len() < before
    }

    /// The faults in order.
    pub fn faults(&self) -> &[PlannedFault] {
        &self.faults
    }

    /// The seed for faults that have none.
    pub const fn seed(&self) -> u64 {
        self.seed
    }
}

/// How often each fault has fired, for each signal, and what has been used up of its allowance.
///
/// It is a value of its own, and counts for each signal by itself, so that the order in which requests of different
/// signals arrive over different connections changes nothing.
#[derive(Clone, Debug, Default)]
pub struct Fired {
    times: HashMap<Counted, u64>,
    /// What was used in each period.
    used: HashMap<Counted, BTreeMap<u64, u64>>,
}

/// A fault, by its ordinal, and a signal.
type Counted = (u64, Option<Signal>);

/// How many periods of an allowance are remembered: a request whose body takes longer to come finds its own forgotten.
const PERIODS: usize = 64;

impl Fired {
    /// Counts one more.
    pub fn record(&mut self, fault: &FaultRef, signal: Option<Signal>) {
        *self.times.entry((fault.ordinal, signal)).or_default() += 1;
    }

    /// Counts a fault from 0 again.
    pub fn forget(&mut self, ordinal: u64) {
        self.times.retain(|(fault, _), _| *fault != ordinal);
        self.used.retain(|(fault, _), _| *fault != ordinal);
    }

    /// How often the fault has fired, over all signals.
    pub fn total(&self, ordinal: u64) -> u64 {
        self.times
            .iter()
            .filter(|((fault, _), _)| *fault == ordinal)
            .map(|(_, times)| times)
            .sum()
    }

    /// How often the fault has fired for this signal.
    pub fn times(&self, ordinal: u64, signal: Option<Signal>) -> u64 {
        self.times
            .get(&(ordinal, signal))
            .copied()
            .unwrap_or_default()
    }

    /// Whether the fault has fired as often as it may.
    pub(crate) fn is_exhausted(&self, planned: &PlannedFault, signal: Option<Signal>) -> bool {
        planned
            .fault
            .times
            .is_some_and(|limit| self.times(planned.ordinal, signal) >= limit)
    }

    /// Whether the request fits into what is left of the allowance.
    pub(crate) fn has_room(
        &self,
        planned: &PlannedFault,
        beyond: Beyond,
        facts: &Facts<'_>,
    ) -> bool {
        let periods = self.used.get(&(planned.ordinal, facts.signal));
        let used = periods.and_then(|periods| periods.get(&beyond.period(facts.at)));
        used.copied()
            .unwrap_or_default()
            .saturating_add(beyond.amount(facts.body))
            <= beyond.limit()
    }

    /// Uses up the allowance for a request that was let through.
    pub(crate) fn use_up(&mut self, planned: &PlannedFault, beyond: Beyond, facts: &Facts<'_>) {
        let periods = self
            .used
            .entry((planned.ordinal, facts.signal))
            .or_default();
        let used = periods.entry(beyond.period(facts.at)).or_default();
        *used = used.saturating_add(beyond.amount(facts.body));
        while periods.len() > PERIODS {
            periods.pop_first();
        }
    }
}
