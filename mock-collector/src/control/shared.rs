//! What all handlers share.

use std::sync::Arc;

use tokio::sync::watch;

use super::leases::LeasedFaults;
use crate::collector::Handle;

/// What all handlers share.
#[derive(Clone, Debug)]
pub(super) struct Shared {
    pub(super) collector: Handle,
    pub(super) faults: LeasedFaults,
    /// Whether the collector was stopped from here.
    pub(super) stopped: Arc<watch::Sender<bool>>,
    pub(super) with_token: bool,
}
