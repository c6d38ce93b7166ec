//! One cell in virtual time: SUT, receiver and runner on one thread, with a paused clock and in-memory connections.

use std::{
    any::Any,
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::{Duration, SystemTime},
};

use futures_util::future::BoxFuture;
use otelbox_mock_collector::{MemoryConnector, MockCollector, Port, clock::VirtualWallClock};
use otelbox_sdk::{
    BoxedStream, Connector, Environment, FixedRandom, RandomSource, SeededRandom, Target,
    VirtualClock,
};
use tokio::{
    runtime::{Builder, Handle},
    time::{Instant, sleep, timeout},
};

use super::{
    convert,
    inside::Inside,
    log_capture::Listener,
    panics,
    recording::{Recording, RunEnd},
    request::{Endpoints, authority, env, needs, receiver, start_request},
    steps::{Done, Stage, end_of, install},
};
use crate::{
    plan::Cell,
    report::RunTime,
    scenario::RandomMode,
    sut::{LogBook, LogLine, Surroundings, SutFactory, explained},
};

/// Where every virtual clock starts: 2026-01-01T00:00:00Z, in seconds since the UNIX epoch.
const EPOCH_SECONDS: u64 = 1_767_225_600;

/// No scenario lasts longer. Where nothing is left to happen, the paused clock jumps here at once.
const LIMIT: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// How much time passes before a call of `force_flush` or `shutdown` that would else come at the very time of the start or
/// of the call before. Time stands still while anything runs, and two collections at one time are no machine's.
const PAUSE: Duration = Duration::from_millis(1);

/// How long a call may take beyond its limit: longer than any expectation about the duration of a call, so that one that
/// takes too long is judged, and not given up.
const PATIENCE: Duration = Duration::from_secs(15 * 60);

/// How long whatever a cell has begun may take to be over when SUT and receiver are gone: an SDK that is let go of has the
/// time limit of its own shutdown.
const SETTLING: Duration = Duration::from_secs(60);

/// Runs one cell. A cell that panics, or in which nothing happens any more, is a recording that says so.
pub(super) fn run(cell: &Arc<Cell>, factory: &dyn SutFactory, seed: u64) -> Recording {
    if !cell.is_looked_into() {
        return caught(cell, factory, seed);
    }
    let (mut recording, panics) = panics::heard(|| caught(cell, factory, seed));
    recording.inside.get_or_insert_default().panics = panics;
    recording
}

fn caught(cell: &Arc<Cell>, factory: &dyn SutFactory, seed: u64) -> Recording {
    let log = LogBook::default();
    let recorded = catch_unwind(AssertUnwindSafe(|| {
        let runtime = Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build();
        let _listening = tracing::subscriber::set_default(Listener::new(log.clone()));
        match runtime {
            Ok(runtime) => runtime.block_on(async {
                timeout(LIMIT, record(cell, factory, seed, &log))
                    .await
                    .unwrap_or_else(|_| {
                        let reason =
                            "nothing is left to happen, and the scenario is not at its end";
                        empty(cell, factory.name(), RunEnd::Broken(reason.to_owned()))
                    })
            }),
            Err(error) => empty(
                cell,
                factory.name(),
                RunEnd::Broken(format!("no runtime for virtual time: {error}")),
            ),
        }
    }));
    recorded.unwrap_or_else(|panic| {
        let reason = format!(
            "the system under test panicked: {}",
            message(panic.as_ref())
        );
        empty(cell, factory.name(), RunEnd::Crashed(reason))
    })
}

/// A recording in which nothing happened.
pub(super) fn empty(cell: &Arc<Cell>, sut: &str, end: RunEnd) -> Recording {
    Recording {
        sut: sut.to_owned(),
        capabilities: Vec::new(),
        specification: None,
        cell: Arc::clone(cell),
        time: RunTime::Virtual,
        epoch_unix_nano: EPOCH_SECONDS * 1_000_000_000,
        steps: Vec::new(),
        exchanges: Vec::new(),
        connections: Vec::new(),
        log: Vec::new(),
        emissions: Vec::new(),
        items: Vec::new(),
        evicted: 0,
        memory_growth: None,
        lag: Duration::ZERO,
        end,
        program: None,
        inside: None,
    }
}

/// What somebody said who panicked.
pub(super) fn message(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("without a message")
}

async fn record(cell: &Arc<Cell>, factory: &dyn SutFactory, seed: u64, log: &LogBook) -> Recording {
    let start = Instant::now();
    let mut recording = empty(cell, factory.name(), RunEnd::Completed);
    let wall_clock = Arc::new(VirtualWallClock::starting_at(recording.epoch_unix_nano));
    let builder = receiver(cell, seed).in_memory().wall_clock(wall_clock);
    let collector = match builder.start().await {
        Ok(collector) => collector,
        Err(error) => {
            recording.end = RunEnd::Broken(explained(&error));
            return recording;
        }
    };
    if cell.receiver.down_at_start {
        collector.take_down().await;
    }
    let endpoints = match Endpoints::of(cell, &collector, log) {
        Ok(endpoints) => endpoints,
        Err(end) => {
            recording.end = end;
            return recording;
        }
    };
    let random: Arc<dyn RandomSource> = match cell.random {
        RandomMode::Seeded => Arc::new(SeededRandom::new(seed)),
        RandomMode::Midpoint => Arc::new(FixedRandom::MIDPOINT),
    };
    let epoch = SystemTime::UNIX_EPOCH + Duration::from_secs(EPOCH_SECONDS);
    let mut sut = factory.build(Surroundings {
        env: env(cell, &endpoints).into_iter().collect::<Environment>(),
        connector: Some(Arc::new(MemoryDialer::new(&collector))),
        clock: Arc::new(VirtualClock::starting_at(epoch)),
        random,
        on_current_runtime: true,
    });
    let hello = sut.hello();
    let missing = super::request::missing(needs(cell), &hello.capabilities);
    recording.capabilities = hello.capabilities;
    if let Some(reason) = missing {
        recording.end = RunEnd::NotApplicable(format!("{} cannot do: {reason}", factory.name()));
        return recording;
    }
    if let Err(end) = install(&collector, &cell.faults, start) {
        recording.end = end;
        return recording;
    }
    if let Err(error) = sut.start(&start_request(cell, &endpoints)).await {
        recording.end = end_of("start", &error);
        recording.log = told(factory, log, start);
        return recording;
    }
    let mut stage = Stage {
        cell,
        collector: &collector,
        certificates: endpoints.certificates.as_ref(),
        start,
        sut: Some(sut),
        pause: PAUSE,
        patience: PATIENCE,
        log: log.clone(),
        next_item: 0,
        is_shut_down: false,
        inside: cell.is_looked_into().then(Inside::default),
    };
    let Done {
        steps,
        emissions,
        items,
        end,
    } = stage.play().await;
    // What the SDK says about being dropped in mid-air is no part of the scenario.
    recording.log = told(factory, log, start);
    let inside = stage.inside.take();
    drop(stage);
    let journal = collector.stop().await;
    recording.steps = steps;
    recording.emissions = emissions;
    recording.items = items;
    recording.end = end;
    recording.exchanges = convert::exchanges(&journal, start);
    recording.connections = convert::connections(&journal, start);
    recording.evicted = journal.evicted().entries + journal.evicted().payloads;
    if let Some(mut inside) = inside {
        sleep(SETTLING).await;
        inside.tasks_left = Handle::current().metrics().num_alive_tasks() as u64;
        recording.inside = Some(inside);
    }
    recording
}

/// What the user of the SUT got to read.
fn told(factory: &dyn SutFactory, log: &LogBook, start: Instant) -> Vec<LogLine> {
    let said = log.since(start).into_iter();
    said.flat_map(|line| factory.told(line)).collect()
}

/// Connects the SDK to the collector in memory.
struct MemoryDialer {
    connector: MemoryConnector,
    /// Host and port of either port.
    grpc: String,
    http: String,
}

impl MemoryDialer {
    fn new(collector: &MockCollector) -> Self {
        Self {
            connector: collector.connector(),
            grpc: authority(&collector.grpc_endpoint()).to_owned(),
            http: authority(&collector.http_endpoint()).to_owned(),
        }
    }
}

impl Connector for MemoryDialer {
    fn connect<'a>(&'a self, target: &'a Target) -> BoxFuture<'a, io::Result<BoxedStream>> {
        Box::pin(async move {
            let authority = format!("{}:{}", target.host, target.port);
            let port = if authority == self.grpc {
                Port::Grpc
            } else if authority == self.http {
                Port::Http
            } else {
                // Nobody else listens in memory.
                return Err(io::ErrorKind::ConnectionRefused.into());
            };
            Ok(Box::new(self.connector.connect(port).await?) as BoxedStream)
        })
    }
}
