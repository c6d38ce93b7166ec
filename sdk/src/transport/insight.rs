//! What a connection finds out about itself that its HTTP implementation does not tell: TLS 1.3 rejects a client's
//! certificate after the handshake is over for the client.

use std::sync::{Arc, OnceLock};

use crate::export::{AttemptError, ConnectionError};

/// What a connection found out about itself. Clones share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Insight(pub(super) Arc<OnceLock<ConnectionError>>);

impl Insight {
    /// `error`, or what is better known.
    pub(crate) fn or(&self, error: AttemptError) -> AttemptError {
        match self.0.get() {
            Some(known) => AttemptError::Connection(known.clone()),
            None => error,
        }
    }
}
