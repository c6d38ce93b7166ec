// The provider of log records with its logger.

import { ROOT_CONTEXT, context, trace } from '@opentelemetry/api';
import { SeverityNumber, logs } from '@opentelemetry/api-logs';
import { BatchLogRecordProcessor, SimpleLogRecordProcessor } from '@opentelemetry/sdk-logs';

import { ITEM, SAMPLED } from './items.js';
import { processor } from './processors.js';
import { known } from './request.js';
import { startSdk } from './sdk.js';

export class Records {
  constructor({ configuration, meter }, attributes) {
    const inCode = processor('logs', configuration, {
      batch: BatchLogRecordProcessor,
      simple: SimpleLogRecordProcessor,
    });
    startSdk('logRecordProcessors', inCode && { logRecordProcessors: [inCode] }, attributes);
    this.provider = logs.getLoggerProvider();
    this.logger = this.provider.getLogger(meter?.name ?? 'otelbox', meter?.version);
  }

  emit({ items, first_item = 0, attributes, in_span, ...rest }) {
    known(rest);
    const current = in_span ? trace.setSpanContext(ROOT_CONTEXT, SAMPLED) : ROOT_CONTEXT;
    context.with(current, () => {
      for (let item = first_item; item < first_item + items; item++) {
        this.logger.emit({
          timestamp: Date.now(),
          severityNumber: SeverityNumber.INFO,
          severityText: 'INFO',
          body: ITEM,
          attributes: { ...attributes, [ITEM]: item },
        });
      }
    });
  }
}
