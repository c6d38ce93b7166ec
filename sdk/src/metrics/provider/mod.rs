//! The provider of meters.

mod builder;
mod fan_out;
mod instruments;
mod meter_provider;

pub use builder::MeterProviderBuilder;
pub use meter_provider::MeterProvider;
