// What spans and log records have in common.

import { TraceFlags } from '@opentelemetry/api';

export const ITEM = 'otelbox.item';

const remote = (traceFlags) => ({
  traceId: '0af7651916cd43dd8448eb211c80319c',
  spanId: 'b7ad6b7169203331',
  isRemote: true,
  traceFlags,
});

export const SAMPLED = remote(TraceFlags.SAMPLED);
export const UNSAMPLED = remote(TraceFlags.NONE);
