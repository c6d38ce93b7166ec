//! What a provider knows of its instruments, and its readers have to know too.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::Mutex;

use super::callbacks::Callbacks;
use super::views::{UnmatchedView, Views};
use crate::environment::LOG_TARGET;

/// The instruments of a provider as one of its readers sees them.
pub(crate) struct Instrumentation {
    /// The callbacks that this reader runs.
    pub(crate) callbacks: Callbacks,
    pub(crate) catalogue: Arc<Catalogue>,
}

/// What all readers of a provider share.
pub(crate) struct Catalogue {
    pub(crate) views: Views,
    names: Mutex<BTreeSet<String>>,
    reported: AtomicBool,
}

impl Catalogue {
    pub(crate) fn new(views: Views) -> Self {
        Self {
            views,
            names: Mutex::default(),
            reported: AtomicBool::new(false),
        }
    }

    /// Notes that there is an instrument of this name.
    pub(crate) fn note(&self, name: &str) {
        let mut names = self.names.lock();
        if !names.contains(name) {
            names.insert(name.to_owned());
        }
    }
}

impl Instrumentation {
    pub(crate) fn new(catalogue: Arc<Catalogue>) -> Self {
        Self {
            callbacks: Callbacks::default(),
            catalogue,
        }
    }

    /// The views that made no stream; logged by the first reader that asks.
    pub(crate) fn report_unmatched_views(&self) -> Vec<UnmatchedView> {
        let names = self.catalogue.names.lock();
        let unmatched = self.catalogue.views.unmatched(&names);
        if !self.catalogue.reported.swap(true, Ordering::Relaxed) {
            for view in &unmatched {
                tracing::warn!(target: LOG_TARGET, "{view}");
            }
        }
        unmatched
    }
}
