//! A child process with everything that it starts.

use std::{io, process::ExitStatus};

use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};

/// A child in a process group of its own, so that a wrapper script does not leave the program behind that it wraps. The
/// whole group is killed when this value is dropped, whatever ended the run.
#[derive(Debug)]
pub(crate) struct ProcessGroup {
    child: Child,
    id: Option<u32>,
}

impl ProcessGroup {
    pub(crate) fn spawn(command: &mut Command) -> io::Result<Self> {
        #[cfg(unix)]
        command.process_group(0);
        let child = command.kill_on_drop(true).spawn()?;
        let id = child.id();
        Ok(Self { child, id })
    }

    /// The number of the child, which is that of the group.
    pub(crate) const fn id(&self) -> Option<u32> {
        self.id
    }

    pub(crate) fn take_streams(
        &mut self,
    ) -> (Option<ChildStdin>, Option<ChildStdout>, Option<ChildStderr>) {
        let Child {
            stdin,
            stdout,
            stderr,
            ..
        } = &mut self.child;
        (stdin.take(), stdout.take(), stderr.take())
    }

    /// Waits until the child has ended; what it started may live on.
    pub(crate) async fn wait(&mut self) -> io::Result<ExitStatus> {
        self.child.wait().await
    }

    /// Asks everybody in the group to end. Where there are no signals, this kills the child.
    pub(super) fn ask_to_end(&mut self) {
        self.send(false);
    }

    /// Kills the group and waits for the child.
    pub(crate) async fn kill(&mut self) {
        self.end();
        // It may have ended in this very moment; then there is nothing left to kill.
        drop(self.child.kill().await);
    }

    /// Kills the group, and does not wait.
    fn end(&mut self) {
        self.send(true);
    }

    #[cfg(unix)]
    fn send(&mut self, kill: bool) {
        use rustix::process::{Pid, Signal, kill_process_group};

        let group = self.id.and_then(|id| Pid::from_raw(id.cast_signed()));
        if let Some(group) = group {
            let signal = if kill { Signal::KILL } else { Signal::TERM };
            // An error says that nobody is left.
            let _ = kill_process_group(group, signal);
        }
    }

    /// There are neither groups nor signals here: whatever is asked for, the child is killed.
    #[cfg(not(unix))]
    fn send(&mut self, _kill: bool) {
        let _ = self.child.start_kill();
    }
}

impl Drop for ProcessGroup {
    fn drop(&mut self) {
        self.end();
    }
}
