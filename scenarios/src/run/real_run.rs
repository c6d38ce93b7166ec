//! The cells of real time, side by side.

use std::{collections::HashMap, sync::Arc, time::Duration};

use tokio::task::JoinSet;

use super::{
    pace::Pace,
    patience::patience,
    real_time::Bench,
    recording::{ProgramRecord, RunEnd},
    request::{missing, needs},
    runner::{Judged, Order, Place},
    virtual_time,
};
use crate::{
    driver::{Capability, Hello},
    judge::expected_rules,
    plan::Cell,
    rules::{Rule, RuleCatalog},
};

/// Why nothing in `cell` can be judged on a SUT that says this about itself; none where something can.
pub(super) fn idle_reason(
    cell: &Cell,
    sut: &str,
    hello: &Hello,
    rules: &RuleCatalog,
) -> Option<String> {
    if let Some(reason) = missing(needs(cell), &hello.capabilities) {
        return Some(format!("{sut} cannot do: {reason}"));
    }
    let expected: Vec<_> = expected_rules(cell).map(|rule| rules.rule(&rule)).collect();
    let is_anothers = |rule: Option<&Rule>| rule.is_some_and(|rule| !rule.is_about(sut));
    if !expected.is_empty() && expected.iter().copied().all(is_anothers) {
        return Some(format!("{sut} has not promised what is judged here"));
    }
    let forwards = hello.capabilities.contains(&Capability::Forwards);
    let is_of_sdks = |rule: Option<&Rule>| {
        is_anothers(rule) || forwards && rule.is_some_and(|rule| !rule.binds_forwarders())
    };
    (!expected.is_empty() && expected.into_iter().all(is_of_sdks))
        .then(|| format!("what is judged here binds SDKs, and {sut} forwards"))
}

/// The real-time part of a run.
pub(super) struct RealRun<'a> {
    pub(super) cells: &'a [Arc<Cell>],
    pub(super) places: &'a [Place],
    pub(super) bench: Arc<Bench>,
}

impl RealRun<'_> {
    /// Runs all cells of real time; returns whether the user interrupted it.
    ///
    /// Those that wait longest begin first, so that none of them is left alone at the end. While cells run, the processes
    /// of the next are started, at the [`Pace`] of the machine.
    pub(super) async fn run(&self, order: &mut Order<'_>) -> bool {
        let mut left: Vec<usize> = (0..self.cells.len())
            .filter(|index| matches!(self.places[*index], Place::Real))
            .collect();
        left.sort_by_key(|index| patience(&self.cells[*index]));
        let mut pace = Pace::new();
        let mut tasks = JoinSet::new();
        let mut running = HashMap::new();
        let mut interrupt = std::pin::pin!(tokio::signal::ctrl_c());
        while !left.is_empty() || !tasks.is_empty() {
            tokio::select! {
                boot = pace.turn(), if !left.is_empty() => {
                    let (Some(index), Some(boot)) = (left.pop(), boot) else {
                        continue;
                    };
                    let (bench, cell) = (Arc::clone(&self.bench), Arc::clone(&self.cells[index]));
                    let task = tasks.spawn(async move { bench.run(&cell, boot).await });
                    running.insert(task.id(), index);
                }
                Some(joined) = tasks.join_next_with_id(), if !tasks.is_empty() => {
                    let (task, judged) = match joined {
                        Ok((task, judged)) => (task, Ok(judged)),
                        Err(error) => (error.id(), Err(error)),
                    };
                    let Some(index) = running.remove(&task) else {
                        continue;
                    };
                    let judged = judged.unwrap_or_else(|error| self.crashed(index, &error));
                    order.take(index, judged);
                }
                _ = &mut interrupt => {
                    tasks.shutdown().await;
                    return true;
                }
            }
        }
        false
    }

    /// A cell in which the runner itself panicked.
    fn crashed(&self, index: usize, error: &tokio::task::JoinError) -> Judged {
        let end = RunEnd::Crashed(format!("the runner failed: {error}"));
        let mut recording = virtual_time::empty(&self.cells[index], &self.bench.sut, end);
        recording.program = self.bench.is_of_programs().then(ProgramRecord::default);
        Judged::of(recording, self.bench.rules, Duration::ZERO)
    }
}
