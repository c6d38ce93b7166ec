//! Programs that are started as they are: this test is also the programs that it starts.
//!
//! A test that is a program of its own needs nothing but a Rust tool chain, and its programs behave as their names say.

mod characters;
mod command_line;
mod judged;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};

/// The first argument of a program that is one of the [`characters`]; the second is its name.
const BE: &str = "be";

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    if arguments.next().as_deref() == Some(BE) {
        return characters::be(&arguments.next().unwrap_or_default());
    }
    let trials = [judged::trials(), command_line::trials()];
    libtest_mimic::run(
        &Arguments::from_args(),
        trials.into_iter().flatten().collect(),
    )
    .exit_code()
}

/// A test that fails by a panic.
fn trial(name: &str, test: fn()) -> Trial {
    Trial::test(name, move || {
        test();
        Ok(())
    })
}
