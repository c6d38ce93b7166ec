//! One Collector, what it is given, and what it says of it.

use std::{path::Path, process::ExitStatus, sync::Arc};

use futures_util::future::join_all;
use otelbox_sdk::SystemClock;

use super::{
    accounts::Accounts,
    configuration::{self, SIGNALS},
    contract::Contract,
    hand_over::{Inlet, Payload},
    process::Process,
    source::Source,
};
use crate::{driver::StartRequest, sut::SutError};

/// A running Collector with the exporter under test.
pub(super) struct Pipeline {
    process: Process,
    inlet: Inlet,
    accounts: Accounts,
    pub(super) source: Source,
    /// How many items the Collector has taken.
    taken: u64,
}

impl Pipeline {
    /// Starts a Collector as `request` wants it, and waits until it is ready. `case` is a number that no other has here.
    pub(super) async fn start(
        otelbox: &Path,
        collector: &Path,
        request: &StartRequest,
        case: u64,
    ) -> Result<Self, SutError> {
        if !SIGNALS.contains(&request.signal) {
            let signal = request.signal.name();
            return Err(SutError::Refused(format!("there are no {signal}")));
        }
        let accounts = Accounts::open()
            .await
            .map_err(|error| SutError::Refused(format!("no port for its counters: {error}")))?;
        let inlet = Inlet::new(case);
        let text = configuration::text(request, &inlet.endpoint(), accounts.address())?;
        let mut process = Process::spawn(otelbox, collector, &text).map_err(|error| {
            SutError::Refused(format!(
                "{} cannot be started: {error}",
                collector.display()
            ))
        })?;
        if !process.is_ready().await {
            process.kill().await;
            return Err(SutError::Start(process.said()));
        }
        Ok(Self {
            process,
            inlet,
            accounts,
            source: Source::new(
                request,
                Contract::of(request).is_delta(),
                Arc::new(SystemClock),
            ),
            taken: 0,
        })
    }

    /// Hands all of `payloads` over side by side, and returns when the receiver has answered each. What it refuses because
    /// it has no room is the Collector's doing, and it says so to its user.
    pub(super) async fn hand_over(
        &mut self,
        operation: &'static str,
        payloads: Vec<Payload>,
    ) -> Result<(), SutError> {
        let inlet = &self.inlet;
        let answers = join_all(payloads.iter().map(|payload| inlet.hand_over(payload)));
        for (payload, answer) in payloads.iter().zip(answers.await) {
            match answer {
                Ok((status, _)) if status.is_success() => self.taken += payload.items,
                Ok((status, _))
                    if status.is_server_error()
                        || status == http::StatusCode::TOO_MANY_REQUESTS => {}
                Ok((status, body)) => {
                    let text = String::from_utf8_lossy(&body).into_owned();
                    return Err(SutError::Refused(format!(
                        "the Collector's receiver answered {status}: {text}"
                    )));
                }
                Err(error) => {
                    return Err(match self.process.has_ended().await {
                        Some(status) => self.lost(operation, status),
                        None => SutError::Refused(format!(
                            "the Collector's receiver does not answer: {error}"
                        )),
                    });
                }
            }
        }
        Ok(())
    }

    /// Waits until the Collector's counters account for all that it has taken.
    pub(super) async fn settle(&mut self, operation: &'static str) -> Result<(), SutError> {
        let ended = tokio::select! {
            () = self.accounts.settled(self.taken) => return Ok(()),
            ended = self.process.end() => ended,
        };
        Err(match ended {
            Ok(status) => self.lost(operation, status),
            Err(error) => SutError::Refused(error.to_string()),
        })
    }

    /// Asks the Collector to end and waits until it has: it drains its queue meanwhile.
    pub(super) async fn shut_down(&mut self) -> Result<ExitStatus, SutError> {
        let refused = |error: std::io::Error| SutError::Refused(error.to_string());
        self.process.terminate().map_err(refused)?;
        self.process.end().await.map_err(refused)
    }

    /// The Collector's last lines.
    pub(super) fn said(&self) -> String {
        self.process.said()
    }

    /// Kills the Collector.
    pub(super) async fn kill(&mut self) {
        self.process.kill().await;
    }

    fn lost(&self, operation: &'static str, status: ExitStatus) -> SutError {
        SutError::Ended {
            operation,
            status: status.to_string(),
            stderr: self.said(),
        }
    }
}
