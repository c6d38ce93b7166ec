//! Faults that go away by themselves.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::{Mutex, MutexGuard};
use schemars::JsonSchema;
use serde::Serialize;
use tokio::sync::Notify;
use tokio::time::Instant;

use super::time_to_live::TimeToLive;
use crate::core::until;
use crate::fault::{Fault, FaultStatus, InvalidFault, LiveFaults, Switch};

/// The faults of a collector, and until when some of them are kept. Clones share them.
///
/// Whatever changes faults here holds the leases all the while, so that no lease is about faults that another request
/// has just put in place of the leased ones.
#[derive(Clone, Debug)]
pub(super) struct LeasedFaults(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    faults: LiveFaults,
    initial: Vec<Fault>,
    leases: Mutex<Leases>,
    /// The next lease to run out may be another one now.
    changed: Notify,
}

#[derive(Debug, Default)]
struct Leases {
    by_id: BTreeMap<u64, Lease>,
    given: u64,
}

#[derive(Debug)]
struct Lease {
    ordinals: Vec<u64>,
    time_to_live: Duration,
    until: Instant,
    is_guard: bool,
}

/// How a fault is leased.
#[derive(Debug)]
struct Held {
    left: Duration,
    guard: Option<u64>,
}

/// A fault of the receiver.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "FaultStatus")]
pub(super) struct FaultView {
    /// Its ordinal, 1-based: its name in paths.
    ordinal: u64,
    /// Its name, as the journal shows it.
    name: String,
    /// How often it has fired, over all signals.
    fired: u64,
    /// In so many seconds it goes away by itself; absent where it stays.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_in_seconds: Option<f64>,
    /// The guard that it belongs to, if it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    guard: Option<u64>,
    /// The fault.
    fault: Fault,
}

/// A guard: faults that go away together.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Guard")]
pub(super) struct GuardView {
    /// Its id: its name in paths.
    pub(super) id: u64,
    /// How long it is kept from when it was made or last renewed.
    time_to_live_seconds: f64,
    /// In so many seconds it ends, unless it is renewed.
    expires_in_seconds: f64,
    /// Its faults, those that are still there.
    faults: Vec<FaultView>,
}

/// A switch and whether it is on.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "SwitchStatus")]
pub(super) struct SwitchView {
    /// The switch.
    switch: Switch,
    /// The key that switches it on the page.
    key: char,
    /// What it does, in a few words.
    title: &'static str,
    /// Whether it is on.
    on: bool,
    /// How often its fault has fired since it was switched on.
    fired: u64,
}

impl LeasedFaults {
    pub(super) fn new(faults: LiveFaults) -> Self {
        let initial = faults.statuses();
        Self(Arc::new(Inner {
            faults,
            initial: initial.into_iter().map(|status| status.fault).collect(),
            leases: Mutex::default(),
            changed: Notify::new(),
        }))
    }

    /// Ends what has run out, until it is dropped.
    pub(super) async fn expire(self) {
        loop {
            let next = self.now().by_id.values().map(|lease| lease.until).min();
            tokio::select! {
                () = self.0.changed.notified() => {}
                () = until(next) => {}
            }
        }
    }

    /// Every fault, in order.
    pub(super) fn list(&self) -> Vec<FaultView> {
        self.views(|_| true)
    }

    pub(super) fn one(&self, ordinal: u64) -> Option<FaultView> {
        self.views(|fault| fault == ordinal).pop()
    }

    fn views(&self, wanted: impl Fn(u64) -> bool) -> Vec<FaultView> {
        let leases = self.now();
        let held = leases.held();
        let statuses = self.0.faults.statuses().into_iter();
        statuses
            .filter(|status| wanted(status.ordinal))
            .map(|status| FaultView::new(status, &held))
            .collect()
    }

    /// Adds a fault after the others, for a time or for good; its ordinal.
    pub(super) fn add(
        &self,
        fault: Fault,
        time_to_live: Option<TimeToLive>,
    ) -> Result<u64, InvalidFault> {
        let mut leases = self.now();
        let ordinals = self.0.faults.add_all(&[fault])?;
        if let Some(TimeToLive(time_to_live)) = time_to_live {
            leases.give(ordinals.clone(), time_to_live, false);
        }
        drop(leases);
        self.0.changed.notify_one();
        Ok(ordinals.into_iter().next().unwrap_or_default())
    }

    /// Replaces all faults, for a time or for good. Guards end, since their faults are gone.
    pub(super) fn replace_all(
        &self,
        faults: Vec<Fault>,
        time_to_live: Option<TimeToLive>,
    ) -> Result<(), InvalidFault> {
        let mut leases = self.now();
        self.0.faults.set(faults)?;
        leases.by_id.clear();
        if let Some(TimeToLive(time_to_live)) = time_to_live {
            let statuses = self.0.faults.statuses();
            let ordinals = statuses.into_iter().map(|status| status.ordinal);
            leases.give(ordinals.collect(), time_to_live, false);
        }
        drop(leases);
        self.0.changed.notify_one();
        Ok(())
    }

    /// Puts another fault in the place of one, for a time or for good; whether there was one. One that belongs to a guard
    /// stays with it.
    pub(super) fn replace(
        &self,
        ordinal: u64,
        fault: Fault,
        time_to_live: Option<TimeToLive>,
    ) -> Result<bool, InvalidFault> {
        let mut leases = self.now();
        let replaced = self.0.faults.replace(ordinal, fault)?;
        if replaced {
            leases.by_id.retain(|_, lease| {
                lease.is_guard || {
                    lease.ordinals.retain(|leased| *leased != ordinal);
                    !lease.ordinals.is_empty()
                }
            });
            if let Some(TimeToLive(time_to_live)) = time_to_live {
                leases.give(vec![ordinal], time_to_live, false);
            }
        }
        drop(leases);
        self.0.changed.notify_one();
        Ok(replaced)
    }

    /// Removes a fault; whether there was one.
    pub(super) fn remove(&self, ordinal: u64) -> bool {
        let _leases = self.now();
        self.0.faults.remove(ordinal)
    }

    /// The faults that the collector started with, as if none had fired.
    pub(super) fn restore_initial(&self) -> Result<(), InvalidFault> {
        self.replace_all(self.0.initial.clone(), None)
    }

    pub(super) fn reset_counts(&self) {
        self.0.faults.reset_counts();
    }

    /// Adds faults that are removed together when the guard is not renewed in time; its id.
    pub(super) fn guard(
        &self,
        faults: &[Fault],
        TimeToLive(time_to_live): TimeToLive,
    ) -> Result<u64, InvalidFault> {
        let mut leases = self.now();
        let ordinals = self.0.faults.add_all(faults)?;
        let id = leases.give(ordinals, time_to_live, true);
        drop(leases);
        self.0.changed.notify_one();
        Ok(id)
    }

    pub(super) fn guards(&self) -> Vec<GuardView> {
        self.guard_views(|_| true)
    }

    pub(super) fn one_guard(&self, id: u64) -> Option<GuardView> {
        self.guard_views(|guard| guard == id).pop()
    }

    fn guard_views(&self, wanted: impl Fn(u64) -> bool) -> Vec<GuardView> {
        let leases = self.now();
        let held = leases.held();
        let statuses = self.0.faults.statuses().into_iter();
        let mut statuses: HashMap<u64, FaultStatus> =
            statuses.map(|status| (status.ordinal, status)).collect();
        let mut view = |(id, lease): (&u64, &Lease)| {
            // A fault belongs to one guard at most.
            let faults = lease.ordinals.iter();
            let faults = faults.filter_map(|ordinal| statuses.remove(ordinal));
            GuardView {
                id: *id,
                time_to_live_seconds: lease.time_to_live.as_secs_f64(),
                expires_in_seconds: lease.left().as_secs_f64(),
                faults: faults.map(|status| FaultView::new(status, &held)).collect(),
            }
        };
        let guards = leases.by_id.iter();
        let guards = guards.filter(|(id, lease)| lease.is_guard && wanted(**id));
        guards.map(&mut view).collect()
    }

    /// Keeps a guard for its time again, or for another time; whether there is one.
    pub(super) fn renew(&self, id: u64, time_to_live: Option<TimeToLive>) -> bool {
        let mut leases = self.now();
        let Some(lease) = leases.by_id.get_mut(&id).filter(|lease| lease.is_guard) else {
            return false;
        };
        if let Some(TimeToLive(time_to_live)) = time_to_live {
            lease.time_to_live = time_to_live;
        }
        lease.until = Instant::now() + lease.time_to_live;
        drop(leases);
        self.0.changed.notify_one();
        true
    }

    /// Ends a guard and removes its faults; whether there was one.
    pub(super) fn end(&self, id: u64) -> bool {
        let mut leases = self.now();
        if !leases.by_id.get(&id).is_some_and(|lease| lease.is_guard) {
            return false;
        }
        if let Some(lease) = leases.by_id.remove(&id) {
            self.take_away(&lease);
        }
        true
    }

    pub(super) fn switches(&self) -> Vec<SwitchView> {
        let statuses = self.0.faults.statuses();
        let view = |switch: Switch| {
            let fault = switch.fault();
            let status = statuses.iter().find(|status| status.fault == fault);
            SwitchView {
                switch,
                key: switch.key(),
                title: switch.title(),
                on: status.is_some(),
                fired: status.map(|status| status.fired).unwrap_or_default(),
            }
        };
        Switch::ALL.into_iter().map(view).collect()
    }

    pub(super) fn switch(&self, switch: Switch, on: bool) -> Result<(), InvalidFault> {
        let _leases = self.now();
        self.0.faults.switch(switch, on)
    }

    /// The leases as they are now: what has run out is gone.
    fn now(&self) -> MutexGuard<'_, Leases> {
        let mut leases = self.0.leases.lock();
        let now = Instant::now();
        leases.by_id.retain(|_, lease| {
            let lives = lease.until > now;
            if !lives {
                self.take_away(lease);
            }
            lives
        });
        leases
    }

    fn take_away(&self, lease: &Lease) {
        for ordinal in &lease.ordinals {
            self.0.faults.remove(*ordinal);
        }
    }
}

impl Leases {
    fn give(&mut self, ordinals: Vec<u64>, time_to_live: Duration, is_guard: bool) -> u64 {
        self.given += 1;
        let lease = Lease {
            ordinals,
            time_to_live,
            until: Instant::now() + time_to_live,
            is_guard,
        };
        self.by_id.insert(self.given, lease);
        self.given
    }

    /// What is leased, by the ordinal of the fault: how long it stays, and the guard that it belongs to.
    fn held(&self) -> HashMap<u64, Held> {
        let mut held: HashMap<u64, Held> = HashMap::new();
        for (id, lease) in &self.by_id {
            for ordinal in &lease.ordinals {
                let of_fault = held.entry(*ordinal).or_insert(Held {
                    left: lease.left(),
                    guard: None,
                });
                of_fault.left = of_fault.left.min(lease.left());
                of_fault.guard = of_fault.guard.or(lease.is_guard.then_some(*id));
            }
        }
        held
    }
}

impl FaultView {
    fn new(status: FaultStatus, held: &HashMap<u64, Held>) -> Self {
        let FaultStatus {
            ordinal,
            name,
            fired,
            // Where it has one, `for` in the fault says so.
            ends_at: _,
            fault,
        } = status;
        let held = held.get(&ordinal);
        Self {
            ordinal,
            name,
            fired,
            expires_in_seconds: held.map(|held| held.left.as_secs_f64()),
            guard: held.and_then(|held| held.guard),
            fault,
        }
    }
}

impl Lease {
    fn left(&self) -> Duration {
        self.until.saturating_duration_since(Instant::now())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::{always, hang};

    const SECOND: TimeToLive = TimeToLive(Duration::from_secs(1));

    fn faults() -> LeasedFaults {
        LeasedFaults::new(LiveFaults::default())
    }

    fn names(faults: &LeasedFaults) -> Vec<String> {
        faults.list().into_iter().map(|view| view.name).collect()
    }

    async fn after(milliseconds: u64) {
        tokio::time::sleep(Duration::from_millis(milliseconds)).await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_fault_goes_away_when_its_time_is_over_and_not_before() {
        let live = LiveFaults::default();
        let faults = LeasedFaults::new(live.clone());
        tokio::spawn(faults.clone().expire());
        faults
            .add(always().then(hang()).named("for good"), None)
            .expect("added");
        faults
            .add(always().then(hang()).named("a second"), Some(SECOND))
            .expect("added");
        after(999).await;
        assert_eq!(live.statuses().len(), 2);
        after(2).await;
        // Nobody has asked: it has gone by itself.
        assert_eq!(live.statuses().len(), 1);
        assert_eq!(names(&faults), ["for good"]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_guard_lives_as_long_as_it_is_renewed() {
        let faults = faults();
        let two = [always().then(hang()), always().then(hang())];
        let id = faults.guard(&two, SECOND).expect("a guard");
        for _ in 0..3 {
            after(900).await;
            assert!(faults.renew(id, None));
        }
        assert_eq!(faults.list().len(), 2);
        after(1000).await;
        assert!(!faults.renew(id, None));
        assert_eq!(faults.list().len(), 0);
        assert!(!faults.end(id));
    }

    #[tokio::test(start_paused = true)]
    async fn what_has_run_out_takes_nothing_away_that_came_after_it() {
        let faults = faults();
        let id = faults
            .guard(&[always().then(hang())], SECOND)
            .expect("a guard");
        faults
            .add(always().then(hang()), Some(SECOND))
            .expect("added");
        faults
            .replace_all(
                vec![
                    always().then(hang()).named("new"),
                    always().then(hang()).named("newer"),
                ],
                None,
            )
            .expect("replaced");
        after(5000).await;
        assert_eq!(names(&faults), ["new", "newer"]);
        assert!(faults.one_guard(id).is_none());
        // A fault in another's place has the time of its own.
        let third = faults
            .add(always().then(hang()), Some(SECOND))
            .expect("added");
        assert_eq!(
            faults.replace(third, always().then(hang()).named("stays"), None),
            Ok(true)
        );
        after(5000).await;
        assert_eq!(names(&faults), ["new", "newer", "stays"]);
    }
}
