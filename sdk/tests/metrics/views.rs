//! Views, independent and in order.

use opentelemetry::KeyValue;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_sdk::metrics::InstrumentKind;
use otelbox_sdk::{MeterProvider, MeterProviderBuilder, MetricBatch, ShutdownReport, View};

use crate::scripted::{Scripted, meter, metric, numbers, reader, seconds};

/// Records one request of a server; what was exported, and the report of the shutdown.
async fn exported(
    views: impl FnOnce(MeterProviderBuilder) -> MeterProviderBuilder,
) -> (MetricBatch, ShutdownReport) {
    let exporter = Scripted::new([]);
    let builder =
        MeterProvider::builder().with_reader(reader(&exporter).build().expect("a reader"));
    let provider = views(builder).build().expect("a provider");
    let attributes = [
        KeyValue::new("http.method", "GET"),
        KeyValue::new("http.route", "/checkout"),
        KeyValue::new("user.id", 7),
    ];
    let meter = meter(&provider);
    meter
        .u64_counter("http.server.request.count")
        .with_unit("{request}")
        .build()
        .add(1, &attributes);
    meter
        .f64_histogram("http.server.duration")
        .with_unit("ms")
        .build()
        .record(42.5, &attributes);
    let mut reports = provider.shutdown(seconds(1)).await.expect("shut down");
    (exporter.seen()[0].batch.clone(), reports.remove(0))
}

fn bounds(batch: &MetricBatch, name: &str) -> Vec<f64> {
    match metric(batch, name).and_then(|metric| metric.data.as_ref()) {
        Some(Data::Histogram(histogram)) => histogram.data_points[0].explicit_bounds.clone(),
        other => panic!("{name}: {other:?}"),
    }
}

fn keys(batch: &MetricBatch, name: &str) -> Vec<String> {
    let attributes = match metric(batch, name).and_then(|metric| metric.data.as_ref()) {
        Some(Data::Histogram(histogram)) => histogram.data_points[0].attributes.clone(),
        _ => numbers(batch, name)[0].attributes.clone(),
    };
    attributes
        .into_iter()
        .map(|attribute| attribute.key)
        .collect()
}

fn latency() -> View {
    View::new().name("http.server.duration").buckets([
        5.0, 10.0, 25.0, 50.0, 100.0, 250.0, 500.0, 1000.0, 2500.0, 5000.0,
    ])
}

fn bounded() -> View {
    View::new()
        .name("*")
        .allow_attributes(["http.method", "http.route"])
}

#[tokio::test(start_paused = true)]
async fn the_first_of_an_ordered_list_counts() {
    let (batch, report) =
        exported(|builder| builder.with_views_in_order([latency(), bounded()])).await;
    assert_eq!(bounds(&batch, "http.server.duration").len(), 10);
    assert_eq!(
        keys(&batch, "http.server.duration"),
        ["http.method", "http.route", "user.id"],
        "the second view is not for what the first has taken"
    );
    assert_eq!(
        keys(&batch, "http.server.request.count"),
        ["http.method", "http.route"]
    );
    assert_eq!(batch.streams(), 2);
    assert!(report.unmatched_views.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_wildcard_before_a_specific_view_shadows_it_and_that_is_reported() {
    let (batch, report) =
        exported(|builder| builder.with_views_in_order([bounded(), latency()])).await;
    assert_eq!(
        bounds(&batch, "http.server.duration").len(),
        15,
        "the defaults"
    );
    assert_eq!(
        report.unmatched_views[0].to_string(),
        "view name=http.server.duration had no effect: every instrument that it matches was taken by a view before it"
    );
}

#[tokio::test(start_paused = true)]
async fn independent_views_make_a_stream_each_also_where_the_names_are_the_same() {
    let (batch, report) =
        exported(|builder| builder.with_view(latency()).with_view(bounded())).await;
    let streams: Vec<_> = batch.metrics().map(|metric| metric.name.as_str()).collect();
    assert_eq!(
        streams,
        [
            "http.server.duration",
            "http.server.duration",
            "http.server.request.count"
        ]
    );
    let told: Vec<_> = batch
        .metrics()
        .filter_map(|metric| match &metric.data {
            Some(Data::Histogram(histogram)) => Some(&histogram.data_points[0]),
            _ => None,
        })
        .map(|point| {
            (
                point.explicit_bounds.len(),
                point.attributes.len(),
                point.count,
            )
        })
        .collect();
    assert_eq!(told, [(10, 3, 1), (15, 2, 1)]);
    assert!(report.unmatched_views.is_empty());
}

#[tokio::test(start_paused = true)]
async fn the_same_view_twice_is_one_stream() {
    let (batch, _) = exported(|builder| builder.with_view(latency()).with_view(latency())).await;
    assert_eq!(batch.streams(), 2);
}

#[tokio::test(start_paused = true)]
async fn independent_views_with_names_of_their_own_are_streams_of_their_own() {
    let (batch, _) = exported(|builder| {
        builder
            .with_view(
                View::new()
                    .name("http.server.duration")
                    .rename("coarse")
                    .buckets([100.0]),
            )
            .with_view(
                View::new()
                    .name("http.server.duration")
                    .rename("by_route")
                    .allow_attributes(["http.route"]),
            )
            .with_view(View::new().kind(InstrumentKind::Counter).drop())
    })
    .await;
    let streams: Vec<_> = batch.metrics().map(|metric| metric.name.as_str()).collect();
    assert_eq!(streams, ["by_route", "coarse"]);
    assert_eq!(bounds(&batch, "coarse"), [100.0]);
    assert_eq!(keys(&batch, "by_route"), ["http.route"]);
}

#[tokio::test(start_paused = true)]
async fn instruments_are_selected_by_kind_unit_and_scope_too() {
    let (batch, report) = exported(|builder| {
        builder
            .with_view(
                View::new()
                    .name("http.*")
                    .kind(InstrumentKind::Histogram)
                    .unit("ms")
                    .buckets([50.0]),
            )
            .with_view(View::new().scope("other").drop())
    })
    .await;
    assert_eq!(bounds(&batch, "http.server.duration"), [50.0]);
    assert_eq!(batch.streams(), 2);
    assert_eq!(report.unmatched_views.len(), 1);
    assert_eq!(
        report.unmatched_views[0].to_string(),
        "view scope=other matched no instrument, so the defaults were used"
    );
}

#[tokio::test(start_paused = true)]
async fn a_view_with_a_typo_is_reported_with_the_name_that_was_meant() {
    let (batch, report) = exported(|builder| {
        builder.with_view(View::new().name("http.server.Duration").buckets([1.0, 2.0]))
    })
    .await;
    assert_eq!(
        bounds(&batch, "http.server.duration").len(),
        15,
        "the defaults"
    );
    assert_eq!(
        report.unmatched_views[0].to_string(),
        "view name=http.server.Duration matched no instrument, so the defaults were used; instruments with a name \
         like it: http.server.duration"
    );
}

#[tokio::test(start_paused = true)]
async fn views_that_cannot_work_are_errors() {
    for (view, complaint) in [
        (View::new().drop(), "a criterion"),
        (
            View::new().name("http.*").rename("one"),
            "without wildcards",
        ),
        (
            View::new().kind(InstrumentKind::Counter).rename("one"),
            "without wildcards",
        ),
        (View::new().name("a").buckets([1.0, 1.0]), "each larger"),
        (View::new().name("a").buckets([1.0, f64::NAN]), "finite"),
        (
            View::new().name("a").buckets([1.0, f64::INFINITY]),
            "finite",
        ),
    ] {
        for builder in [
            MeterProvider::builder().with_view(view.clone()),
            MeterProvider::builder().with_views_in_order([bounded(), view.clone()]),
        ] {
            let error = builder.build().expect_err("refused");
            assert!(error.to_string().contains(complaint), "{error}");
        }
    }
}
