//! Building a provider.

use std::sync::Arc;

use opentelemetry_sdk::Resource;
use opentelemetry_sdk::metrics::SdkMeterProvider;

use super::MeterProvider;
use super::meter_provider::Pipeline;
use crate::config_error::ConfigError;
use crate::environment::Environment;
use crate::metrics::instrumentation::{Catalogue, Instrumentation};
use crate::metrics::views::{View, ViewList, Views};
use crate::metrics::{MetricReader, PeriodicExportingMetricReader};
use crate::resource::resource_from;

/// Configures a [`MeterProvider`].
#[derive(Debug, Default)]
#[must_use = "a provider exists only once it is built"]
pub struct MeterProviderBuilder {
    resource: Option<Resource>,
    environment: Option<Environment>,
    readers: Vec<PeriodicExportingMetricReader>,
    views: Vec<Vec<View>>,
}

impl MeterProviderBuilder {
    /// Adds a reader. Each has its own streams: what one collects does not change what another sees.
    pub fn with_reader(mut self, reader: impl MetricReader) -> Self {
        self.readers.push(reader.into_reader());
        self
    }

    /// What produces the metrics, exactly. A second call adds to the first and wins over it. Default:
    /// [`resource_from`](crate::resource_from) the environment; to have both, give that first.
    pub fn with_resource(mut self, resource: Resource) -> Self {
        self.resource = Some(match self.resource {
            Some(before) => merged(&before, &resource),
            None => resource,
        });
        self
    }

    /// The environment to take the resource from where none is given. Default: that of the process.
    pub fn with_env(mut self, environment: &Environment) -> Self {
        self.environment = Some(environment.clone());
        self
    }

    /// Adds a view that is independent of all others: an instrument that several views select becomes a stream for each.
    ///
    /// Spec: Metrics SDK, "View" (MUST).
    pub fn with_view(mut self, view: View) -> Self {
        self.views.push(vec![view]);
        self
    }

    /// Adds a list of views of which only the first that selects an instrument counts, so specific views go before
    /// wildcard ones. Independent of other lists and of [`with_view`](Self::with_view). Our choice, as some SDKs do.
    pub fn with_views_in_order(mut self, views: impl IntoIterator<Item = View>) -> Self {
        self.views.push(views.into_iter().collect());
        self
    }

    /// Builds the provider; its readers start here.
    ///
    /// # Errors
    ///
    /// [`Value`](ConfigError::Value) for a view without a criterion, one that renames more than one name, and bounds
    /// that are not finite and increasing.
    pub fn build(self) -> Result<MeterProvider, ConfigError> {
        let lists = self
            .views
            .into_iter()
            .map(ViewList::new)
            .collect::<Result<_, _>>()?;
        let catalogue = Arc::new(Catalogue::new(Views { lists }));
        let resource = self.resource.unwrap_or_else(|| {
            resource_from(&self.environment.unwrap_or_else(Environment::process))
        });
        let mut pipelines: Vec<Pipeline> = self
            .readers
            .into_iter()
            .map(|reader| pipeline(Some(reader), &resource, &catalogue))
            .collect();
        if pipelines.is_empty() {
            pipelines.push(pipeline(None, &resource, &catalogue));
        }
        Ok(MeterProvider::new(pipelines, catalogue))
    }
}

/// A provider of the SDK for each reader: observable instruments of one provider with several readers would report into
/// all of them whenever one collects.
fn pipeline(
    reader: Option<PeriodicExportingMetricReader>,
    resource: &Resource,
    catalogue: &Arc<Catalogue>,
) -> Pipeline {
    let mut sdk = SdkMeterProvider::builder().with_resource(resource.clone());
    let distinguish = reader
        .as_ref()
        .is_some_and(PeriodicExportingMetricReader::converts);
    for index in 0..catalogue.views.lists.len() {
        let catalogue = Arc::clone(catalogue);
        let view = move |instrument: &_| catalogue.views.stream(index, instrument, distinguish);
        sdk = sdk.with_view(view);
    }
    let Some(reader) = reader else {
        return Pipeline::without_reader(sdk.build());
    };
    let instrumentation = Arc::new(Instrumentation::new(Arc::clone(catalogue)));
    reader.attach(Arc::clone(&instrumentation));
    let handle = reader.handle();
    let creations = reader.creations();
    let temporality = reader.temporality();
    Pipeline::new(
        sdk.with_reader(reader).build(),
        handle,
        instrumentation,
        creations,
        temporality,
    )
}

fn merged(before: &Resource, after: &Resource) -> Resource {
    let attributes = |resource: &Resource| {
        resource
            .iter()
            .map(|(key, value)| opentelemetry::KeyValue::new(key.clone(), value.clone()))
            .collect::<Vec<_>>()
    };
    let builder = Resource::builder_empty().with_attributes(attributes(before));
    let schema_url = after
        .schema_url()
        .or(before.schema_url())
        .map(str::to_owned);
    match schema_url {
        Some(url) => builder.with_schema_url(attributes(after), url),
        None => builder.with_attributes(attributes(after)),
    }
    .build()
}
