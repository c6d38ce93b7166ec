//! Programs that are started as they are, each cell one of its own, against a receiver on ports of its own.

mod attach;
mod steps;
mod usual;

use std::{collections::HashMap, sync::Arc};

use otelbox_mock_collector::{MockCollector, Protocol, Signal};
use tokio::time::Instant;

use super::{
    lag::{LagMeter, Starvation},
    real_time::{take_down, unix_nano},
    recording::{ProgramRecord, Recording, RunEnd},
    request::{Endpoints, authority, env, receiver},
    runner::Place,
    steps::install,
    target::ProgramTarget,
};
use crate::{
    plan::Cell,
    sut::{LogBook, Program, ProgramCommand, explained},
};
use steps::Stage;
use usual::{Usual, Watched};

/// How much of what one program says is kept.
const KEPT_BYTES: usize = 64 * 1024;

/// A program, and what it does where nothing misbehaves.
pub(super) struct Programs {
    target: ProgramTarget,
    usual: Usual,
}

/// A running program and its receiver.
struct Started {
    collector: MockCollector,
    endpoints: Endpoints,
    program: Program,
    log: LogBook,
    start: Instant,
}

impl Programs {
    /// Watches what the program does where nothing misbehaves, once for each protocol of `cells` that has a place. None where the user
    /// interrupts it.
    pub(super) async fn start(
        target: &ProgramTarget,
        cells: &[Arc<Cell>],
        places: &[Place],
    ) -> Option<Self> {
        let real: Vec<&Arc<Cell>> = cells
            .iter()
            .zip(places)
            .filter(|(_, place)| matches!(place, Place::Real))
            .map(|(cell, _)| cell)
            .collect();
        let mut programs = Self {
            target: target.clone(),
            usual: Usual::default(),
        };
        let Some(command) = target.command.clone() else {
            return Some(programs);
        };
        let mut seen: HashMap<(Option<Signal>, Protocol), Watched> = HashMap::new();
        let watch = async {
            for cell in real {
                let (signal, protocol) = (cell.id.signal, cell.id.protocol);
                let key = programs.key(signal, protocol);
                if command.may_speak(protocol) && !seen.contains_key(&key) {
                    let watched = programs.watch(signal, protocol).await;
                    seen.insert(key, watched);
                }
            }
        };
        tokio::select! {
            () = watch => {}
            _ = tokio::signal::ctrl_c() => return None,
        }
        programs.usual = Usual::of(seen);
        Some(programs)
    }

    /// What is watched by itself: a protocol, or one signal of it where each signal has its own command.
    fn key(&self, signal: Signal, protocol: Protocol) -> (Option<Signal>, Protocol) {
        let command = self.target.command.as_ref();
        let by_itself = command.is_some_and(ProgramCommand::is_for_one_signal);
        (by_itself.then_some(signal), protocol)
    }

    /// Gives cells in which nothing can be seen a reason in place of a run.
    pub(super) fn leave_out(&self, cells: &[Arc<Cell>], places: &mut [Place]) {
        for (cell, place) in cells.iter().zip(places) {
            if !matches!(place, Place::Real) {
                continue;
            }
            let (signal, protocol) = (cell.id.signal, cell.id.protocol);
            let command = self.target.command.as_ref();
            let end = if command.is_none_or(|command| command.may_speak(protocol)) {
                let key = self.key(signal, protocol);
                self.usual.unfit(key, signal, self.target.patience)
            } else {
                Some(RunEnd::NotApplicable(format!(
                    "it does not speak {protocol}"
                )))
            };
            if let Some(end) = end {
                *place = Place::Nowhere(end);
            }
        }
    }

    /// Starts the program against a receiver of its own that does as the cell says.
    async fn launch(&self, cell: &Cell, seed: u64) -> Result<Started, RunEnd> {
        let broken = |error: &dyn std::error::Error| RunEnd::Broken(explained(error));
        let collector = receiver(cell, seed)
            .start()
            .await
            .map_err(|error| broken(&error))?;
        if cell.receiver.down_at_start {
            collector.take_down().await;
        }
        let log = LogBook::keeping(KEPT_BYTES);
        let endpoints = Endpoints::of(cell, &collector, &log)?;
        let variables = env(cell, &endpoints);
        let (signal, protocol) = (cell.id.signal, cell.id.protocol);
        let mut start = Instant::now();
        let program = if let Some(command) = &self.target.command {
            let place = authority(endpoints.for_protocol(protocol));
            let mut command = command.with(signal, protocol, place);
            command.env.extend(variables);
            install(&collector, &cell.faults, start)?;
            Program::spawn(&command, &log).map_err(|error| broken(&error))?
        } else {
            install(&collector, &cell.faults, start)?;
            attach::wait_for_somebody(cell, &collector, &variables).await?;
            start = Instant::now();
            Program::elsewhere()
        };
        Ok(Started {
            collector,
            endpoints,
            program,
            log,
            start,
        })
    }

    /// Puts the program through `cell`.
    pub(super) async fn record(
        &self,
        cell: &Arc<Cell>,
        seed: u64,
        lag: &LagMeter,
        recording: &mut Recording,
    ) -> Result<(), RunEnd> {
        let Started {
            collector,
            endpoints,
            mut program,
            log,
            start,
        } = self.launch(cell, seed).await?;
        recording.epoch_unix_nano = unix_nano();
        let starved = Starvation::of(program.id());
        let mut stage = Stage {
            cell,
            collector: &collector,
            certificates: endpoints.certificates.as_ref(),
            start,
            program: &mut program,
            told_to_end_at: None,
        };
        let outcome = stage.play().await;
        let told_to_end_at = stage.told_to_end_at;
        let late = lag.since(start);
        recording.lag = late.max(Starvation::of(program.id()).since(&starved));
        program.kill().await;
        let ended = program.ended().cloned();
        let key = self.key(cell.id.signal, cell.id.protocol);
        recording.program = Some(ProgramRecord {
            usual: self.usual.of_cell(key, cell.id.signal),
            is_elsewhere: program.is_elsewhere(),
            told_to_end_at,
            ended_at: ended
                .as_ref()
                .map(|(at, _)| at.saturating_duration_since(start)),
            exit: ended.map(|(_, exit)| exit),
        });
        recording.log = log.since(start);
        recording.steps = outcome?;
        take_down(&collector.stop().await, start, recording);
        let exports = recording.exports().len() as u64;
        if let Some(record) = &mut recording.program
            && record.is_elsewhere
        {
            record.usual.exports = exports;
        }
        is_there_something_to_judge(cell, &log, recording)
    }
}

/// A program that ended before it had exported anything says nothing about the fault, unless that was what the fault
/// kept from it.
fn is_there_something_to_judge(
    cell: &Cell,
    log: &LogBook,
    recording: &Recording,
) -> Result<(), RunEnd> {
    let program = recording.program.as_ref();
    let exit = program.and_then(|record| record.exit.as_ref());
    let was_told = program.is_some_and(|record| record.told_to_end_at.is_some());
    match exit {
        Some(exit)
            if !was_told
                && !exit.success
                && recording.exchanges.is_empty()
                && !cell.receiver.down_at_start =>
        {
            Err(RunEnd::Broken(format!(
                "it ended ({}) before it had exported anything{}; where it uses a port of its own, run it with --jobs 1",
                exit.status,
                usual::last_words(log)
            )))
        }
        _ => Ok(()),
    }
}
