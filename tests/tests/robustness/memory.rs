//! How much memory requests can take that are small on the wire, or as large as they may be.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use otelbox_tests::ServedCollector;
use tokio::task::JoinSet;

use crate::client::{Client, PROTOBUF, logs};

const MEBIBYTE: usize = 1024 * 1024;

const GZIP: &str = "content-type: application/x-protobuf\r\ncontent-encoding: gzip\r\n";
const GZIP_JSON: &str = "content-type: application/json\r\ncontent-encoding: gzip\r\n";

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).expect("a vector takes all");
    encoder.finish().expect("a vector takes all")
}

/// Sends the request on so many connections at once, and expects the same answer on each.
async fn at_once(
    served: &ServedCollector,
    requests: usize,
    headers: &'static str,
    body: Vec<u8>,
    status: u16,
) {
    let body: std::sync::Arc<[u8]> = body.into();
    let mut clients = JoinSet::new();
    for _ in 0..requests {
        let mut client = Client::connect(served.http_address()).await;
        let body = std::sync::Arc::clone(&body);
        clients.spawn(async move { client.post(headers, &body).await });
    }
    while let Some(answer) = clients.join_next().await {
        assert_eq!(answer.expect("no panic"), Some(status));
    }
}

/// Waits until so many of them are in the journal file.
async fn written(served: &ServedCollector, requests: usize, status: u16) {
    let answered = format!(" bytes  {status}");
    served.said(requests, |line| line.contains(&answered)).await;
}

/// By how much the peak of the memory of the process lies above what it had, in MiB.
struct Grown<'a> {
    served: &'a ServedCollector,
    before: u64,
}

impl<'a> Grown<'a> {
    fn from_now(served: &'a ServedCollector) -> Self {
        let before = served.memory().resident;
        Self { served, before }
    }

    fn at_most(&self, mebibytes: u64) {
        let peak = self.served.memory().peak;
        let grown = peak.saturating_sub(self.before) / MEBIBYTE as u64;
        assert!(grown <= mebibytes, "{grown} MiB, and not {mebibytes}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gibibyte_of_zeros_takes_no_more_than_the_limit_of_a_request() {
    let served = ServedCollector::start().await;
    let grown = Grown::from_now(&served);
    // Sixteen members of 64 MiB are 1 GiB.
    let bomb = gzip(&vec![0; 64 * MEBIBYTE]).repeat(16);
    assert!(bomb.len() < 2 * MEBIBYTE);
    at_once(&served, 16, GZIP, bomb, 413).await;
    written(&served, 16, 413).await;
    grown.at_most(256);
    served.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_request_of_64_mebibytes() {
    let served = ServedCollector::start().await;
    let grown = Grown::from_now(&served);
    let body = logs("x".repeat(64 * MEBIBYTE - 64));
    assert!(body.len() <= 64 * MEBIBYTE);
    at_once(&served, 1, PROTOBUF, body, 200).await;
    written(&served, 1, 200).await;
    grown.at_most(450);
    served.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixteen_requests_of_64_mebibytes_at_once() {
    let served = ServedCollector::start().await;
    let grown = Grown::from_now(&served);
    let body = logs("x".repeat(64 * MEBIBYTE - 64));
    at_once(&served, 16, PROTOBUF, body, 200).await;
    // The journal keeps one of this size; those that it let go of before they were written are counted as lost.
    written(&served, 1, 200).await;
    grown.at_most(1800);
    served.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn json_of_many_small_values() {
    let served = ServedCollector::start().await;
    let grown = Grown::from_now(&served);
    // No request, but that shows only when it has been read.
    let text = format!("[{}0]", "0,".repeat(16 * MEBIBYTE));
    at_once(&served, 2, GZIP_JSON, gzip(text.as_bytes()), 400).await;
    written(&served, 2, 400).await;
    grown.at_most(2000);
    served.stop().await;
}
