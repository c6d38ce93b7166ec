//! What runs beside an attempt.

use hyper::rt::Executor;
use opentelemetry::Context;
use opentelemetry::context::FutureExt;

/// Runs the tasks of connections on the current runtime, with telemetry suppressed: what they log must not become log
/// records that are exported over the same connection.
#[derive(Clone, Copy, Debug)]
pub(super) struct Background;

impl<W> Executor<W> for Background
where
    W: Future<Output: Send> + Send + 'static,
{
    fn execute(&self, work: W) {
        tokio::spawn(work.with_context(Context::new().with_telemetry_suppressed()));
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test]
    async fn telemetry_is_suppressed_there_and_not_here() {
        let (tell, told) = oneshot::channel();
        Background.execute(async {
            let _ = tell.send(Context::is_current_telemetry_suppressed());
        });
        assert_eq!(told.await, Ok(true));
        assert!(!Context::is_current_telemetry_suppressed());
    }
}
