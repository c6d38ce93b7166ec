//! What a program does where nothing misbehaves: the measure of what it does where something does.

use std::{collections::HashMap, time::Duration};

use indexmap::IndexMap;
use otelbox_mock_collector::{Protocol, Signal};
use tokio::time::{Instant, sleep};

use super::{Programs, Started};
use crate::{
    plan::Cell,
    run::recording::{RunEnd, UsualRun},
    scenario::Scenario,
    sut::{LogBook, ProgramExit},
};

/// How long it is watched after its first export, to see which signals it has and whether more comes.
const WATCHED: Duration = Duration::from_secs(5);

/// How long it may take to end afterwards. Nothing is judged here.
const GRACE: Duration = Duration::from_secs(5);

/// How often it is looked at.
const LOOK: Duration = Duration::from_millis(20);

/// How many of its last lines are told.
const LINES: usize = 3;

/// What it is watched with: data often enough, whatever the signal.
const SCENARIO: &str = "
id: program/usual
title: nothing misbehaves
signals: [metrics, traces, logs]
protocols: [grpc, http/protobuf, http/json]
env:
  OTEL_METRIC_EXPORT_INTERVAL: 1s
  OTEL_METRIC_EXPORT_TIMEOUT: 900ms
  OTEL_BSP_SCHEDULE_DELAY: 500ms
  OTEL_BLRP_SCHEDULE_DELAY: 500ms
steps: [{ wait: 1s }]
";

/// What was seen in one run.
#[derive(Clone, Debug, Default)]
pub(super) struct Watched {
    /// Exports by signal, those of another protocol than was asked for apart.
    exports: IndexMap<Signal, u64>,
    others: Vec<Protocol>,
    connections: u64,
    /// How it ended by itself.
    exit: Option<ProgramExit>,
    /// What it said last, for people.
    last_words: String,
    /// Why it could not be started.
    broken: Option<String>,
}

/// What was seen in all of them.
#[derive(Debug, Default)]
pub(super) struct Usual {
    runs: HashMap<(Option<Signal>, Protocol), Watched>,
    is_silent: bool,
}

impl Programs {
    /// Starts the program against a receiver that accepts everything, and watches it.
    pub(super) async fn watch(&self, signal: Signal, protocol: Protocol) -> Watched {
        let cell = match cell(signal, protocol) {
            Ok(cell) => cell,
            Err(reason) => return Watched::broken(reason),
        };
        let started = match self.launch(&cell, 0).await {
            Ok(started) => started,
            Err(RunEnd::Broken(reason)) => return Watched::broken(reason),
            Err(_) => return Watched::broken("it could not be started".to_owned()),
        };
        let Started {
            collector,
            mut program,
            log,
            start,
            ..
        } = started;
        let mut until = start + self.target.patience;
        let mut has_exported = false;
        loop {
            tokio::select! {
                biased;
                () = program.wait() => {}
                () = sleep(LOOK) => {}
            }
            if !has_exported {
                has_exported = collector
                    .journal()
                    .exchanges()
                    .iter()
                    .any(|exchange| exchange.export.is_some());
                if has_exported {
                    until = Instant::now() + WATCHED;
                }
            }
            if program.ended().is_some() || Instant::now() >= until {
                break;
            }
        }
        let exit = program.ended().map(|(_, exit)| exit.clone());
        program.terminate(GRACE).await;
        let journal = collector.stop().await;
        let mut watched = Watched {
            exit,
            last_words: last_words(&log),
            connections: journal.connection_count(),
            ..Watched::default()
        };
        let mut seen = std::collections::HashSet::new();
        for exchange in &journal.exchanges() {
            let (Some(signal), Some(export)) = (exchange.signal, exchange.export) else {
                continue;
            };
            match exchange.protocol {
                Some(spoken) if spoken == protocol => {
                    if seen.insert((signal, export)) {
                        *watched.exports.entry(signal).or_default() += 1;
                    }
                }
                Some(other) if !watched.others.contains(&other) => watched.others.push(other),
                Some(_) | None => {}
            }
        }
        watched
    }
}

/// The one cell of the scenario above that is for this signal and protocol.
fn cell(signal: Signal, protocol: Protocol) -> Result<Cell, String> {
    let scenario: Scenario = serde_saphyr::from_str(SCENARIO).map_err(|error| error.to_string())?;
    let filter = crate::plan::Filter {
        signals: vec![signal],
        protocols: vec![protocol],
    };
    let plan = crate::plan::Plan::of([&scenario], &filter);
    let cell = plan.cells.into_iter().next();
    cell.ok_or_else(|| format!("nothing is known about {signal} over {protocol}"))
}

impl Watched {
    fn broken(reason: String) -> Self {
        Self {
            broken: Some(reason),
            ..Self::default()
        }
    }

    fn is_silent(&self) -> bool {
        self.exports.is_empty() && self.others.is_empty()
    }

    /// Why there was nothing, as far as that can be seen.
    fn silence(&self, patience: Duration) -> String {
        let words = &self.last_words;
        if let Some(reason) = &self.broken {
            return reason.clone();
        }
        if let Some(exit) = &self.exit {
            let status = &exit.status;
            return if exit.success {
                format!(
                    "nothing was exported until it ended by itself ({status}): does it read OTEL_EXPORTER_OTLP_ENDPOINT? Does it flush at its end?{words}"
                )
            } else {
                format!("it ended ({status}) before it had exported anything{words}")
            };
        }
        let patience = humantime::format_duration(patience);
        let connections = match self.connections {
            0 => "nothing was exported".to_owned(),
            count => format!("nothing was exported, over {count} connections"),
        };
        format!(
            "{connections} within {patience}: does it read OTEL_EXPORTER_OTLP_ENDPOINT? One that only needs longer gets it by --patience{words}"
        )
    }
}

impl Usual {
    pub(super) fn of(runs: HashMap<(Option<Signal>, Protocol), Watched>) -> Self {
        Self {
            is_silent: runs.values().all(Watched::is_silent),
            runs,
        }
    }

    /// What was seen of the signal of a cell.
    pub(super) fn of_cell(&self, key: (Option<Signal>, Protocol), signal: Signal) -> UsualRun {
        let run = self.runs.get(&key);
        UsualRun {
            exports: run
                .and_then(|run| run.exports.get(&signal).copied())
                .unwrap_or_default(),
            exit: run.and_then(|run| run.exit.clone()),
        }
    }

    /// Why nothing can be seen in the cells of this key and signal; none where something can.
    ///
    /// A program of which nothing came at all is not run: then nothing is known about it, and nothing may pass. One that
    /// sends other signals, or by another protocol, has nothing to do with the cell.
    pub(super) fn unfit(
        &self,
        key: (Option<Signal>, Protocol),
        signal: Signal,
        patience: Duration,
    ) -> Option<RunEnd> {
        let run = self.runs.get(&key)?;
        let protocol = key.1;
        if run.broken.is_some() || self.is_silent {
            return Some(RunEnd::Broken(run.silence(patience)));
        }
        if run.exports.contains_key(&signal) {
            return None;
        }
        let reason = if !run.exports.is_empty() {
            let sent: Vec<&str> = run.exports.keys().map(|signal| signal.name()).collect();
            format!("without faults it exported {} only", sent.join(" and "))
        } else if let Some(other) = run.others.first() {
            format!("it exports by {other} where it is asked for {protocol}")
        } else {
            format!(
                "without faults it exported nothing by {protocol}, which it may not speak: {}",
                run.silence(patience)
            )
        };
        Some(RunEnd::NotApplicable(reason))
    }
}

/// The last lines of a program that said something.
pub(super) fn last_words(log: &LogBook) -> String {
    if log.is_empty() {
        return String::new();
    }
    format!("; it said: {}", log.tail(LINES))
}
