//! The connections to a data base, of which there are few.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How many connections there are.
const SIZE: usize = 8;

/// A pool of connections. Clones are the same pool.
#[derive(Clone, Debug)]
pub(crate) struct Pool(Arc<Semaphore>);

/// A connection, which goes back to its pool when it is dropped.
#[derive(Debug)]
#[must_use = "a connection that is dropped is back in the pool"]
pub(crate) struct Connection {
    _permit: OwnedSemaphorePermit,
}

impl Pool {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Semaphore::new(SIZE)))
    }

    /// A connection, as soon as one is free; none where the pool has been closed.
    pub(crate) async fn connection(&self) -> Option<Connection> {
        let permit = Arc::clone(&self.0).acquire_owned().await.ok()?;
        Some(Connection { _permit: permit })
    }

    /// How many connections are in use now.
    pub(crate) fn in_use(&self) -> u64 {
        // It is a single digit.
        (SIZE - self.0.available_permits().min(SIZE)) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_connection_is_in_use_until_it_is_dropped() {
        let pool = Pool::new();
        let one = pool.connection().await;
        let other = pool.connection().await;
        assert_eq!(pool.in_use(), 2);
        drop(one);
        assert_eq!(pool.in_use(), 1);
        drop(other);
        assert_eq!(pool.in_use(), 0);
    }
}
