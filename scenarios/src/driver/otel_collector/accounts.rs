//! What the Collector's own counters say of its exporter.

use std::{convert::Infallible, io, net::SocketAddr};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Empty};
use hyper::{Request, Response, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use opentelemetry_proto::tonic::{
    collector::metrics::v1::ExportMetricsServiceRequest,
    metrics::v1::{metric::Data, number_data_point::Value},
};
use prost::Message as _;
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};

/// What the counters of items that have left the exporter begin with: those that were sent, and those that were given up.
const COUNTERS: [&str; 2] = ["otelcol_exporter_sent_", "otelcol_exporter_send_failed_"];

/// Takes what a Collector tells of itself, over OTLP, and knows how many items have left its exporter.
pub(super) struct Accounts {
    address: SocketAddr,
    settled: watch::Receiver<u64>,
    listener: JoinHandle<()>,
}

impl Accounts {
    /// Listens on a port of its own.
    pub(super) async fn open() -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let (tell, settled) = watch::channel(0);
        Ok(Self {
            address,
            settled,
            listener: tokio::spawn(listen(listener, tell)),
        })
    }

    pub(super) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Waits until so many items have been sent or given up.
    pub(super) async fn settled(&mut self, items: u64) {
        // An error says that nobody listens any more; then there is nothing to be told.
        if self
            .settled
            .wait_for(|settled| *settled >= items)
            .await
            .is_err()
        {
            std::future::pending::<()>().await;
        }
    }
}

impl Drop for Accounts {
    fn drop(&mut self) {
        self.listener.abort();
    }
}

async fn listen(listener: TcpListener, tell: watch::Sender<u64>) {
    while let Ok((stream, _)) = listener.accept().await {
        let tell = tell.clone();
        let service = service_fn(move |request| take(request, tell.clone()));
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    }
}

/// Every request is accepted: one that cannot be read says nothing new.
async fn take(
    request: Request<Incoming>,
    tell: watch::Sender<u64>,
) -> Result<Response<Empty<Bytes>>, Infallible> {
    let body = request.into_body().collect().await;
    let told = body.ok().and_then(|body| {
        let request = ExportMetricsServiceRequest::decode(body.to_bytes()).ok()?;
        Some(settled(&request))
    });
    if let Some(told) = told {
        tell.send_if_modified(|known| {
            let is_news = told > *known;
            *known = told.max(*known);
            is_news
        });
    }
    let mut response = Response::new(Empty::new());
    response.headers_mut().insert(
        http::header::CONTENT_TYPE,
        http::HeaderValue::from_static("application/x-protobuf"),
    );
    Ok(response)
}

/// How many items have left the exporter, by cumulative counters.
fn settled(request: &ExportMetricsServiceRequest) -> u64 {
    let metrics = request
        .resource_metrics
        .iter()
        .flat_map(|of_resource| &of_resource.scope_metrics)
        .flat_map(|of_scope| &of_scope.metrics);
    metrics
        .filter(|metric| COUNTERS.iter().any(|name| metric.name.starts_with(name)))
        .filter_map(|metric| match &metric.data {
            Some(Data::Sum(sum)) => Some(&sum.data_points),
            _ => None,
        })
        .flatten()
        .filter_map(|point| match point.value {
            Some(Value::AsInt(number)) => u64::try_from(number).ok(),
            Some(Value::AsDouble(_)) | None => None,
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use opentelemetry_proto::tonic::metrics::v1::{
        Metric, NumberDataPoint, ResourceMetrics, ScopeMetrics, Sum,
    };

    use super::*;

    fn counter(name: &str, values: &[i64]) -> Metric {
        let points = values.iter().map(|value| NumberDataPoint {
            value: Some(Value::AsInt(*value)),
            ..NumberDataPoint::default()
        });
        Metric {
            name: name.to_owned(),
            data: Some(Data::Sum(Sum {
                data_points: points.collect(),
                ..Sum::default()
            })),
            ..Metric::default()
        }
    }

    #[test]
    fn items_are_settled_that_were_sent_or_given_up_and_no_others() {
        let metrics = vec![
            counter("otelcol_exporter_sent_spans", &[3]),
            counter("otelcol_exporter_send_failed_spans", &[4, 5]),
            counter("otelcol_exporter_enqueue_failed_spans", &[100]),
            counter("otelcol_receiver_accepted_spans", &[1000]),
        ];
        let request = ExportMetricsServiceRequest {
            resource_metrics: vec![ResourceMetrics {
                scope_metrics: vec![ScopeMetrics {
                    metrics,
                    ..ScopeMetrics::default()
                }],
                ..ResourceMetrics::default()
            }],
        };
        assert_eq!(settled(&request), 12);
        assert_eq!(settled(&ExportMetricsServiceRequest::default()), 0);
    }
}
