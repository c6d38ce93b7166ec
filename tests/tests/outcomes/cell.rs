//! One cell: one fault, one protocol, one signal, one story, from the start of the SDK to its end.

use std::cell::RefCell;
use std::fmt::{self, Write as _};
use std::panic;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use otelbox_mock_collector::{
    Fault, Journal, MockCollector, Protocol, ServerTls, Signal, VirtualWallClock,
};
use otelbox_sdk::{Clock, FixedRandom, RetryPolicy, Statistics, SystemClock, VirtualClock};
use tokio::runtime::{Builder, Handle};
use tokio::time::{Instant, sleep, timeout};

use crate::subject::{Called, Parts, Subject};
use crate::told::{Line, Told};
use crate::truth::Truth;
use crate::wires::Wires;

/// What happens to the SDK.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Story {
    /// Ten items, a flush with all the time in the world, a shutdown.
    Flush,
    /// The same, with a cycle (or export of a batch) that has less time than the exporter.
    ShortCycle,
    /// Ten items, and a flush and a shutdown with less time than the exporter.
    Hurried,
    /// Ten items and a shutdown.
    Shutdown,
    /// Ten items that leave by themselves, five more, and a shutdown while the first are in flight.
    InFlight,
}

/// One fault, one protocol, one signal, one story.
#[derive(Clone, Debug)]
pub(super) struct Cell {
    pub(super) fault: Fault,
    pub(super) speaks_tls: bool,
    pub(super) protocol: Protocol,
    pub(super) signal: Signal,
    pub(super) story: Story,
    /// Whether time is virtual, so that durations are exact.
    pub(super) is_exact: bool,
}

/// What was seen of a cell.
pub(super) struct Seen {
    pub(super) calls: Vec<Called>,
    pub(super) emitted: u64,
    /// What was lost, counted and logged before the first call: no call answers for it.
    pub(super) lost_before: u64,
    pub(super) statistics: Statistics,
    pub(super) told: Vec<Line>,
    pub(super) truth: Truth,
    pub(super) began: Instant,
    /// How often the fault has fired.
    pub(super) fired: u64,
    /// Streams of the SDK that were there a while after its shutdown.
    pub(super) open_streams: usize,
    /// Tasks that were there a while after the end of SDK and receiver.
    pub(super) living_tasks: usize,
    /// Panics on the thread of the cell, wherever they were caught.
    pub(super) panics: Vec<String>,
    pub(super) journal: Option<Journal>,
    /// Why the SDK was not there at all.
    pub(super) refusal: Option<String>,
    /// Why the cell is not at its end.
    pub(super) hang: Option<String>,
}

/// What the exporter has by default.
pub(super) const EXPORTER: Duration = Duration::from_secs(10);

/// What a cycle has in the story of that name.
const SHORT_CYCLE: Duration = Duration::from_secs(4);

/// Where every virtual clock starts: 2026-01-01T00:00:00Z.
const EPOCH: Duration = Duration::from_secs(1_767_225_600);

/// No cell lasts longer.
const LIMIT: Duration = Duration::from_secs(3600);

/// How long after the shutdown a connection or a task may still be there, to say goodbye.
const FAREWELL: Duration = Duration::from_secs(1);

/// Real time: all that is shorter, so that a cell takes a second or two.
pub(super) const REAL_EXPORTER: Duration = Duration::from_secs(2);

thread_local! {
    static PANICS: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// Notes every panic of a thread, also where a runtime catches it and says nothing.
pub(super) fn note_panics() {
    let before = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        PANICS.with_borrow_mut(|panics| panics.push(panic.to_string()));
        before(panic);
    }));
}

impl Story {
    pub(super) const ALL: [Self; 5] = [
        Self::Flush,
        Self::ShortCycle,
        Self::Hurried,
        Self::Shutdown,
        Self::InFlight,
    ];

    /// How much time one export has.
    pub(super) const fn export_limit(self) -> Duration {
        match self {
            Self::ShortCycle => SHORT_CYCLE,
            Self::Flush | Self::Hurried | Self::Shutdown | Self::InFlight => EXPORTER,
        }
    }

    const fn cycle(self) -> Option<Duration> {
        match self {
            Self::ShortCycle => Some(SHORT_CYCLE),
            Self::Flush | Self::Hurried | Self::Shutdown | Self::InFlight => None,
        }
    }

    /// Gives how many items were emitted, how many had been lost before the first call, and the calls.
    async fn play(self, subject: &Subject) -> (u64, u64, Vec<Called>) {
        let seconds = Duration::from_secs;
        subject.emit(0..10);
        // Time stands still while anything runs, and two collections at one time are no machine's.
        sleep(Duration::from_millis(1)).await;
        match self {
            Self::Flush | Self::ShortCycle => {
                let flush = subject.force_flush(seconds(60)).await;
                (10, 0, vec![flush, subject.shutdown(seconds(60)).await])
            }
            Self::Hurried => {
                let flush = subject.force_flush(seconds(2)).await;
                (10, 0, vec![flush, subject.shutdown(seconds(3)).await])
            }
            Self::Shutdown => (10, 0, vec![subject.shutdown(seconds(3)).await]),
            Self::InFlight => {
                sleep(subject.delay() + Duration::from_millis(300)).await;
                subject.emit(10..15);
                let lost = subject.statistics().dropped_items;
                (15, lost, vec![subject.shutdown(seconds(8)).await])
            }
        }
    }
}

impl Cell {
    /// Runs it in virtual time.
    pub(super) fn run(&self) -> Seen {
        let told = Told::default();
        let _listening = tracing::subscriber::set_default(told.clone());
        PANICS.take();
        let runtime = Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .expect("a runtime");
        let mut seen = runtime.block_on(async {
            let began = Instant::now();
            timeout(LIMIT, self.play_in_memory(began))
                .await
                .unwrap_or_else(|_| Seen::hung(began, "nothing is left to happen"))
        });
        seen.told = told.lines();
        seen.panics = PANICS.take();
        seen
    }

    async fn play_in_memory(&self, began: Instant) -> Seen {
        let unix_nano = u64::try_from(EPOCH.as_nanos()).expect("a time of this age");
        let mut builder = MockCollector::builder()
            .in_memory()
            .wall_clock(Arc::new(VirtualWallClock::starting_at(unix_nano)))
            .fault(self.fault.clone());
        if self.speaks_tls {
            builder = builder.tls(ServerTls::new());
        }
        let collector = builder.start().await.expect("a receiver");
        let wires = Wires::in_memory(&collector);
        let clock = Arc::new(VirtualClock::starting_at(SystemTime::UNIX_EPOCH + EPOCH));
        self.play(began, collector, wires, clock, None, None).await
    }

    /// Runs it in real time, over sockets, with an exporter that has less time and waits less.
    pub(super) fn run_over_sockets(&self, policy: Arc<dyn RetryPolicy>) -> Seen {
        let told = Told::default();
        let _listening = tracing::subscriber::set_default(told.clone());
        PANICS.take();
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        let mut seen = runtime.block_on(async {
            let began = Instant::now();
            let played = self.play_over_sockets(began, policy);
            timeout(Duration::from_secs(120), played)
                .await
                .unwrap_or_else(|_| Seen::hung(began, "not at its end after two minutes"))
        });
        seen.told = told.lines();
        seen.panics = PANICS.take();
        seen
    }

    async fn play_over_sockets(&self, began: Instant, policy: Arc<dyn RetryPolicy>) -> Seen {
        let mut builder = MockCollector::builder().fault(self.fault.clone());
        if self.speaks_tls {
            builder = builder.tls(ServerTls::new());
        }
        let collector = builder.start().await.expect("a receiver");
        let wires = Wires::tcp();
        let clock = Arc::new(SystemClock);
        self.play(
            began,
            collector,
            wires,
            clock,
            Some(REAL_EXPORTER),
            Some(policy),
        )
        .await
    }

    async fn play(
        &self,
        began: Instant,
        collector: MockCollector,
        wires: Wires,
        clock: Arc<dyn Clock>,
        exporter: Option<Duration>,
        policy: Option<Arc<dyn RetryPolicy>>,
    ) -> Seen {
        let open = wires.open();
        let parts = Parts {
            signal: self.signal,
            protocol: self.protocol,
            endpoint: if self.protocol.is_http() {
                collector.http_endpoint()
            } else {
                collector.grpc_endpoint()
            },
            ca: collector.certificates().map(|certificates| certificates.ca),
            connector: Arc::new(wires),
            clock,
            random: Arc::new(FixedRandom::MIDPOINT),
            cycle: self.story.cycle(),
            exporter,
            policy,
        };
        let mut seen = Seen::nothing(began);
        match Subject::start(&parts) {
            Err(error) => seen.refusal = Some(error.to_string()),
            Ok(subject) => {
                (seen.emitted, seen.lost_before, seen.calls) = self.story.play(&subject).await;
                seen.statistics = subject.statistics();
                seen.open_streams = settled(|| open.count()).await;
                drop(subject);
            }
        }
        drop(parts);
        seen.fired = collector.faults().iter().map(|fault| fault.fired).sum();
        // The receiver may see the end of a connection a moment later than who ended it.
        settled(|| Truth::of(&collector.journal()).open_connections.len()).await;
        let truth = Truth::of(&collector.journal());
        let journal = collector.stop().await;
        seen.truth = Truth {
            open_connections: truth.open_connections,
            ..Truth::of(&journal)
        };
        seen.living_tasks = settled(|| Handle::current().metrics().num_alive_tasks()).await;
        seen.journal = Some(journal);
        seen
    }
}

/// What `count` comes to, given a moment to come to nothing.
async fn settled(count: impl Fn() -> usize) -> usize {
    let until = Instant::now() + FAREWELL;
    while count() > 0 && Instant::now() < until {
        sleep(Duration::from_millis(1)).await;
    }
    count()
}

impl Seen {
    fn nothing(began: Instant) -> Self {
        Self {
            calls: Vec::new(),
            emitted: 0,
            lost_before: 0,
            statistics: Statistics::default(),
            told: Vec::new(),
            truth: Truth::default(),
            began,
            fired: 0,
            open_streams: 0,
            living_tasks: 0,
            panics: Vec::new(),
            journal: None,
            refusal: None,
            hang: None,
        }
    }

    fn hung(began: Instant, reason: &str) -> Self {
        Self {
            hang: Some(reason.to_owned()),
            ..Self::nothing(began)
        }
    }

    /// What happened, for people.
    pub(super) fn timeline(&self) -> String {
        let mut text = String::from("receiver:\n");
        match &self.journal {
            Some(journal) => {
                let _ = writeln!(text, "{}", journal.timeline());
            }
            None => text.push_str("  (no journal)\n"),
        }
        text.push_str("told:\n");
        for line in &self.told {
            let at = line.at.duration_since(self.began).as_secs_f64();
            let _ = writeln!(text, "  {at:>9.3}s  {} {}", line.level, line.text);
        }
        text.push_str("calls:\n");
        for called in &self.calls {
            let _ = writeln!(text, "  {called}");
        }
        let _ = writeln!(text, "counters: {:?}", self.statistics);
        text
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fault = serde_json::to_string(&self.fault).map_err(|_| fmt::Error)?;
        write!(
            f,
            "{} {} {:?} {fault}",
            self.protocol.name(),
            self.signal.name(),
            self.story
        )
    }
}
