// Processors of spans and log records with settings in code.

import { exporter } from './exporters.js';
import { given, known } from './request.js';

const KEYS = [
  'processor',
  'max_queue_size',
  'max_export_batch_size',
  'schedule_delay_ms',
  'export_timeout_ms',
  'exporter_timeout_ms',
  'endpoint',
  'headers',
  'compression',
];

// Nothing where there is nothing in code: then the SDK makes its own from the variables.
export function processor(signal, configuration, classes) {
  if (configuration === undefined) {
    return undefined;
  }
  known(configuration, KEYS);
  const Processor = classes[configuration.processor ?? 'batch'];
  return new Processor(
    given({
      exporter: exporter(signal, configuration),
      maxQueueSize: configuration.max_queue_size,
      maxExportBatchSize: configuration.max_export_batch_size,
      scheduledDelayMillis: configuration.schedule_delay_ms,
      exportTimeoutMillis: configuration.export_timeout_ms,
    }),
  );
}
