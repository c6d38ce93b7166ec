//! The mock against the real Collector: one table of requests, sent byte for byte to both, one trial for each.
//!
//! What they answer differently stands in `differences.yaml`, with its reason. A difference that is not there fails, and so does
//! one that is there and does not occur. `docs/collector.md` is written from both.
//!
//! Besides, the reference SDK into the Collector (`delivery`): what is read back is what was emitted.
//!
//! Without the Collector the trials are reported as ignored, with the reason; `OTELBOX_REQUIRE` makes that a failure. See
//! `otelbox_tests::Need`.

mod body;
mod content;
mod delivery;
mod differences;
mod http1;
mod http2;
mod observed;
mod page;
mod proof;
mod receivers;
mod reply;
mod requests;
mod wire;

use std::process::ExitCode;
use std::sync::Arc;

use libtest_mimic::{Arguments, Trial};
use otelbox_tests::Need;
use tokio::runtime::Builder;

use observed::Once;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let once = Arc::new(Once::default());
    let listed = Arc::new(differences::listed());
    let mut trials = vec![
        Trial::test("the table of differences", differences_are_in_order),
        Trial::test("the values of the table", || {
            differences::a_value_may_leave_out_its_middle();
            Ok(())
        }),
        Trial::test("what is compared", || {
            content::what_stands_for_nothing_is_left_out_and_a_choice_is_not();
            Ok(())
        }),
        Trial::test("the client", || {
            block_on(http1::interim_answers_chunks_and_an_early_end_are_seen());
            Ok(())
        }),
        Need::Collector.trial("proof", proof::unlisted_differences_are_seen),
    ];
    let page = Arc::clone(&once);
    trials.push(Need::Collector.trial("docs/collector.md", move |tool| {
        page::is_what_was_seen(page.observed(tool));
    }));
    for request in requests::all() {
        let (once, listed) = (Arc::clone(&once), Arc::clone(&listed));
        let name = request.name;
        trials.push(Need::Collector.trial(&name.clone(), move |tool| {
            let pair = &once.observed(tool)[&name];
            let complaints = differences::complaints(&name, pair, &listed);
            assert!(complaints.is_empty(), "{complaints}");
        }));
    }
    trials.extend(delivery::trials());
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn differences_are_in_order() -> Result<(), libtest_mimic::Failed> {
    let mistakes = differences::mistakes(&differences::listed(), &requests::all());
    if mistakes.is_empty() {
        return Ok(());
    }
    Err(mistakes.join("\n").into())
}

/// Runs a test to its end on a runtime of its own.
fn block_on<F: Future>(test: F) -> F::Output {
    let runtime = Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(test)
}
