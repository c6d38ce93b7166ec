//! In place of HTTP/2, where gRPC was left out.

use crate::export::AttemptError;

/// It never is.
pub(super) const fn failure(_error: &hyper::Error) -> Option<AttemptError> {
    None
}
