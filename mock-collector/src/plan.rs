//! The fault plan: faults in order, a seed, and what has fired.

use std::collections::HashMap;

use crate::decide::FaultRef;
use crate::fault::{Fault, InvalidFault};
use crate::signal::Signal;

/// Faults in order, each with an ordinal that is never given twice, and the seed for those without one.
#[derive(Clone, Debug, Default)]
pub struct FaultPlan {
    faults: Vec<PlannedFault>,
    seed: u64,
    given: u64,
}

/// A fault with its place in the plan.
#[derive(Clone, Debug)]
pub struct PlannedFault {
    /// Its ordinal, 1-based.
    pub ordinal: u64,
    /// The fault.
    pub fault: Fault,
}

impl PlannedFault {
    /// Its name: the given one, or `fault-` with its ordinal.
    pub fn name(&self) -> String {
        self.fault
            .name
            .clone()
            .unwrap_or_else(|| format!("fault-{}", self.ordinal))
    }

    /// How the journal names it.
    pub fn reference(&self) -> FaultRef {
        FaultRef {
            ordinal: self.ordinal,
            name: self.name(),
        }
    }
}

impl FaultPlan {
    /// A plan of these faults.
    ///
    /// # Errors
    ///
    /// [`InvalidFault`] for the first fault that cannot be meant.
    pub fn try_new(
        faults: impl IntoIterator<Item = Fault>,
        seed: u64,
    ) -> Result<Self, InvalidFault> {
        let mut plan = Self {
            faults: Vec::new(),
            seed,
            given: 0,
        };
        for fault in faults {
            plan.push(fault)?;
        }
        Ok(plan)
    }

    /// Adds a fault at the end and returns its ordinal.
    ///
    /// # Errors
    ///
    /// [`InvalidFault`] if it cannot be meant.
    pub fn push(&mut self, fault: Fault) -> Result<u64, InvalidFault> {
        fault.validate()?;
        self.given += 1;
        self.faults.push(PlannedFault {
            ordinal: self.given,
            fault,
        });
        Ok(self.given)
    }

    /// Adds a fault before all others and returns its ordinal.
    ///
    /// # Errors
    ///
    /// [`InvalidFault`] if it cannot be meant.
    pub fn push_first(&mut self, fault: Fault) -> Result<u64, InvalidFault> {
        let ordinal = self.push(fault)?;
        self.faults.rotate_right(1);
        Ok(ordinal)
    }

    /// Puts another fault in the place of the one with this ordinal; whether there was one.
    ///
    /// # Errors
    ///
    /// [`InvalidFault`] if it cannot be meant; nothing has changed then.
    pub fn replace(&mut self, ordinal: u64, fault: Fault) -> Result<bool, InvalidFault> {
        fault.validate()?;
        let mut faults = self.faults.iter_mut();
        let planned = faults.find(|planned| planned.ordinal == ordinal);
        Ok(planned.map(|planned| planned.fault = fault).is_some())
    }

    /// Removes the fault with this ordinal; whether there was one.
    pub fn remove(&mut self, ordinal: u64) -> bool {
        let before = self.faults.len();
        self.faults.retain(|planned| planned.ordinal != ordinal);
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

/// How often each fault has fired, for each signal: what `times` is measured against.
///
/// It is a value of its own, and counts for each signal by itself, so that the order in which requests of different
/// signals arrive over different connections changes nothing.
#[derive(Clone, Debug, Default)]
pub struct Fired(HashMap<(u64, Option<Signal>), u64>);

impl Fired {
    /// Counts one more.
    pub fn record(&mut self, fault: &FaultRef, signal: Option<Signal>) {
        *self.0.entry((fault.ordinal, signal)).or_default() += 1;
    }

    /// Counts a fault from 0 again.
    pub fn forget(&mut self, ordinal: u64) {
        self.0.retain(|(fault, _), _| *fault != ordinal);
    }

    /// How often the fault has fired, over all signals.
    pub fn total(&self, ordinal: u64) -> u64 {
        self.0
            .iter()
            .filter(|((fault, _), _)| *fault == ordinal)
            .map(|(_, times)| times)
            .sum()
    }

    /// Whether the fault has fired as often as it may.
    pub(crate) fn is_exhausted(&self, planned: &PlannedFault, signal: Option<Signal>) -> bool {
        let Some(limit) = planned.fault.times else {
            return false;
        };
        self.0
            .get(&(planned.ordinal, signal))
            .is_some_and(|times| *times >= limit)
    }
}
