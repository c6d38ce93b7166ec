//! The receiver as a whole: what it is, a fresh start for it, its end, its certificates.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::MethodFilter;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::input::MaybeInBody;
use super::leases::FaultView;
use super::operation::Operation;
use super::problem::{Code, Problem};
use super::shared::Shared;
use super::view::moment;
use crate::journal::{Evicted, Totals};
use crate::ledger::Ledger;
use crate::tls::{Certificates, LiveTls};

const TAG: &str = "receiver";

pub(super) fn operations() -> Vec<Operation> {
    vec![
        Operation::new(MethodFilter::GET, "/v1/receiver", "getReceiver", receiver)
            .about(TAG, "What the receiver is and where exporters reach it")
            .answers::<Receiver>("The receiver."),
        Operation::new(MethodFilter::POST, "/v1/reset", "reset", reset)
            .about(TAG, "A fresh start, between two tests")
            .description(
                "Without a body, the journal and all counts are forgotten, and the faults are those that the receiver \
                 started with. Time goes on, and so do the ordinals of exchanges and connections. Requests in progress \
                 belong to what is forgotten.",
            )
            .maybe_body::<Reset>()
            .answers_nothing("It is as if nothing had arrived."),
        Operation::new(MethodFilter::POST, "/v1/stop", "stop", stop)
            .about(TAG, "Stops the receiver and tells what there was")
            .description(
                "Both ports are closed and requests in progress end before the answer is made; `otelbox serve` ends once it \
                 is sent, with exit code 0.",
            )
            .answers::<FinalReport>("It has stopped. This is what there was."),
        Operation::new(MethodFilter::GET, "/v1/certificates", "getCertificates", certificates)
            .about(TAG, "What clients need to speak TLS with the receiver")
            .answers::<CertificatesView>("The certificates, in PEM.")
            .fails(StatusCode::CONFLICT, "The receiver speaks plain text."),
        Operation::new(MethodFilter::POST, "/v1/certificates/rotate", "rotateCertificates", rotate)
            .about(TAG, "New certificates in place of the old ones; connections go on")
            .answers::<CertificatesView>("The new certificates, in PEM.")
            .fails(StatusCode::CONFLICT, "The receiver speaks plain text.")
            .fails(StatusCode::INTERNAL_SERVER_ERROR, "New certificates cannot be made; the old ones stay."),
    ]
}

/// What the receiver is and where exporters reach it.
#[derive(Debug, Serialize, JsonSchema)]
struct Receiver {
    /// The version of otelbox.
    version: &'static str,
    /// The endpoint for OTLP/gRPC.
    grpc_endpoint: String,
    /// The endpoint for OTLP/HTTP, without a path.
    http_endpoint: String,
    /// Whether it speaks TLS.
    tls: bool,
    /// When it started.
    #[schemars(extend("format" = "date-time"))]
    started_at: String,
    /// For how many seconds it has run.
    elapsed_seconds: f64,
}

/// What a fresh start forgets.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "FreshStart")]
struct Reset {
    /// The journal with the ledger and the totals, and how often faults have fired; exports and requests are numbered
    /// from 1 again. Default: forgotten.
    journal: Forget,
    /// The faults. Default: those that the receiver started with.
    faults: ResetFaults,
}

/// Whether something is forgotten.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Forget {
    /// It is.
    #[default]
    Forget,
    /// It stays.
    Keep,
}

/// What becomes of the faults.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum ResetFaults {
    /// Those that the receiver started with. Switches are off, and guards end.
    #[default]
    Initial,
    /// None. Switches are off, and guards end.
    None,
    /// They stay as they are.
    Keep,
}

/// What there was when the receiver stopped.
#[derive(Debug, Serialize, JsonSchema)]
struct FinalReport {
    /// For how many seconds it has run.
    elapsed_seconds: f64,
    /// Requests that have ended, exports or not.
    attempts: u64,
    /// Exports of which an attempt has ended.
    exports: u64,
    /// What was offered and what was taken.
    ledger: Ledger,
    /// The faults, and how often each has fired: one that never did has tested nothing.
    faults: Vec<FaultView>,
    /// What the journal had let go of to stay within its budget.
    evicted: Evicted,
}

/// What clients need to speak TLS with the receiver, in PEM. All of it was made for tests when the receiver started.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Certificates")]
struct CertificatesView {
    /// The authority that signed the receiver's certificate.
    ca: String,
    /// A client's certificate, for mutual TLS.
    client_certificate: String,
    /// The key of that certificate: PKCS#8.
    client_key: String,
}

impl From<Certificates> for CertificatesView {
    fn from(certificates: Certificates) -> Self {
        Self {
            ca: certificates.ca,
            client_certificate: certificates.client_certificate,
            client_key: certificates.client_key,
        }
    }
}

async fn receiver(State(shared): State<Shared>) -> Json<Receiver> {
    let core = &shared.collector.core;
    let [grpc_endpoint, http_endpoint] = shared.collector.endpoints.clone();
    Json(Receiver {
        version: env!("CARGO_PKG_VERSION"),
        grpc_endpoint,
        http_endpoint,
        tls: core.tls.is_some(),
        started_at: moment(core.journal.started_unix_nano()),
        elapsed_seconds: core.journal.elapsed().as_secs_f64(),
    })
}

async fn reset(
    State(shared): State<Shared>,
    MaybeInBody(reset): MaybeInBody<Reset>,
) -> Result<StatusCode, Problem> {
    let Reset { journal, faults } = reset;
    match faults {
        ResetFaults::Initial => shared.faults.restore_initial()?,
        ResetFaults::None => shared.faults.replace_all(Vec::new(), None)?,
        ResetFaults::Keep => {}
    }
    match journal {
        Forget::Forget => {
            shared.faults.reset_counts();
            shared.collector.core.journal.reset();
        }
        Forget::Keep => {}
    }
    Ok(StatusCode::NO_CONTENT)
}

async fn stop(State(shared): State<Shared>) -> Result<Json<FinalReport>, Problem> {
    shared.collector.stop().await;
    let journal = shared.collector.core.journal.clone();
    let faults = shared.faults.list();
    let made = blocking(move || {
        let Totals {
            attempts, exports, ..
        } = journal.totals();
        FinalReport {
            elapsed_seconds: journal.elapsed().as_secs_f64(),
            attempts,
            exports,
            ledger: Ledger::of(&journal),
            faults,
            evicted: journal.evicted(),
        }
    });
    let report = made.await;
    // Whatever became of the report: the receiver has stopped, and whoever owns it has to know.
    shared.stopped.send_replace(true);
    report.map(Json)
}

async fn certificates(State(shared): State<Shared>) -> Result<Json<CertificatesView>, Problem> {
    let tls = shared.collector.core.tls.as_ref().ok_or_else(no_tls)?;
    Ok(Json(tls.certificates().into()))
}

async fn rotate(State(shared): State<Shared>) -> Result<Json<CertificatesView>, Problem> {
    let rotated = shared.collector.core.tls.as_ref().map(LiveTls::rotate);
    match rotated {
        None => Err(no_tls()),
        Some(Err(error)) => Err(Problem::new(
            Code::Certificates,
            format!("new certificates cannot be made: {error}"),
        )),
        Some(Ok(())) => certificates(State(shared)).await,
    }
}

fn no_tls() -> Problem {
    Problem::new(
        Code::NoTls,
        "the receiver speaks plain text, and has no certificates",
    )
}

/// What takes long is done beside the runtime, which has requests to serve.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Problem> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|_| Problem::new(Code::Internal, "the answer could not be made"))
}
