//! What answers, whoever brings the requests.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request, Response, Uri};
use axum::middleware::from_fn_with_state;
use axum::routing::get;
use bytes::Bytes;
use http_body_util::BodyExt as _;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tower::ServiceExt as _;

use super::gate::Gate;
use super::leases::LeasedFaults;
use super::operation::operations;
use super::page;
use super::problem::{Code, Problem};
use super::shared::Shared;
use super::token::ControlToken;
use crate::collector::MockCollector;

/// The control API of a collector without a port: it answers requests that are handed to it, in virtual time, too. What was
/// added for a time goes away as long as it is there.
///
/// [`super::Control`] is the same behind a port.
#[derive(Debug)]
#[must_use = "what is added for a time goes away only as long as this is there"]
pub struct ControlService {
    pub(super) router: Router,
    pub(super) stopped: watch::Receiver<bool>,
    /// What ends what has run out.
    _expiry: JoinSet<()>,
}

impl ControlService {
    /// The control API of this collector on the current runtime, for whoever has this token; without one, for everybody
    /// whose header `Host` leads to this machine.
    ///
    /// The faults that the collector has now are those that a reset goes back to.
    pub fn new(collector: &MockCollector, token: Option<ControlToken>) -> Self {
        let handle = collector.handle();
        let faults = LeasedFaults::new(handle.core.faults.clone());
        let (stopped_sender, stopped) = watch::channel(false);
        let shared = Shared {
            collector: handle,
            faults: faults.clone(),
            stopped: Arc::new(stopped_sender),
            with_token: token.is_some(),
        };
        let mut expiry = JoinSet::new();
        expiry.spawn(faults.expire());
        Self {
            router: router(shared, Gate::new(token)),
            stopped,
            _expiry: expiry,
        }
    }

    /// Answers a request.
    pub async fn answer(&self, request: Request<Bytes>) -> Response<Bytes> {
        let request = request.map(Body::from);
        let answered = self.router.clone().oneshot(request).await;
        let (head, body) = answered.unwrap_or_else(|never| match never {}).into_parts();
        // Every answer is made in full before it is sent.
        let body = body
            .collect()
            .await
            .map(http_body_util::Collected::to_bytes);
        Response::from_parts(head, body.unwrap_or_default())
    }
}

fn router(shared: Shared, gate: Gate) -> Router {
    let mut router = Router::new().route("/", get(page::show));
    for operation in operations() {
        router = operation.route(router);
    }
    router
        .fallback(async |method: Method, uri: Uri| {
            Problem::new(
                Code::NoSuchPath,
                format!("there is nothing to {method} at {}", uri.path()),
            )
            .possible("GET /openapi.json describes what there is")
        })
        .method_not_allowed_fallback(async |method: Method, uri: Uri| {
            Problem::new(
                Code::MethodNotAllowed,
                format!("{} is not for {method}", uri.path()),
            )
            .possible("the methods that the header Allow names")
        })
        .layer(from_fn_with_state(gate, Gate::guard))
        .with_state(shared)
}
