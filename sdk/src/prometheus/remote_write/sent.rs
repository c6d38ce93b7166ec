//! What a receiver has of an exporter's series, so that times rise and the end of a series is told.

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hash, Hasher};
use std::sync::Arc;

use super::identity::{Ended, Identity};
use super::line::{About, Line};
use super::walk::{Point, Sink, milliseconds, walk};
use crate::prometheus::family::{Families, Family, Series, Value};

/// So many ends are told again where it is not certain that they were heard, the newest first.
const MOST_PENDING: usize = 20_000;

/// The series that a receiver has.
#[derive(Debug)]
pub(super) struct Sent {
    /// Those that go on.
    series: Arc<[Arc<Identity>]>,
    /// The time of the last point of each of them, in milliseconds since 1970.
    times: Vec<i64>,
    /// Those of which the receiver may not know the end yet.
    ended: Vec<Ended>,
    hasher: RandomState,
}

/// What the next request says.
#[derive(Debug, Default)]
pub(super) struct Next {
    /// The time of each series of the families in turn, in milliseconds since 1970: its own, or the next millisecond after
    /// the last point where that is later.
    ///
    /// Spec: Remote-Write 1.0, "Ordering" (MUST).
    pub(super) times: Vec<i64>,
    /// The series that are no longer there.
    pub(super) ended: Vec<Ended>,
    /// How much later than it was recorded a point is told at most, in milliseconds.
    pub(super) delayed: i64,
    /// Whether the series are those that there were, so that they may be the same again.
    pub(super) is_steady: bool,
    /// How many ends are not told any longer, because too many could not be.
    pub(super) forgotten: usize,
    series: Vec<Arc<Identity>>,
    last: Vec<i64>,
}

impl Default for Sent {
    fn default() -> Self {
        Self {
            series: Arc::new([]),
            times: Vec::new(),
            ended: Vec::new(),
            hasher: RandomState::new(),
        }
    }
}

impl Sent {
    /// What a request at `now` says that has the points of `families`.
    pub(super) fn next(&self, families: &Families<'_>, now: i64) -> Next {
        let mut before = Before::new(self);
        let mut next = Next {
            is_steady: true,
            ..Next::default()
        };
        let mut ended = Vec::new();
        for family in &families.families {
            for series in &family.series {
                let last = before.find(family, series);
                let recorded = milliseconds(series.time_unix_nano);
                let time = last.map_or(recorded, |last| recorded.max(later(last.time)));
                next.times.push(time);
                next.delayed = next.delayed.max(time.saturating_sub(recorded));
                let last = last.map(|last| last.identity);
                let same = last.filter(|last| last.has_shape_of(&series.value));
                let identity = match (&series.value, last, same) {
                    (Value::Stale, Some(last), _) => {
                        last.end(time, &mut ended);
                        continue;
                    }
                    (Value::Stale, None, _) => {
                        Arc::new(Identity::of(family, series)).end(time, &mut ended);
                        continue;
                    }
                    (_, _, Some(same)) => Arc::clone(same),
                    (_, Some(other), None) => {
                        next.is_steady = false;
                        other.end(time, &mut ended);
                        Arc::new(Identity::of(family, series))
                    }
                    (_, None, None) => {
                        next.is_steady = false;
                        Arc::new(Identity::of(family, series))
                    }
                };
                next.series.push(identity);
                next.last.push(time);
            }
        }
        for gone in before.rest() {
            gone.identity.end(now.max(later(gone.time)), &mut ended);
        }
        next.forgotten = self.ended.len().saturating_sub(MOST_PENDING);
        ended.extend(self.ended.iter().take(MOST_PENDING).cloned());
        next.ended = self.without_those_of(families, &next.times, ended);
        next
    }

    /// What the last request says: every series has ended, right after its last point.
    pub(super) fn end(&self) -> Next {
        let mut ended = self.ended.clone();
        for (identity, time) in self.series.iter().zip(&self.times) {
            identity.end(later(*time), &mut ended);
        }
        Next {
            ended,
            ..Next::default()
        }
    }

    /// How many series there are.
    pub(super) fn len(&self) -> usize {
        self.series.len()
    }

    /// Whether no end has to be told again.
    pub(super) const fn all_go_on(&self) -> bool {
        self.ended.is_empty()
    }

    /// Whether there is nothing to end.
    pub(super) fn is_empty(&self) -> bool {
        self.series.is_empty() && self.ended.is_empty()
    }

    /// The receiver may have what the request says; gives what it had before.
    pub(super) fn perhaps_arrived(&mut self, next: Next) -> Self {
        let hasher = self.hasher.clone();
        let now = Self {
            series: next.series.into(),
            times: next.last,
            ended: next.ended,
            hasher,
        };
        std::mem::replace(self, now)
    }

    /// The receiver has nothing of the last request, but `before`, what it had before that. What follows is not earlier than what
    /// was refused: the order is that of sending.
    ///
    /// Spec: Remote-Write 1.0, "Ordering" (MUST).
    pub(super) fn back_to(&mut self, before: Self) {
        let refused = std::mem::replace(self, before);
        let points = refused.series.iter().zip(&refused.times);
        let ends = refused.ended.iter().map(Ended::told);
        let told: HashMap<*const Identity, i64> = points
            .map(|(identity, time)| (Arc::as_ptr(identity), *time))
            .chain(ends)
            .collect();
        for (identity, time) in self.series.iter().zip(&mut self.times) {
            if let Some(told) = told.get(&Arc::as_ptr(identity)) {
                // What follows comes right after this time, which is then that of the refused point.
                *time = (*time).max(told.saturating_sub(1));
            }
        }
    }

    /// The same, where the next request has the same series, and `fill` gives their times.
    pub(super) fn again<R>(
        &mut self,
        fill: impl FnOnce(&mut [i64]) -> Option<R>,
    ) -> Option<(Self, R)> {
        let mut times = self.times.clone();
        let filled = fill(&mut times)?;
        let before = Self {
            series: Arc::clone(&self.series),
            times: std::mem::replace(&mut self.times, times),
            ended: self.ended.clone(),
            hasher: self.hasher.clone(),
        };
        Some((before, filled))
    }

    /// The receiver has what the last request said.
    pub(super) fn arrived(&mut self) {
        self.ended.clear();
    }

    /// `ended` but for what `families` still have under the same name and labels.
    fn without_those_of(
        &self,
        families: &Families<'_>,
        times: &[i64],
        ended: Vec<Ended>,
    ) -> Vec<Ended> {
        if ended.is_empty() {
            return ended;
        }
        let mut rest = Rest {
            hasher: &self.hasher,
            ended: HashMap::new(),
        };
        for (place, ended) in ended.into_iter().enumerate() {
            let hash = hash_line(&self.hasher, &ended.line());
            rest.ended.entry(hash).or_default().push((place, ended));
        }
        walk(families, times, &mut rest);
        let mut rest: Vec<_> = rest.ended.into_values().flatten().collect();
        rest.sort_by_key(|(place, _)| *place);
        rest.into_iter().map(|(_, ended)| ended).collect()
    }
}

/// The series that the receiver has, while those of the next request are looked up among them. They mostly come in the same
/// order again.
struct Before<'a> {
    sent: &'a Sent,
    /// Where the next is, if it is as it was.
    cursor: usize,
    found: Vec<bool>,
    places: Option<HashMap<u64, Vec<usize>>>,
}

/// A series that the receiver has.
#[derive(Clone, Copy)]
struct Last<'a> {
    identity: &'a Arc<Identity>,
    time: i64,
}

impl<'a> Before<'a> {
    fn new(sent: &'a Sent) -> Self {
        Self {
            sent,
            cursor: 0,
            found: vec![false; sent.series.len()],
            places: None,
        }
    }

    fn find(&mut self, family: &Family<'_>, series: &Series<'_>) -> Option<Last<'a>> {
        let Sent {
            series: all,
            times,
            hasher,
            ..
        } = self.sent;
        let is_same = |place: usize| {
            let before = all.get(place);
            before.is_some_and(|before| before.is(family, series))
        };
        let place = if is_same(self.cursor) {
            self.cursor
        } else {
            let places = self.places.get_or_insert_with(|| {
                let mut places: HashMap<u64, Vec<usize>> = HashMap::new();
                for (place, before) in all.iter().enumerate() {
                    let hash = before.hash_with(hasher);
                    places.entry(hash).or_default().push(place);
                }
                places
            });
            let hash = Identity::hash_of(hasher, &family.name, &series.labels);
            *places.get(&hash)?.iter().find(|place| is_same(**place))?
        };
        self.found[place] = true;
        self.cursor = place + 1;
        Some(Last {
            identity: all.get(place)?,
            time: *times.get(place)?,
        })
    }

    /// Those that were not found.
    fn rest(self) -> impl Iterator<Item = Last<'a>> {
        let all = self.sent.series.iter().zip(&self.sent.times);
        all.zip(self.found)
            .filter(|(_, found)| !found)
            .map(|((identity, time), _)| Last {
                identity,
                time: *time,
            })
    }
}

/// Series that have ended, but for those that come by.
struct Rest<'a> {
    hasher: &'a RandomState,
    ended: HashMap<u64, Vec<(usize, Ended)>>,
}

impl Sink for Rest<'_> {
    fn point(&mut self, line: Line<'_>, _about: About<'_>, _point: &Point<'_>) {
        if let Some(ended) = self.ended.get_mut(&hash_line(self.hasher, &line)) {
            ended.retain(|(_, ended)| !ended.line().pairs().eq(line.pairs()));
        }
    }
}

fn hash_line(hasher: &RandomState, line: &Line<'_>) -> u64 {
    let mut state = hasher.build_hasher();
    for pair in line.pairs() {
        pair.hash(&mut state);
    }
    state.finish()
}

/// The next millisecond.
const fn later(time: i64) -> i64 {
    time.saturating_add(1)
}
