//! Whether there is somebody to look.

use std::io::{IsTerminal as _, stdin, stdout};

/// Whether the view is wanted: both ends are a terminal, one that can be drawn on, and nobody has asked for plain lines.
pub(in crate::cli::serve) fn is_wanted(plain: bool) -> bool {
    !plain && stdin().is_terminal() && stdout().is_terminal() && can_be_drawn_on()
}

/// Whether the terminal understands more than lines. On Windows they all do, and none has a name.
fn can_be_drawn_on() -> bool {
    #[expect(
        clippy::disallowed_methods,
        reason = "the terminal is that of the process"
    )]
    let name = std::env::var_os("TERM");
    name.map_or(cfg!(windows), |name| !name.is_empty() && name != "dumb")
}
