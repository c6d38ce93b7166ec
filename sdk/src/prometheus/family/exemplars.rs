//! From the exemplars of OTLP.
//!
//! Spec: Prometheus compatibility, "OTLP Metric points to Prometheus: Exemplars" (SHOULD be converted; those of other points
//! than histograms and monotonic sums MUST be dropped).

use opentelemetry_proto::tonic::metrics::v1::Exemplar as OtlpExemplar;
use opentelemetry_proto::tonic::metrics::v1::exemplar::Value;

use super::labels::SharedLabels;
use super::model::Label;
use super::name::Naming;
use super::value::Exemplar;

/// How many characters the labels of an exemplar may have together.
///
/// Spec: `OpenMetrics` 1.0, "Exemplars" (MUST NOT exceed).
const CHARACTERS: usize = 128;

/// Exemplars in order of time.
pub(super) fn exemplars(naming: Naming, exemplars: &[OtlpExemplar]) -> Vec<Exemplar<'_>> {
    let converted = exemplars.iter().filter_map(|one| exemplar(naming, one));
    let mut converted: Vec<Exemplar<'_>> = converted.collect();
    converted.sort_by_key(|exemplar| exemplar.time_unix_nano);
    converted
}

fn exemplar(naming: Naming, exemplar: &OtlpExemplar) -> Option<Exemplar<'_>> {
    #[expect(
        clippy::cast_precision_loss,
        reason = "Prometheus has no other numbers"
    )]
    let value = match exemplar.value? {
        Value::AsInt(number) => number as f64,
        Value::AsDouble(number) => number,
    };
    let mut labels = Vec::new();
    for (name, id) in [
        ("trace_id", &exemplar.trace_id),
        ("span_id", &exemplar.span_id),
    ] {
        if !id.is_empty() {
            labels.push(Label::new(name, hex(id)));
        }
    }
    let filtered = SharedLabels::new(naming).series(&exemplar.filtered_attributes, None);
    let is_new = |label: &Label<'_>| labels.iter().all(|id| id.name != label.name);
    let filtered: Vec<_> = filtered.labels.into_iter().filter(is_new).collect();
    if characters(&labels) + characters(&filtered) <= CHARACTERS {
        labels.extend(filtered);
    }
    Some(Exemplar {
        labels,
        value,
        time_unix_nano: exemplar.time_unix_nano,
    })
}

fn characters(labels: &[Label<'_>]) -> usize {
    let of = |label: &Label<'_>| label.name.chars().count() + label.value.chars().count();
    labels.iter().map(of).sum()
}

fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}
