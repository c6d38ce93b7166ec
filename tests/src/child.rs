//! Programs that must not outlive a test.

use std::path::Path;

use tokio::process::Command;

use crate::need::on_path;

/// The program, set up to be ended by the kernel when the thread that starts it is gone, where the machine has the
/// means: so even a test process that is killed leaves nothing behind.
pub(crate) fn dies_with_this_thread(program: &Path) -> Command {
    match on_path("setpriv") {
        Ok(setpriv) => {
            let mut command = Command::new(setpriv);
            command.args(["--pdeathsig", "KILL", "--"]).arg(program);
            command
        }
        Err(_) => Command::new(program),
    }
}
