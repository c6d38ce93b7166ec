//! The journal file, where the process is killed and where the disk is full.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use otelbox_mock_collector::Signal;
use otelbox_tests::{JournalFile, ServeOptions, ServedCollector};
use tokio::time::{sleep, timeout};

use crate::client::{Client, PROTOBUF, logs};

/// Only a guard.
const GUARD: Duration = Duration::from_secs(60);

/// The process is told that it may be killed when so many lines are in the file.
const LINES: usize = 300;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_was_written_before_the_process_is_killed_can_be_read() {
    let served = ServedCollector::start().await;
    let acknowledged = Arc::new(AtomicU64::new(0));
    let mut load = Vec::new();
    for client in 0..4 {
        let mut connection = Client::connect(served.http_address()).await;
        let acknowledged = Arc::clone(&acknowledged);
        load.push(tokio::spawn(async move {
            for number in 0.. {
                let body = logs(format!("{client}/{number} {}", "x".repeat(5000)));
                match connection.post(PROTOBUF, &body).await {
                    Some(status) => assert_eq!(status, 200),
                    None => return,
                }
                acknowledged.fetch_add(1, Ordering::Relaxed);
            }
        }));
    }
    let grown = async {
        loop {
            let text = served.journal_text();
            if text.lines().count() > LINES {
                return text;
            }
            sleep(Duration::from_millis(5)).await;
        }
    };
    let before = timeout(GUARD, grown).await.expect("lines are written");
    let after = served.kill().await;
    for client in load {
        client.await.expect("each answer was 200");
    }

    let whole = |text: &str| text.rfind('\n').map_or(0, |end| end + 1);
    let (before, after) = (&before[..whole(&before)], &after[..whole(&after)]);
    assert!(after.starts_with(before), "nothing is taken back");
    // All but what follows the last end of a line can be read, or this panics.
    let journal = JournalFile::parse(after);
    assert_eq!(journal.lost(), 0);
    let exchanges = journal.exchanges_of(Signal::Logs);
    assert!(exchanges.len() >= LINES / 2, "{}", exchanges.len());
    assert!(exchanges.iter().all(|exchange| exchange.acknowledged));
    // Each client may have had one on its way.
    assert!(exchanges.len() as u64 <= acknowledged.load(Ordering::Relaxed) + 4);
    let mut exports: Vec<u64> = exchanges.iter().filter_map(|each| each.export).collect();
    exports.sort_unstable();
    let all: Vec<u64> = (1..=exports.len() as u64).collect();
    assert_eq!(exports, all, "none is missing in the middle");
}

/// Lines about connections: those of the harness, one to each port, and one client; each is opened and closed.
const CONNECTION_LINES: u64 = 6;

const EXPORTS: u64 = 50;

#[tokio::test]
async fn a_full_disk_is_told_once_and_counted_and_the_receiver_goes_on() {
    let served = ServeOptions::default().journal("/dev/full").start().await;
    let mut client = Client::connect(served.http_address()).await;
    let told = served.said(1, |line| line.contains("/dev/full")).await;
    assert!(
        told.contains("cannot write the journal /dev/full: No space left on device"),
        "{told}"
    );
    for number in 0..EXPORTS {
        let status = client.post(PROTOBUF, &logs(number.to_string())).await;
        assert_eq!(status, Some(200));
    }
    drop(client);
    let left = served.stop().await;
    assert_eq!(left.exit_code, Some(4), "{:#?}", left.lines);
    assert_eq!(left.ledger.count(Signal::Logs, "accepted"), EXPORTS);
    let of_the_journal: Vec<&String> = left
        .lines
        .iter()
        .filter(|line| line.contains("/dev/full"))
        .collect();
    let [_, last] = of_the_journal[..] else {
        panic!("told once, and in the end: {of_the_journal:#?}");
    };
    let missing = EXPORTS + CONNECTION_LINES;
    assert!(
        last.starts_with(&format!(
            "journal /dev/full: {missing} lines are lost (No space left"
        )),
        "{last}"
    );
}

#[tokio::test]
async fn a_limit_on_the_size_of_files_does_not_end_the_process_and_lines_stay_whole() {
    const LIMIT_BYTES: u64 = 64 * 1024;
    let options = ServeOptions::default().file_size_limit(LIMIT_BYTES);
    let served = options.start().await;
    let mut client = Client::connect(served.http_address()).await;
    for number in 0..EXPORTS {
        let body = logs(format!("{number} {}", "x".repeat(3000)));
        assert_eq!(client.post(PROTOBUF, &body).await, Some(200));
    }
    served.said(1, |line| line.contains("File too large")).await;
    drop(client);
    let size = served.journal_text().len() as u64;
    assert!(size <= LIMIT_BYTES, "{size}");
    // Reads every line, or panics.
    let left = served.stop().await;
    assert_eq!(left.exit_code, Some(4), "{:#?}", left.lines);
    assert!(left.journal.lines() > 10, "{}", left.journal.lines());
    let lost: u64 = left
        .lines
        .iter()
        .find_map(|line| {
            let (before, after) = line.split_once(" lines are lost")?;
            let count = before.rsplit(' ').next()?.parse().ok()?;
            after.contains("File too large").then_some(count)
        })
        .expect("it says how many lines are lost");
    assert_eq!(left.journal.lines() + lost, EXPORTS + CONNECTION_LINES);
}

#[tokio::test]
async fn a_journal_that_is_whole_is_said_by_the_exit_code() {
    let served = ServedCollector::start().await;
    let mut client = Client::connect(served.http_address()).await;
    for number in 0..EXPORTS {
        client.post(PROTOBUF, &logs(number.to_string())).await;
    }
    drop(client);
    let left = served.stop().await;
    assert_eq!(left.exit_code, Some(130));
    assert_eq!(left.journal.lines(), EXPORTS + CONNECTION_LINES);
    assert_eq!(left.journal.lost(), 0);
}
