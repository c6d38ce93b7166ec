//! What otelbox makes, against programs that nobody here wrote: `otelbox serve`, the real binary, and its clients, where
//! what they say they sent is compared with what the journal file says arrived; and reports, and those who read them.
//!
//! A test whose program is not on this machine is reported as ignored, with the reason; `OTELBOX_REQUIRE` makes that a
//! failure. See `otelbox_tests::Need`.

mod browser;
#[cfg(target_os = "linux")]
mod collector_driver;
mod collector_queue;
mod control_page;
mod curl;
mod h2load;
mod junit;
mod python;
mod telemetrygen;

use std::process::ExitCode;

use libtest_mimic::Arguments;
use tokio::runtime::Builder;

fn main() -> ExitCode {
    let trials = [
        browser::trials(),
        #[cfg(target_os = "linux")]
        collector_driver::trials(),
        collector_queue::trials(),
        control_page::trials(),
        curl::trials(),
        h2load::trials(),
        junit::trials(),
        python::trials(),
        telemetrygen::trials(),
    ];
    libtest_mimic::run(
        &Arguments::from_args(),
        trials.into_iter().flatten().collect(),
    )
    .exit_code()
}

/// Runs a test to its end on a runtime of its own.
fn block_on<F: Future>(test: F) -> F::Output {
    let runtime = Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(test)
}
