//! One cell in real time: a driver process against a receiver on ports of its own.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use tokio::time::Instant;

use super::{
    convert,
    lag::LagMeter,
    recording::{Recording, RunEnd},
    request::{Endpoints, env, missing, needs, receiver, start_request},
    steps::{Done, Stage, install},
    virtual_time::empty,
};
use crate::{
    driver::{Capability, MIDPOINT, RANDOM_VARIABLE, StartRequest},
    judge::judge,
    plan::Cell,
    report::RunTime,
    rules::RuleCatalog,
    scenario::RandomMode,
    sut::{LogBook, ProcessCommand, ProcessSut, Sut, SutError, explained},
    verdict::{CellReport, VerdictKind},
};

/// A machine that was this late did something else in the meantime: nothing can be said about the SUT.
const STALLED: Duration = Duration::from_millis(250);

/// Runs and judges one cell, and once more if it failed while the machine stalled. Lower bounds and order, which is most
/// of what is judged, do not suffer from a stall.
pub(super) async fn run(
    cell: &Arc<Cell>,
    sut: &str,
    command: &ProcessCommand,
    seed: u64,
    lag: &LagMeter,
    rules: &RuleCatalog,
) -> CellReport {
    let began = Instant::now();
    let doubtful = |recording: &Recording, report: &CellReport| {
        recording.lag > STALLED
            && report.results.iter().any(|result| {
                matches!(
                    result.verdict,
                    VerdictKind::Failed | VerdictKind::Inconclusive
                )
            })
    };
    let recording = attempt(cell, sut, command, seed, lag).await;
    let report = judge(&recording, rules, began.elapsed());
    if !doubtful(&recording, &report) {
        return report;
    }
    let mut again = attempt(cell, sut, command, seed, lag).await;
    let report = judge(&again, rules, began.elapsed());
    if !doubtful(&again, &report) {
        return report;
    }
    let millis = again.lag.as_millis();
    again.end = RunEnd::Inconclusive(format!("the machine stalled for {millis} ms, in both runs"));
    judge(&again, rules, began.elapsed())
}

async fn attempt(
    cell: &Arc<Cell>,
    sut: &str,
    command: &ProcessCommand,
    seed: u64,
    lag: &LagMeter,
) -> Recording {
    let mut recording = empty(cell, sut, RunEnd::Completed);
    recording.time = RunTime::Real;
    let began = Instant::now();
    if let Err(end) = record(cell, command, seed, &mut recording).await {
        recording.end = end;
    }
    recording.lag = lag.since(began);
    recording
}

async fn record(
    cell: &Arc<Cell>,
    command: &ProcessCommand,
    seed: u64,
    recording: &mut Recording,
) -> Result<(), RunEnd> {
    let broken = |error: &dyn std::error::Error| RunEnd::Broken(explained(error));
    let collector = receiver(cell, seed)
        .start()
        .await
        .map_err(|error| broken(&error))?;
    if cell.receiver.down_at_start {
        collector.take_down().await;
    }
    let log = LogBook::default();
    let endpoints = Endpoints::of(cell, &collector, &log)?;
    let mut command = command.clone();
    let variables = env(cell, &endpoints);
    command.env.extend(variables.clone());
    if cell.random == RandomMode::Midpoint {
        command
            .env
            .insert(RANDOM_VARIABLE.to_owned(), MIDPOINT.to_owned());
    }
    let mut sut = ProcessSut::spawn(&command, log.clone())
        .await
        .map_err(|error| broken(&error))?;
    recording.capabilities = sut.hello().capabilities;
    if let Some(reason) = missing(needs(cell), &recording.capabilities) {
        return Err(RunEnd::NotApplicable(format!(
            "{} cannot do: {reason}",
            recording.sut
        )));
    }
    // The SUT starts now: times, and the windows of faults, count from here and not from the start of its process.
    let start = Instant::now();
    recording.epoch_unix_nano = unix_nano();
    install(&collector, &cell.faults, start)?;
    let request = StartRequest {
        env: recording
            .capabilities
            .contains(&Capability::Reset)
            .then(|| variables.clone()),
        ..start_request(cell, &endpoints)
    };
    let started = sut.start(&request).await;
    if let Err(error) = started {
        recording.log = log.since(start);
        return Err(match error {
            SutError::Ended { .. } => RunEnd::Crashed(explained(&error)),
            SutError::Start(reason) => RunEnd::DidNotStart(reason),
            error => RunEnd::Broken(explained(&error)),
        });
    }
    let mut stage = Stage {
        cell,
        collector: &collector,
        certificates: endpoints.certificates.as_ref(),
        start,
        sut: Some(Box::new(sut)),
        pause: Duration::ZERO,
        log: log.clone(),
        next_item: 0,
        is_shut_down: false,
    };
    let Done {
        steps,
        emissions,
        items,
        end,
    } = stage.play().await;
    // Nothing that the process does from here on belongs to the scenario.
    if let Some(sut) = stage.sut.take() {
        sut.abandon().await;
    }
    recording.log = log.since(start);
    let journal = collector.stop().await;
    recording.steps = steps;
    recording.emissions = emissions;
    recording.items = items;
    recording.exchanges = convert::exchanges(&journal, start);
    recording.connections = convert::connections(&journal, start);
    recording.evicted = journal.evicted().entries + journal.evicted().payloads;
    recording.end = end;
    Ok(())
}

#[expect(
    clippy::disallowed_methods,
    reason = "in real time the time of day is what is recorded"
)]
fn unix_nano() -> u64 {
    let since_epoch = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    u64::try_from(since_epoch.as_nanos()).unwrap_or(u64::MAX)
}
