//! How many files and sockets may be open: each cell of real time has a receiver, connections and the pipes of a process. A
//! receiver by itself has as many connections as there are clients.

/// More than all cells of a run have open at the same time, and more clients than one receiver is likely to have; less than what macOS accepts.
#[cfg(unix)]
const WANTED: u64 = 10_000;

/// Raises the limit of this process, and of those that it starts, to what a run needs, as far as that is allowed.
#[cfg(unix)]
pub(crate) fn allow() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let wanted = limit.maximum.map_or(WANTED, |most| most.min(WANTED));
    if limit.current.is_some_and(|current| current < wanted) {
        // Where this is refused, a run with fewer jobs still works, and says what it could not open.
        let _ = setrlimit(
            Resource::Nofile,
            Rlimit {
                current: Some(wanted),
                ..limit
            },
        );
    }
}

/// There is no such limit.
#[cfg(not(unix))]
pub(crate) fn allow() {}
