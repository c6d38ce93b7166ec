//! What the times of `opentelemetry_sdk` are on the injected clock.
//!
//! The SDK takes the time of day by itself, a little later for each stream. Here every time that it gives is recognised
//! as one of the *anchors* that it can equal, the creation of an instrument or a collection, and replaced by the
//! reading of the injected clock for that anchor. Nothing is recomputed: a start that equals the wrong anchor stays
//! wrong, and so visible.

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::sync::Arc;
use std::time::SystemTime;

use opentelemetry::time::now as sdk_now;
use opentelemetry_sdk::metrics::Temporality;
use parking_lot::Mutex;

use super::batch::Window;
use super::convert::StreamTimes;
use super::instrument::Identity;
use crate::clock::Clock;

/// How many collections are remembered. Each start equals the one before; the others serve to see mistakes.
const REMEMBERED_COLLECTIONS: usize = 4;

/// Something that happened between two readings of the SDK's clock.
#[derive(Clone, Copy, Debug)]
struct Anchor {
    from: SystemTime,
    until: SystemTime,
    /// When it was, on the injected clock.
    time: SystemTime,
}

impl Anchor {
    fn contains(&self, sdk_time: SystemTime) -> bool {
        self.from <= sdk_time && sdk_time <= self.until
    }
}

/// When the instruments of one reader were created.
pub(crate) struct Creations {
    clock: Arc<dyn Clock>,
    created: Mutex<Created>,
}

#[derive(Default)]
struct Created {
    anchors: BTreeMap<SystemTime, Anchor>,
    identities: HashSet<Identity>,
}

impl Creations {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            created: Mutex::default(),
        }
    }

    /// Runs `create`, which makes the SDK create the instrument `identity`. One at a time, so that anchors do not
    /// overlap; creating the same instrument again makes no new anchor, as the SDK makes no new stream for it.
    pub(crate) fn record<R>(&self, identity: Identity, create: impl FnOnce() -> R) -> R {
        let mut created = self.created.lock();
        if !created.identities.insert(identity) {
            return create();
        }
        let time = self.clock.now();
        let from = sdk_now();
        let instrument = create();
        let until = sdk_now();
        created.anchors.insert(from, Anchor { from, until, time });
        instrument
    }

    fn at(&self, sdk_time: SystemTime) -> Option<SystemTime> {
        let created = self.created.lock();
        let (_, anchor) = created.anchors.range(..=sdk_time).next_back()?;
        anchor.contains(sdk_time).then_some(anchor.time)
    }
}

/// The collections of one reader.
pub(crate) struct Timeline {
    creations: Arc<Creations>,
    collections: VecDeque<Anchor>,
    /// When the last collection was, or the start of the reader.
    previous: SystemTime,
}

impl Timeline {
    /// A reader that starts now.
    pub(crate) fn starting(creations: Arc<Creations>) -> Self {
        let previous = creations.clock.now();
        Self {
            creations,
            collections: VecDeque::with_capacity(REMEMBERED_COLLECTIONS),
            previous,
        }
    }

    /// What the next collection would cover.
    pub(crate) fn open_window(&self) -> Window {
        Window {
            start: self.previous,
            end: self.creations.clock.now(),
        }
    }

    /// Runs `collect`, which makes the SDK collect, and gives the window of that collection along with its result.
    pub(crate) fn collect<R>(&mut self, collect: impl FnOnce() -> R) -> (R, Window) {
        let window = self.open_window();
        let from = sdk_now();
        let collected = collect();
        let until = sdk_now();
        self.previous = window.end;
        if self.collections.len() == REMEMBERED_COLLECTIONS {
            self.collections.pop_front();
        }
        self.collections.push_back(Anchor {
            from,
            until,
            time: window.end,
        });
        (collected, window)
    }

    fn collection_at(&self, sdk_time: SystemTime) -> Option<SystemTime> {
        self.collections
            .iter()
            .rev()
            .find(|anchor| anchor.contains(sdk_time))
            .map(|anchor| anchor.time)
    }
}

impl StreamTimes for Timeline {
    fn time(&self) -> SystemTime {
        self.previous
    }

    fn start(&self, start: SystemTime, time: SystemTime, temporality: Temporality) -> SystemTime {
        let anchor = match temporality {
            Temporality::Delta => self
                .collection_at(start)
                .or_else(|| self.creations.at(start)),
            _ => self
                .creations
                .at(start)
                .or_else(|| self.collection_at(start)),
        };
        // Not one that was seen here, as for an instrument made past this provider: as long ago as the SDK says.
        anchor.unwrap_or_else(|| {
            let age = time.duration_since(start).unwrap_or_default();
            self.previous.checked_sub(age).unwrap_or(self.previous)
        })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use opentelemetry::InstrumentationScope;
    use opentelemetry_sdk::metrics::InstrumentKind;

    use super::*;
    use crate::clock::VirtualClock;

    const EPOCH: SystemTime = SystemTime::UNIX_EPOCH;

    fn identity(name: &str) -> Identity {
        Identity::new(
            InstrumentationScope::default(),
            name,
            InstrumentKind::Counter,
            "",
            "",
            "u64",
        )
    }

    fn seconds(number: u64) -> Duration {
        Duration::from_secs(number)
    }

    #[tokio::test(start_paused = true)]
    async fn starts_are_the_anchors_that_they_equal() {
        let clock = Arc::new(VirtualClock::starting_at(EPOCH));
        let creations = Arc::new(Creations::new(clock));
        let mut timeline = Timeline::starting(Arc::clone(&creations));
        tokio::time::sleep(seconds(3)).await;
        let created = creations.record(identity("a"), sdk_now);
        tokio::time::sleep(seconds(12)).await;
        let (first, window) = timeline.collect(sdk_now);
        assert_eq!((window.start, window.end), (EPOCH, EPOCH + seconds(15)));
        assert_eq!(
            timeline.start(created, first, Temporality::Delta),
            EPOCH + seconds(3)
        );
        tokio::time::sleep(seconds(15)).await;
        let (second, window) = timeline.collect(sdk_now);
        assert_eq!(window.start, EPOCH + seconds(15));
        assert_eq!(timeline.time(), EPOCH + seconds(30));
        assert_eq!(
            timeline.start(first, second, Temporality::Delta),
            EPOCH + seconds(15)
        );
        assert_eq!(
            timeline.start(created, second, Temporality::Cumulative),
            EPOCH + seconds(3)
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_start_that_was_never_seen_is_as_old_as_the_sdk_says() {
        let clock = Arc::new(VirtualClock::starting_at(EPOCH + seconds(100)));
        let mut timeline = Timeline::starting(Arc::new(Creations::new(clock)));
        let before = sdk_now() - seconds(40);
        let (time, _) = timeline.collect(sdk_now);
        let start = timeline.start(before, time, Temporality::Cumulative);
        assert!(start < EPOCH + seconds(61) && start > EPOCH + seconds(59));
    }

    #[tokio::test(start_paused = true)]
    async fn the_same_instrument_again_makes_no_anchor() {
        let creations = Creations::new(Arc::new(VirtualClock::starting_at(EPOCH)));
        let first = creations.record(identity("a"), sdk_now);
        tokio::time::sleep(seconds(1)).await;
        let again = creations.record(identity("A"), sdk_now);
        assert_eq!(creations.at(first), Some(EPOCH));
        assert_eq!(creations.at(again), None);
    }
}
