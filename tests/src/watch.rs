//! A test that hangs is a failure that has a name.

use std::panic::resume_unwind;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

/// Runs a test on a thread of its own.
///
/// # Errors
///
/// If it has not ended after `limit`. Then its thread is left behind, with all that it has started, until this process ends.
///
/// # Panics
///
/// As the test does.
pub(crate) fn watched(limit: Duration, test: impl FnOnce() + Send + 'static) -> Result<(), String> {
    let (end, ended) = channel::<()>();
    let thread = thread::Builder::new().spawn(move || {
        // Dropped when the test ends, in whatever way.
        let _end = end;
        test();
    });
    let thread = thread.map_err(|error| format!("no thread for the test: {error}"))?;
    match ended.recv_timeout(limit) {
        Err(RecvTimeoutError::Timeout) => {
            Err(format!("it hangs: it has not ended after {limit:?}"))
        }
        Ok(()) | Err(RecvTimeoutError::Disconnected) => {
            thread.join().unwrap_or_else(|panic| resume_unwind(panic));
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_that_hangs_is_said_to() {
        let (_never, wait) = channel::<()>();
        let hangs = watched(Duration::from_millis(1), move || {
            let _ = wait.recv();
        });
        assert!(hangs.expect_err("it hangs").contains("1ms"));
        assert_eq!(watched(Duration::from_secs(60), || {}), Ok(()));
    }

    #[test]
    #[should_panic(expected = "not as it should be")]
    fn a_test_that_panics_is_left_to() {
        let _ = watched(Duration::from_secs(60), || panic!("not as it should be"));
    }
}
