// The provider of metrics, its views and its instruments.

import { setTimeout as sleep } from 'node:timers/promises';

import { metrics, ValueType } from '@opentelemetry/api';
import { AggregationTemporalityPreference } from '@opentelemetry/exporter-metrics-otlp-http';
import {
  AggregationTemporality,
  AggregationType,
  createAllowListAttributesProcessor,
  InstrumentType,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';

import { exporter } from './exporters.js';
import { given, known } from './request.js';
import { startSdk } from './sdk.js';

const CREATE = {
  counter: 'createCounter',
  up_down_counter: 'createUpDownCounter',
  histogram: 'createHistogram',
  gauge: 'createGauge',
  observable_counter: 'createObservableCounter',
  observable_up_down_counter: 'createObservableUpDownCounter',
  observable_gauge: 'createObservableGauge',
};

const CONFIGURATION_KEYS = [
  'interval_ms',
  'timeout_ms',
  'exporter_timeout_ms',
  'temporality',
  'endpoint',
  'headers',
  'compression',
];

const VIEW_KEYS = [
  'name',
  'kind',
  'unit',
  'meter',
  'rename',
  'drop',
  'allow_attributes',
  'buckets',
  'exponential',
];

// What an observable instrument reports.
class Callback {
  values = new Map();
  panic = false;
  blockMs = 0;

  observe({ value, attributes = {}, panic = false, block_ms = 0, ...rest }) {
    known(rest);
    const key = JSON.stringify(Object.entries(attributes).sort());
    this.panic = panic;
    this.blockMs = block_ms;
    if (value === undefined) {
      this.values.delete(key);
    } else {
      this.values.set(key, { value, attributes });
    }
  }

  run = async (result) => {
    const values = [...this.values.values()];
    if (this.blockMs > 0) {
      await sleep(this.blockMs);
    }
    if (this.panic) {
      throw new Error('the callback throws, as it was told to');
    }
    for (const { value, attributes } of values) {
      result.observe(value, attributes);
    }
  };
}

export class Meters {
  instruments = new Map();
  callbacks = new Map();

  constructor({ configuration, meter, instruments, views }, attributes) {
    const options = given({
      views: views?.map(view),
      metricReaders: configuration && [reader(configuration)],
    });
    startSdk('metricReaders', options, attributes);
    this.provider = metrics.getMeterProvider();
    this.meter = this.provider.getMeter(meter?.name ?? 'otelbox', meter?.version);
    for (const instrument of instruments ?? []) {
      this.make(instrument);
    }
  }

  make({ name, kind, number, unit, description, observe, ...rest }) {
    known(rest);
    const isFloat = (number ?? (kind === 'histogram' ? 'float' : 'integer')) === 'float';
    const instrument = this.meter[CREATE[kind]](
      name,
      given({
        unit,
        description,
        valueType: isFloat ? ValueType.DOUBLE : ValueType.INT,
      }),
    );
    if (!kind.startsWith('observable_')) {
      this.instruments.set(name, instrument);
      return;
    }
    const callback = new Callback();
    observe?.forEach((state) => callback.observe(state));
    instrument.addCallback(callback.run);
    this.callbacks.set(name, callback);
  }

  record({ instrument, value, times = 1, attributes, ...rest }) {
    known(rest);
    const target = this.instruments.get(instrument);
    const write = (target.add ?? target.record).bind(target);
    for (let done = 0; done < times; done++) {
      write(value, attributes);
    }
  }

  observe({ instrument, ...state }) {
    this.callbacks.get(instrument).observe(state);
  }
}

function reader(configuration) {
  known(configuration, CONFIGURATION_KEYS);
  const { interval_ms, timeout_ms, temporality } = configuration;
  const isPreset = typeof temporality === 'string';
  const made = exporter('metrics', configuration, {
    temporalityPreference: isPreset
      ? AggregationTemporalityPreference[temporality.toUpperCase()]
      : undefined,
  });
  if (temporality !== undefined && !isPreset) {
    // Kinds that are not named are cumulative.
    made.selectAggregationTemporality = (type) =>
      AggregationTemporality[(temporality[type.toLowerCase()] ?? 'cumulative').toUpperCase()];
  }
  return new PeriodicExportingMetricReader(
    given({
      exporter: made,
      exportIntervalMillis: interval_ms,
      exportTimeoutMillis: timeout_ms,
    }),
  );
}

function aggregation({ drop, buckets, exponential }) {
  if (drop) {
    return { type: AggregationType.DROP };
  }
  if (exponential) {
    return { type: AggregationType.EXPONENTIAL_HISTOGRAM };
  }
  return (
    buckets && {
      type: AggregationType.EXPLICIT_BUCKET_HISTOGRAM,
      options: { boundaries: buckets },
    }
  );
}

function view(wanted) {
  known(wanted, VIEW_KEYS);
  const { name, kind, unit, meter, rename, allow_attributes } = wanted;
  const selectsAll = [name, kind, unit, meter].every((selector) => selector === undefined);
  return given({
    // The SDK wants a selector, also of a view for everything.
    instrumentName: selectsAll ? '*' : name,
    instrumentType: kind && InstrumentType[kind.toUpperCase()],
    instrumentUnit: unit,
    meterName: meter,
    name: rename,
    aggregation: aggregation(wanted),
    attributesProcessors: allow_attributes && [
      createAllowListAttributesProcessor(allow_attributes),
    ],
  });
}
