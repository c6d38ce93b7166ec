//! Connections.

use std::convert::Infallible;
use std::net::TcpListener as StdListener;
use std::sync::Arc;
use std::time::Duration;

use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_io_timeout::TimeoutStream;

use super::answer::{Service, answer};
use super::door::Door;
use crate::environment::LOG_TARGET;
use crate::export::Deadline;

/// How many connections there may be at once. More wait in the queue of the system.
const CONNECTIONS: usize = 64;

/// How long a client may take to send a request, and how long a connection may be idle between two.
const READ_LIMIT: Duration = Duration::from_secs(90);

/// How long a client may read nothing of an answer.
const WRITE_LIMIT: Duration = Duration::from_secs(10);

/// How many bytes the head of a request may have.
const HEAD_BYTES: usize = 16 * 1024;

/// How long to wait after a connection could not be accepted: there are no more descriptors.
const PAUSE: Duration = Duration::from_millis(100);

/// Serves `listener` until the door closes.
pub(super) async fn serve(listener: StdListener, service: Arc<Service>, door: Arc<Door>) {
    let (deadline, mut connections) = match TcpListener::from_std(listener) {
        Ok(listener) => accept(listener, service, &door).await,
        Err(error) => {
            tracing::error!(target: LOG_TARGET, "metrics cannot be scraped: {error}");
            door.closing().await;
            return door.closed();
        }
    };
    let rest = async { while connections.join_next().await.is_some() {} };
    // What is left is dropped with the set.
    let _ = deadline.bound(rest).await;
    door.closed();
}

async fn accept(
    listener: TcpListener,
    service: Arc<Service>,
    door: &Arc<Door>,
) -> (Deadline, JoinSet<()>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            biased;
            deadline = door.closing() => return (deadline, connections),
            Some(_) = connections.join_next() => {}
            accepted = listener.accept(), if connections.len() < CONNECTIONS => match accepted {
                Ok((stream, _)) => {
                    // Only a delay is at stake.
                    let _ = stream.set_nodelay(true);
                    connections.spawn(connection(stream, Arc::clone(&service), Arc::clone(door)));
                }
                Err(error) => {
                    tracing::warn!(target: LOG_TARGET, "a scrape could not be accepted: {error}");
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    }
}

/// Serves one connection until the client leaves, or the door closes and what was asked is answered.
pub(super) async fn connection<S>(stream: S, service: Arc<Service>, door: Arc<Door>)
where
    S: AsyncRead + AsyncWrite + Send + 'static,
{
    let mut stream = Box::pin(TimeoutStream::new(stream));
    stream.as_mut().set_write_timeout_pinned(Some(WRITE_LIMIT));
    let answering = service_fn(move |request: Request<Incoming>| {
        let service = Arc::clone(&service);
        let (request, _) = request.into_parts();
        async move { Ok::<_, Infallible>(answer(&service, &request).await) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(READ_LIMIT)
        .max_buf_size(HEAD_BYTES)
        .serve_connection(TokioIo::new(stream), answering);
    let mut connection = std::pin::pin!(connection);
    tokio::select! {
        // A client that breaks off or speaks something else is its own affair.
        _ = connection.as_mut() => return,
        _ = door.closing() => {}
    }
    connection.as_mut().graceful_shutdown();
    let _ = connection.await;
}
