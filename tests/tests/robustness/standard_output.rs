//! Standard output that nobody reads.

use otelbox_mock_collector::Signal;
use otelbox_tests::{ServeOptions, StandardOutput};

use crate::client::{Client, PROTOBUF, logs};

const EXPORTS: u64 = 100;

/// How long the name of the fault is that each line names: all lines are more than a pipe holds, which is 64 KiB on Linux.
const NAME: usize = 3000;

async fn all_exports_are_answered(standard_output: StandardOutput) -> otelbox_tests::Left {
    let faults = format!("- name: {}\n  then: accept\n", "x".repeat(NAME));
    let options = ServeOptions::default()
        .faults(faults)
        .standard_output(standard_output);
    let served = options.start().await;
    let mut client = Client::connect(served.http_address()).await;
    for number in 0..EXPORTS {
        let status = client.post(PROTOBUF, &logs(number.to_string())).await;
        assert_eq!(status, Some(200), "export {number}");
    }
    drop(client);
    let left = served.stop().await;
    assert_eq!(left.exit_code, Some(130), "{:#?}", left.lines);
    let exchanges = left.journal.exchanges_of(Signal::Logs).len();
    assert_eq!(exchanges as u64, EXPORTS);
    // Where nobody reads standard output, it is printed to standard error.
    assert_eq!(left.ledger.count(Signal::Logs, "accepted"), EXPORTS);
    left
}

#[tokio::test]
async fn a_pipe_that_is_full_does_not_stop_the_receiver() {
    let left = all_exports_are_answered(StandardOutput::Unread).await;
    let told = "Nobody has read standard output to its end.";
    assert!(
        left.lines.iter().any(|line| line == told),
        "{:#?}",
        left.lines
    );
}

#[tokio::test]
async fn a_pipe_that_is_closed_does_not_end_the_receiver() {
    let left = all_exports_are_answered(StandardOutput::Closed).await;
    let told = "cannot write to standard output: Broken pipe";
    let times = left.lines.iter().filter(|line| line.contains(told)).count();
    assert_eq!(times, 1, "{:#?}", left.lines);
    let unprinted = format!("{EXPORTS} lines were not printed: nobody read them.");
    assert!(left.lines.contains(&unprinted), "{:#?}", left.lines);
}
