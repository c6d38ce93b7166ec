// `NodeSDK`, the set-up that users are told to use: it reads the `OTEL_*` variables, but of what it is given in code.

import { defaultResource, resourceFromAttributes } from '@opentelemetry/resources';
import { NodeSDK } from '@opentelemetry/sdk-node';

const NOTHING = { metricReaders: [], spanProcessors: [], logRecordProcessors: [] };

// Starts the SDK for one signal, whose part of the options `own` names. Without it in `options`, the variables decide.
export function startSdk(own, options, attributes) {
  const { [own]: _, ...others } = NOTHING;
  const sdk = new NodeSDK({
    ...others,
    ...options,
    ...(Object.keys(attributes).length > 0 && {
      resource: defaultResource().merge(resourceFromAttributes(attributes)),
    }),
  });
  sdk.start();
}
