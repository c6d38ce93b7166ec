// The provider of spans with its tracer.

import { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { BatchSpanProcessor, SimpleSpanProcessor } from '@opentelemetry/sdk-trace';

import { ITEM, SAMPLED, UNSAMPLED } from './items.js';
import { processor } from './processors.js';
import { known } from './request.js';
import { startSdk } from './sdk.js';

export class Spans {
  constructor({ configuration, meter }, attributes) {
    const inCode = processor('traces', configuration, {
      batch: BatchSpanProcessor,
      simple: SimpleSpanProcessor,
    });
    startSdk('spanProcessors', inCode && { spanProcessors: [inCode] }, attributes);
    this.provider = trace.getTracerProvider().getDelegate();
    this.tracer = this.provider.getTracer(meter?.name ?? 'otelbox', meter?.version);
  }

  emit({ items, first_item = 0, attributes, unsampled, span = {}, ...rest }) {
    known(rest);
    const parent = unsampled ? trace.setSpanContext(ROOT_CONTEXT, UNSAMPLED) : ROOT_CONTEXT;
    for (let item = first_item; item < first_item + items; item++) {
      this.make({ ...attributes, [ITEM]: item }, parent, span);
    }
  }

  make(attributes, parent, { kind = 'internal', events, links, status, ...rest }) {
    known(rest);
    const span = this.tracer.startSpan(
      ITEM,
      {
        kind: SpanKind[kind.toUpperCase()],
        attributes,
        links: links?.map((link) => ({ context: SAMPLED, attributes: link.attributes })),
      },
      parent,
    );
    for (const event of events ?? []) {
      span.addEvent(event.name, event.attributes);
    }
    if (status === 'ok') {
      span.setStatus({ code: SpanStatusCode.OK });
    } else if (status !== undefined && status !== 'unset') {
      span.setStatus({ code: SpanStatusCode.ERROR, message: status.error });
    }
    span.end();
  }
}
