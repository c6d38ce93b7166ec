//! All views of a provider, and whether they matched anything.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};

use opentelemetry_sdk::metrics::{Instrument, Stream};

use super::View;
use crate::config_error::ConfigError;
use crate::environment::LOG_TARGET;
use crate::metrics::instrument::Selectable;

/// How alike two names have to be for one to be offered in place of the other (1 is equal).
const NEAR: f64 = 0.75;

/// How many names are offered.
const OFFERED: usize = 3;

/// Views of which the first that selects an instrument is the one that counts. A single one is an independent view.
pub(crate) struct ViewList {
    entries: Vec<Entry>,
    /// It was said that a stream has the name of another.
    conflict_reported: AtomicBool,
}

struct Entry {
    view: View,
    /// It made a stream.
    applied: AtomicBool,
    /// It selected an instrument that a view before it had taken.
    shadowed: AtomicBool,
}

impl ViewList {
    pub(crate) fn new(views: impl IntoIterator<Item = View>) -> Result<Self, ConfigError> {
        let entries = views
            .into_iter()
            .map(|view| {
                view.check()?;
                Ok(Entry {
                    view,
                    applied: AtomicBool::new(false),
                    shadowed: AtomicBool::new(false),
                })
            })
            .collect::<Result<_, ConfigError>>()?;
        Ok(Self {
            entries,
            conflict_reported: AtomicBool::new(false),
        })
    }

    /// The view that counts for `instrument`, noted as such.
    fn apply(&self, instrument: Selectable<'_>) -> Option<&View> {
        let mut first = None;
        for entry in &self.entries {
            if entry.view.selects(instrument) {
                if first.is_none() {
                    entry.applied.store(true, Ordering::Relaxed);
                    first = Some(&entry.view);
                } else {
                    entry.shadowed.store(true, Ordering::Relaxed);
                }
            }
        }
        first
    }

    fn first(&self, instrument: Selectable<'_>) -> Option<&View> {
        self.entries
            .iter()
            .map(|entry| &entry.view)
            .find(|view| view.selects(instrument))
    }
}

/// Begins what is added to the name of a stream to tell it from another of that name. No name that comes from outside
/// holds it: it is a control character.
const DISTINCTION: char = '\u{1f}';

/// The name of a stream as it is exported.
pub(crate) fn exported_name(name: &str) -> &str {
    name.split(DISTINCTION).next().unwrap_or_default()
}

/// Lists of views, each independent of the others.
#[derive(Default)]
pub(crate) struct Views {
    pub(crate) lists: Vec<ViewList>,
}

impl Views {
    /// The stream that list number `index` makes of `instrument`, for the SDK.
    ///
    /// The SDK takes two streams of one instrument that have the same name for the same stream, and keeps the first, also
    /// where that is none, dropped. With `distinguish` the name of such a stream gets an addition, which
    /// [`exported_name`] takes away again.
    pub(crate) fn stream(
        &self,
        index: usize,
        instrument: &Instrument,
        distinguish: bool,
    ) -> Option<Stream> {
        let selectable = Selectable {
            scope: instrument.scope().name(),
            name: instrument.name(),
            kind: instrument.kind(),
            unit: instrument.unit(),
        };
        let list = self.lists.get(index)?;
        let view = list.apply(selectable)?;
        let name = view.stream_name(selectable);
        let mut conflict = false;
        let mut drop_before = false;
        for other in self.lists[..index]
            .iter()
            .filter_map(|list| list.first(selectable))
            .filter(|other| view.differs_from(other, selectable))
        {
            conflict |= !other.drops();
            drop_before |= other.drops();
        }
        if !conflict && !drop_before {
            return view.stream(None);
        }
        if conflict && !list.conflict_reported.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                target: LOG_TARGET,
                instrument = instrument.name(),
                "{view} makes a second, different stream named {name:?} of instrument {:?}: rename one of them",
                instrument.name()
            );
        }
        view.stream(distinguish.then(|| format!("{name}{DISTINCTION}{index}")))
    }

    /// The names of the streams that are made of `instrument` with the aggregation of its kind.
    pub(crate) fn plain_streams(&self, instrument: Selectable<'_>) -> Vec<String> {
        let selecting: Vec<&View> = self
            .lists
            .iter()
            .filter_map(|list| list.first(instrument))
            .collect();
        if selecting.is_empty() {
            return vec![instrument.name.to_owned()];
        }
        selecting
            .into_iter()
            .filter_map(|view| view.plain_stream_name(instrument))
            .collect()
    }

    /// The views that made no stream of any instrument, given the names of all that there are.
    pub(crate) fn unmatched(&self, instruments: &BTreeSet<String>) -> Vec<UnmatchedView> {
        self.lists
            .iter()
            .flat_map(|list| &list.entries)
            .filter(|entry| !entry.applied.load(Ordering::Relaxed))
            .map(|entry| UnmatchedView {
                view: entry.view.to_string(),
                shadowed: entry.shadowed.load(Ordering::Relaxed),
                near: near(entry.view.name_pattern(), instruments),
            })
            .collect()
    }
}

/// The names most like `pattern`, best first.
fn near(pattern: Option<&str>, names: &BTreeSet<String>) -> Vec<String> {
    let Some(pattern) = pattern else {
        return Vec::new();
    };
    let wanted = pattern.to_ascii_lowercase();
    let mut scored: Vec<(f64, &String)> = names
        .iter()
        .map(|name| {
            (
                strsim::normalized_damerau_levenshtein(&wanted, &name.to_ascii_lowercase()),
                name,
            )
        })
        .filter(|(likeness, _)| *likeness >= NEAR)
        .collect();
    scored.sort_by(|one, two| two.0.total_cmp(&one.0).then(one.1.cmp(two.1)));
    scored
        .into_iter()
        .take(OFFERED)
        .map(|(_, name)| name.clone())
        .collect()
}

/// A view that made no stream: its buckets, attributes or name are in no data that was exported.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct UnmatchedView {
    /// The view, by what it selects.
    pub view: String,
    /// It selected instruments, but views before it in the same list took all of them.
    pub shadowed: bool,
    /// Names of instruments that are like the name it selects by, best first.
    pub near: Vec<String>,
}

impl fmt::Display for UnmatchedView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.shadowed {
            return write!(
                f,
                "{} had no effect: every instrument that it matches was taken by a view before it",
                self.view
            );
        }
        write!(
            f,
            "{} matched no instrument, so the defaults were used",
            self.view
        )?;
        if !self.near.is_empty() {
            write!(
                f,
                "; instruments with a name like it: {}",
                self.near.join(", ")
            )?;
        }
        Ok(())
    }
}
