//! Connections: made late, kept, made anew, and never a silent second request.

use otelbox_sdk::Protocol::{Grpc, HttpProtobuf};
use otelbox_sdk::{AttemptError, ConnectionErrorKind, Deadline, ExportOutcome, Exporter, Protocol};

use crate::receiver::{Receiver, Reply, batch, export, ok, secs};

#[tokio::test(start_paused = true)]
async fn a_connection_is_kept_between_exports() {
    for protocol in Protocol::ALL {
        let receiver = Receiver::new(protocol, []);
        let exporter = receiver.exporter().build().expect("an exporter");
        assert_eq!(receiver.dials(), [], "{protocol}");
        for _ in 0..5 {
            let outcome = exporter.export(&batch(1), Deadline::none()).await;
            assert_eq!(
                outcome,
                ExportOutcome::Delivered { attempts: 1 },
                "{protocol}"
            );
            tokio::time::sleep(secs(1)).await;
        }
        assert_eq!(receiver.dials(), [0], "{protocol}");
        assert_eq!(receiver.seen().len(), 5, "{protocol}");
    }
}

#[tokio::test(start_paused = true)]
async fn connection_failures_are_retried() {
    for protocol in Protocol::ALL {
        let refusing = Receiver::new(protocol, []).refusing(2);
        let outcome = refusing.export().await;
        assert_eq!(
            outcome,
            ExportOutcome::Delivered { attempts: 3 },
            "{protocol}"
        );
        assert_eq!(refusing.dials(), [0, 1_000, 3_000], "{protocol}");

        for reply in [Reply::Close, Reply::Reset] {
            let receiver = Receiver::new(protocol, [reply.clone()]);
            let outcome = receiver.export().await;
            let delivered = ExportOutcome::Delivered { attempts: 2 };
            assert_eq!(outcome, delivered, "{protocol} {reply:?}");
            assert_eq!(receiver.arrivals(), [0, 1_000], "{protocol} {reply:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_that_was_sent_is_not_sent_again_on_another_connection_by_itself() {
    for protocol in Protocol::ALL {
        let receiver = Receiver::new(protocol, [ok(), Reply::Close]);
        let exporter = receiver.exporter().build().expect("an exporter");
        let deadline = Deadline::none;
        assert!(exporter.export(&batch(1), deadline()).await.is_delivered());
        let outcome = exporter.export(&batch(1), deadline()).await;
        assert_eq!(
            outcome,
            ExportOutcome::Delivered { attempts: 2 },
            "{protocol}"
        );
        // The second request broke the kept connection; the third is a retry, after the backoff.
        assert_eq!(receiver.arrivals(), [0, 0, 1_000], "{protocol}");
        assert_eq!(receiver.seen()[1].connection, 1, "{protocol}");
        assert_eq!(receiver.seen()[2].connection, 2, "{protocol}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_leaves_open_whether_the_data_were_taken() {
    for protocol in Protocol::ALL {
        let receiver = Receiver::always(protocol, Reply::Reset);
        let ExportOutcome::Failed(failure) = receiver.export().await else {
            panic!("{protocol}: there is no answer")
        };
        assert!(failure.ambiguous, "{protocol}");
        let Some(AttemptError::Connection(error)) = failure.last_status else {
            panic!("{protocol}: {failure:?}")
        };
        assert_eq!(error.kind, ConnectionErrorKind::Lost, "{protocol}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_reset_stream_has_the_status_that_grpc_maps_it_to() {
    for (reason, attempts) in [
        (h2::Reason::REFUSED_STREAM, 2),
        (h2::Reason::CANCEL, 2),
        (h2::Reason::INTERNAL_ERROR, 1),
        (h2::Reason::ENHANCE_YOUR_CALM, 1),
    ] {
        let receiver = Receiver::new(Grpc, [Reply::ResetStream(reason)]);
        assert_eq!(receiver.export().await.attempts(), attempts, "{reason:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn half_an_answer_is_no_answer_unless_its_status_decides() {
    let cut_success: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf";
    let cut_refusal: &[u8] = b"HTTP/1.1 400 No\r\ncontent-length: 100\r\n\r\nhalf";
    let cut_head: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-le";
    for (bytes, attempts) in [(cut_success, 2), (cut_refusal, 1), (cut_head, 2)] {
        let receiver = Receiver::new(HttpProtobuf, [Reply::Raw(bytes)]);
        let outcome = receiver.export().await;
        assert_eq!(
            outcome.attempts(),
            attempts,
            "{}",
            String::from_utf8_lossy(bytes)
        );
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_not_http_is_a_protocol_error() {
    let receiver = Receiver::always(HttpProtobuf, Reply::Raw(b"\x00\x01SSH-2.0-\r\n\r\n"));
    let ExportOutcome::Failed(failure) = receiver.export().await else {
        panic!("it is no answer")
    };
    let Some(AttemptError::Connection(error)) = failure.last_status else {
        panic!("{failure:?}")
    };
    assert_eq!(error.kind, ConnectionErrorKind::Protocol);
}

#[tokio::test(start_paused = true)]
async fn interim_answers_are_skipped() {
    let early: &[u8] =
        b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
    let receiver = Receiver::new(HttpProtobuf, [Reply::Raw(early)]);
    assert_eq!(
        receiver.export().await,
        ExportOutcome::Delivered { attempts: 1 }
    );
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_gave_no_answer_is_not_used_again() {
    for protocol in Protocol::ALL {
        let receiver = Receiver::new(protocol, [Reply::Hang]);
        let outcome = export(receiver.exporter().with_attempt_timeout(secs(1))).await;
        assert!(outcome.is_delivered(), "{protocol}");
        assert_eq!(receiver.seen()[1].connection, 2, "{protocol}");
    }
}

#[test]
fn a_connection_is_made_anew_on_another_runtime() {
    for protocol in Protocol::ALL {
        let runtime = || {
            tokio::runtime::Builder::new_current_thread()
                .enable_time()
                .start_paused(true)
                .build()
                .expect("a runtime")
        };
        let (one, two) = (runtime(), runtime());
        let receiver = one.block_on(async { Receiver::new(protocol, []) });
        let exporter = receiver.exporter();
        let exporter = one.block_on(async { exporter.build().expect("an exporter") });
        let export = async || exporter.export(&batch(1), Deadline::none()).await;
        assert!(one.block_on(export()).is_delivered(), "{protocol}");
        assert!(
            two.block_on(export()).is_delivered(),
            "{protocol}: the first runtime stands still"
        );
        drop(one);
        assert!(
            two.block_on(export()).is_delivered(),
            "{protocol}: the first runtime is gone"
        );
        assert_eq!(receiver.dials().len(), 2, "{protocol}");
    }
}
