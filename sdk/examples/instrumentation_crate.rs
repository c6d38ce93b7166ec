//! Instrumentation crates of the ecosystem work as they are: here `opentelemetry-instrumentation-tower`, which makes a span
//! and the metrics of the semantic conventions for each request that a service serves.
//!
//! Prints to the console; the providers are the global ones, which is all that the crate asks for.

use std::convert::Infallible;
use std::error::Error;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use opentelemetry_instrumentation_tower::http::server::Layer;
use otelbox_sdk::{ConsoleMetricExporter, ConsoleSpanExporter, Sdk};
use tower::{Layer as _, ServiceExt as _, service_fn};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let sdk = Sdk::builder()
        .with_span_exporter(ConsoleSpanExporter::stdout())
        .with_metric_exporter(ConsoleMetricExporter::stdout())
        .without_logs()
        .build()?
        .install_global();

    let shop = service_fn(|_: Request<Full<Bytes>>| async {
        Ok::<_, Infallible>(Response::new(Full::new(Bytes::from_static(b"paid"))))
    });
    let service = Layer::new().layer(shop);
    for _ in 0..3 {
        let request = Request::post("http://shop/checkout").body(Full::default())?;
        service.clone().oneshot(request).await?;
    }

    sdk.shutdown(Duration::from_secs(5)).await?;
    Ok(())
}
