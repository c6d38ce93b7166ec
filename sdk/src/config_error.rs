//! Configuration that was given in code and cannot be used.

use std::path::PathBuf;
use std::time::Duration;

/// Why something could not be built. Mistakes in code are errors; mistakes in the environment are warnings.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The endpoint is not an address of the form that the protocol takes.
    #[error("endpoint {endpoint:?}: {reason}")]
    Endpoint {
        /// The endpoint as given, without user information.
        endpoint: String,
        /// What is wrong with it, and what would be right.
        reason: String,
    },
    /// A header name or value that HTTP does not allow. The value is not shown: it may be a secret.
    #[error("header {name:?}: {reason}")]
    Header {
        /// The name as given.
        name: String,
        /// What is wrong with name or value.
        reason: &'static str,
    },
    /// A certificate file that cannot be read.
    #[error("cannot read the certificate file {path}", path = path.display())]
    CertificateFile {
        /// The file.
        path: PathBuf,
        /// Why it could not be read.
        #[source]
        source: std::io::Error,
    },
    /// Certificates that cannot be used.
    #[error("certificate: {reason}")]
    Certificate {
        /// What is wrong with it.
        reason: String,
    },
    /// A reader whose export may take longer than its interval.
    #[error(
        "the timeout of {timeout:?} is not smaller than the interval of {interval:?}: a slow export delays the next \
         one; lower the timeout, or say allow_slow_cycles()"
    )]
    TimeoutNotBelowInterval {
        /// The timeout given.
        timeout: Duration,
        /// The interval given.
        interval: Duration,
    },
    /// A processor whose batches are larger than its queue.
    ///
    /// Spec: Trace SDK and Logs SDK, "Batching processor" (MUST be at most the size of the queue).
    #[error(
        "the export batch size of {batch} is larger than the queue size of {queue}: lower with_max_export_batch_size, \
         or raise with_max_queue_size"
    )]
    BatchAboveQueue {
        /// The size of a batch.
        batch: usize,
        /// The size of the queue.
        queue: usize,
    },
    /// An address on which nothing can listen, as where another program does already.
    #[error("cannot listen on {address} ({option})")]
    Listen {
        /// The address.
        address: String,
        /// What it can be changed with: variables and methods of the builder.
        option: &'static str,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// There is nothing to run on.
    #[error("no runtime to run on")]
    Runtime {
        /// Why there is none.
        #[source]
        source: std::io::Error,
    },
    /// An option that does not go with the rest.
    #[error("{option}: {reason}")]
    Unsupported {
        /// The option, as its builder method is called.
        option: &'static str,
        /// Why not, and what would do.
        reason: &'static str,
    },
    /// Something that this build of the crate was made without.
    #[error("{what} needs the feature `{feature}` of otelbox-sdk")]
    MissingFeature {
        /// What was asked for.
        what: String,
        /// The feature to switch on.
        feature: &'static str,
    },
    /// A value outside its range.
    #[error("{option} = {value}: allowed is {allowed}")]
    Value {
        /// The option, as its builder method is called.
        option: &'static str,
        /// The value given.
        value: String,
        /// What is allowed.
        allowed: &'static str,
    },
}
