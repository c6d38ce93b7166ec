//! Faults on the way to an upstream: in place of forwarding, before it, and after it.

use std::time::Duration;

use otelbox_mock_collector::fault::{
    CloseAt, Fault, GoAwayStream, Http2Code, ResetAt, close, delay, goaway, grpc, hang, http,
    lose_acknowledgement, on_attempt, on_requests, overrun_deadline, partial_success, reset, secs,
    status, take,
};
use otelbox_mock_collector::journal::{End, Exchange, UpstreamOutcome};
use otelbox_mock_collector::{Accepted, MockCollector, Signal};
use tokio::time::timeout;
use tonic::Code;

use super::{start, to_collector};
use crate::support::Receiver;

/// A collector with faults in front of another one.
struct Chain {
    proxy: Receiver,
    upstream: Receiver,
}

impl Chain {
    async fn new(faults: impl IntoIterator<Item = Fault>) -> Self {
        Self::with_upstream_faults(faults, []).await
    }

    async fn with_upstream_faults(
        faults: impl IntoIterator<Item = Fault>,
        of_upstream: impl IntoIterator<Item = Fault>,
    ) -> Self {
        let upstream = start(MockCollector::builder().faults(of_upstream)).await;
        let proxy = start(to_collector(&upstream).faults(faults)).await;
        Self { proxy, upstream }
    }

    /// How many requests have come to the upstream.
    fn arrived(&self) -> usize {
        self.upstream.collector.journal().exchanges().len()
    }

    /// Offered, accepted, rejected and repeated data points, as the proxy has them.
    fn ledger(&self) -> [u64; 4] {
        let entry = self.proxy.collector.ledger().signal(Signal::Metrics);
        [
            entry.offered,
            entry.accepted,
            entry.rejected,
            entry.repeated,
        ]
    }
}

/// What the journal says about the upstream, in words.
fn said(exchange: &Exchange) -> String {
    exchange
        .forwarding()
        .map_or_else(|| "not forwarded".to_owned(), ToString::to_string)
}

#[tokio::test]
async fn without_a_fault_the_upstreams_answer_goes_back() {
    let of_upstream = [on_attempt(1).then(status(
        grpc(Code::ResourceExhausted)
            .message("too much")
            .retry_info(secs(7)),
        http(503).retry_after(secs(3)),
    ))];
    let chain = Chain::with_upstream_faults([], of_upstream).await;
    let grpc_client = chain.proxy.grpc().await;
    let mut http_client = chain.proxy.http().await;
    let answer = grpc_client.export(3).await.expect("an answer");
    assert_eq!(
        (answer.grpc_status(), answer.grpc_message()),
        (Some("8"), "too much")
    );
    let answer = http_client.export(4).await.expect("an answer");
    assert_eq!(
        (answer.status, answer.header("retry-after")),
        (503, Some("3"))
    );
    assert_eq!(chain.ledger(), [7, 0, 0, 0]);
    let answer = grpc_client.export(3).await.expect("an answer");
    assert_eq!(answer.grpc_status(), Some("0"));
    let answer = http_client.export(4).await.expect("an answer");
    assert_eq!(answer.status, 200);
    assert_eq!(chain.ledger(), [7, 7, 0, 0]);
    assert_eq!(chain.arrived(), 4);
    let exchanges = chain.proxy.after(4).await.exchanges();
    let texts: Vec<_> = exchanges.iter().map(|exchange| said(exchange)).collect();
    assert_eq!(
        texts,
        [
            "upstream RESOURCE_EXHAUSTED",
            "upstream 503",
            "upstream OK",
            "upstream 200"
        ]
    );
    assert!(
        exchanges
            .iter()
            .all(|exchange| exchange.decision.fault.is_none())
    );
}

#[tokio::test]
async fn what_refuses_comes_in_place_of_forwarding() {
    let chain = Chain::new([on_attempt(1).then(status(grpc(Code::Unavailable), http(429)))]).await;
    let answer = chain.proxy.grpc().await.export(1).await.expect("an answer");
    assert_eq!(answer.grpc_status(), Some("14"));
    let mut client = chain.proxy.http().await;
    assert_eq!(client.export(2).await.expect("an answer").status, 429);
    assert_eq!((chain.arrived(), chain.ledger()), (0, [3, 0, 0, 0]));
    // The retry goes through.
    assert_eq!(client.export(2).await.expect("an answer").status, 200);
    assert_eq!((chain.arrived(), chain.ledger()), (1, [3, 2, 0, 0]));
    let exchanges = chain.proxy.after(3).await.exchanges();
    assert_eq!(said(&exchanges[0]), "not forwarded");
    assert_eq!(said(&exchanges[2]), "upstream 200");
}

#[tokio::test]
async fn hang_and_reset_come_in_place_of_forwarding_too() {
    let chain = Chain::new([
        on_requests(1).then(hang()),
        on_requests(2).then(reset(ResetAt::AfterBody)),
    ])
    .await;
    let mut client = chain.proxy.http().await;
    let waited = timeout(Duration::from_millis(50), client.export(1)).await;
    assert!(waited.is_err(), "it hangs");
    drop(client);
    chain.proxy.after(1).await;
    chain
        .proxy
        .http()
        .await
        .export(1)
        .await
        .expect_err("a reset");
    chain.proxy.after(2).await;
    assert_eq!((chain.arrived(), chain.ledger()), (0, [1, 0, 0, 0]));
}

#[tokio::test]
async fn a_delay_comes_before_forwarding_and_a_client_that_leaves_meanwhile_is_not_forwarded() {
    let chain = Chain::new([on_attempt(1).then(delay(secs(600)))]).await;
    let mut client = chain.proxy.http().await;
    let waited = timeout(Duration::from_millis(50), client.export(1)).await;
    assert!(waited.is_err(), "it is delayed");
    drop(client);
    let exchange = chain.proxy.only_exchange().await;
    assert_eq!(said(&exchange), "upstream was not asked");
    assert_eq!((chain.arrived(), exchange.accepted()), (0, Accepted::No));
}

#[tokio::test]
async fn after_forwarding_the_client_is_told_otherwise_and_the_ledger_counts_what_the_upstream_took()
 {
    let chain = Chain::new([
        on_attempt(1).then(lose_acknowledgement()),
        on_attempt(2).then(partial_success(2, "")),
    ])
    .await;
    let client = chain.proxy.grpc().await;
    client.export(3).await.expect_err("no answer");
    chain.proxy.after(1).await;
    assert_eq!((chain.arrived(), chain.ledger()), (1, [3, 3, 0, 0]));
    // The client cannot know: it sends it again, and is told that a part was rejected.
    let answer = chain.proxy.grpc().await.export(3).await.expect("an answer");
    assert_eq!(&answer.data[5..], &[0x0a, 2, 8, 2]);
    let exchanges = chain.proxy.after(2).await.exchanges();
    assert_eq!((chain.arrived(), chain.ledger()), (2, [3, 3, 0, 3]));
    let [first, second] = &exchanges[..] else {
        panic!("two exchanges");
    };
    assert_eq!(said(first), "upstream OK");
    assert_eq!(
        first.completion().expect("it ended").end,
        End::ClosedByCollector
    );
    assert!(first.completion().expect("it ended").answer.is_none());
    // All of it: the upstream rejected nothing.
    assert_eq!(second.accepted(), Accepted::All);
    assert!(first.decision.fault.is_some() && second.decision.fault.is_some());
}

#[tokio::test]
async fn a_status_of_success_and_an_answer_that_breaks_off_are_told_after_forwarding() {
    let chain = Chain::new([
        on_requests(1).then(http(202)),
        on_requests(2).then(close(CloseAt::MidAnswer)),
    ])
    .await;
    let answer = chain.proxy.http().await.export(1).await.expect("an answer");
    assert_eq!(answer.status, 202);
    chain
        .proxy
        .http()
        .await
        .export(2)
        .await
        .expect_err("half an answer");
    chain.proxy.after(2).await;
    assert_eq!((chain.arrived(), chain.ledger()), (2, [3, 3, 0, 0]));
}

#[tokio::test]
async fn what_the_upstream_refused_is_never_told_otherwise() {
    let refusal = || status(grpc(Code::InvalidArgument), http(400));
    let of_upstream = [on_requests(1..=3).then(refusal())];
    let chain = Chain::with_upstream_faults(
        [
            on_requests(1).then(lose_acknowledgement()),
            on_requests(2).then(partial_success(1, "")),
            on_requests(3).then(overrun_deadline(secs(1))),
        ],
        of_upstream,
    )
    .await;
    let client = chain.proxy.grpc().await;
    for points in 1..=3 {
        let answer = client.export(points).await.expect("an answer");
        assert_eq!(answer.grpc_status(), Some("3"), "{points}");
    }
    assert_eq!((chain.arrived(), chain.ledger()), (3, [6, 0, 0, 0]));
}

#[tokio::test]
async fn a_goaway_after_the_last_request_carries_the_upstreams_answer() {
    let served = goaway(GoAwayStream::Served, Http2Code::NoError);
    let chain = Chain::with_upstream_faults(
        [on_attempt(1).then(served)],
        [on_attempt(1).then(partial_success(1, ""))],
    )
    .await;
    let answer = chain.proxy.grpc().await.export(3).await.expect("an answer");
    assert_eq!(&answer.data[5..], &[0x0a, 2, 8, 1]);
    chain.proxy.after(1).await;
    assert_eq!(chain.ledger(), [3, 2, 1, 0]);
}

#[tokio::test]
async fn the_upstreams_own_partial_success_counts() {
    let of_upstream = [on_attempt(1).then(partial_success(2, ""))];
    let chain = Chain::with_upstream_faults([], of_upstream).await;
    chain.proxy.http().await.export(5).await.expect("an answer");
    let exchange = chain.proxy.only_exchange().await;
    assert_eq!(said(&exchange), "upstream 200, 2 rejected");
    assert_eq!(exchange.accepted(), Accepted::Partial { rejected: 2 });
    assert_eq!(chain.ledger(), [5, 3, 2, 0]);
    let Some(UpstreamOutcome::Answered { answer, .. }) = exchange
        .forwarding()
        .and_then(|forwarding| forwarding.outcome())
    else {
        panic!("an answer");
    };
    assert_eq!(&answer.body[..], &[0x0a, 2, 8, 2]);
}

#[tokio::test]
async fn bodies_that_the_collector_itself_would_refuse_are_the_upstreams_to_judge() {
    let chain = Chain::new([]).await;
    let mut client = chain.proxy.http().await;
    let request = crate::support::post("/v1/metrics", &[crate::support::PROTOBUF], b"\xff\xff");
    assert_eq!(client.send(&request).await.expect("an answer").status, 400);
    let request = crate::support::post("/nowhere", &[], b"");
    assert_eq!(client.send(&request).await.expect("an answer").status, 404);
    assert_eq!(chain.arrived(), 2);
    for exchange in chain.proxy.after(2).await.exchanges() {
        assert!(exchange.forwarding().is_some());
        assert_eq!(exchange.accepted(), Accepted::No);
    }
    // What is too large is read by nobody.
    let small = start(to_collector(&chain.upstream).max_request_bytes(10)).await;
    let answer = small.http().await.export(9).await.expect("an answer");
    assert_eq!(answer.status, 413);
    assert_eq!(chain.arrived(), 2);
}

#[tokio::test]
async fn faults_can_be_changed_while_it_forwards() {
    let chain = Chain::new([]).await;
    let client = chain.proxy.grpc().await;
    let guard = chain
        .proxy
        .collector
        .add_fault(on_attempt(1).then(grpc(Code::Unavailable)))
        .expect("a fault");
    let answer = client.export(1).await.expect("an answer");
    assert_eq!(answer.grpc_status(), Some("14"));
    drop(guard);
    let answer = client.export(1).await.expect("an answer");
    assert_eq!(answer.grpc_status(), Some("0"));
    assert_eq!(chain.arrived(), 1);
}

#[tokio::test]
async fn a_payload_that_is_taken_and_denied_has_gone_to_the_upstream() {
    let chain = Chain::new([
        on_requests(1).then(take(grpc(Code::Unavailable))),
        on_requests(2).then(take(hang())),
    ])
    .await;
    let client = chain.proxy.grpc().await;
    let answer = client.export(2).await.expect("an answer");
    assert_eq!(answer.grpc_status(), Some("14"));
    chain.proxy.after(1).await;
    assert_eq!((chain.arrived(), chain.ledger()), (1, [2, 2, 0, 0]));
    let waiting = client.export(3);
    let mut waiting = std::pin::pin!(waiting);
    let arriving = chain.upstream.after(2);
    tokio::select! {
        answer = &mut waiting => panic!("it hangs: {answer:?}"),
        _ = arriving => {}
    }
    assert_eq!(chain.arrived(), 2);
}
