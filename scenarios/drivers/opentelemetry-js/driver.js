// The driver of otelbox for opentelemetry-js: a line in, a line out.

import { Console } from 'node:console';
import { createInterface } from 'node:readline';
import { inspect } from 'node:util';

import { listenToSdk } from './diagnostics.js';
import { Meters } from './meters.js';
import { forgetGlobals, leftovers, sdkVersion } from './process.js';
import { Records } from './records.js';
import { known } from './request.js';
import { Spans } from './spans.js';

const PROTOCOL = 1;

const CAPABILITIES = [
  'metrics',
  'traces',
  'logs',
  'grpc',
  'http/protobuf',
  'http/json',
  'observe',
  'observe_block',
  'views',
  'resource',
  'interval',
  'timeout',
  'exporter_timeout',
  'temporality',
  'endpoint',
  'headers',
  'compression',
  'certificates',
  'switches',
  'simple_processor',
  'max_queue_size',
  'max_export_batch_size',
  'schedule_delay',
  'export_timeout',
  'export_deadline',
  'workers',
  'span_details',
  'log_in_span',
  'flush_timeout',
  'metrics_shutdown_timeout',
  'reset',
];

const SIGNALS = { metrics: Meters, traces: Spans, logs: Records };

const START_KEYS = [
  'signal',
  'env',
  'configuration',
  'meter',
  'instruments',
  'views',
  'resource',
  'workers',
];

let workers = [];
let isStarted = false;
let isShutDown = false;

function running() {
  if (workers.length === 0) {
    throw new Error('not started');
  }
  return workers;
}

function useOnly(variables) {
  for (const name of Object.keys(process.env)) {
    if (name.startsWith('OTEL_')) {
      delete process.env[name];
    }
  }
  Object.assign(process.env, variables);
}

// The words of the SDK where a call's own time limit has passed.
const TIMED_OUT = /Operation timed out\.|within timeout period of/;

function said(error) {
  return Array.isArray(error)
    ? error.map(said).join('; ')
    : error instanceof Error
      ? `${error.name}: ${error.message}`
      : inspect(error);
}

// What the SDK told its caller: the worst of what its providers did.
async function call(method, resolvedMeans) {
  const began = performance.now();
  let [result, message] = [resolvedMeans(running()[0]), undefined];
  const fates = await Promise.allSettled(running().map(async (worker) => method(worker)));
  const rejected = fates.find(({ status }) => status === 'rejected');
  if (rejected !== undefined) {
    message = said(rejected.reason);
    result = TIMED_OUT.test(message) ? 'timeout' : 'failed';
  }
  const ok = result === 'ok' || result === 'untold';
  const elapsed_ms = Math.round(performance.now() - began);
  return { ok, result, elapsed_ms, message };
}

// Only the provider of spans rejects when an export failed; the others hand that to the error handler.
const fate = (worker) => (worker instanceof Spans ? 'ok' : 'untold');

const limit = ({ timeout_ms }) =>
  timeout_ms === undefined ? undefined : { timeoutMillis: timeout_ms };

const requests = {
  hello({ protocol, ...rest }) {
    known(rest);
    if (protocol !== PROTOCOL) {
      throw new Error(`this driver speaks protocol ${PROTOCOL}`);
    }
    return {
      ok: true,
      sdk: 'opentelemetry-js',
      version: sdkVersion(),
      language: 'javascript',
      capabilities: CAPABILITIES,
    };
  },

  start(request) {
    known(request, START_KEYS);
    if (isStarted) {
      throw new Error('already started');
    }
    if (request.env !== undefined) {
      useOnly(request.env);
    }
    const Worker = SIGNALS[request.signal];
    isStarted = true;
    for (const more of request.workers ?? [{}]) {
      // The API knows one provider of each signal, which a second one could not replace.
      forgetGlobals();
      try {
        workers.push(new Worker(request, { ...request.resource, ...more }));
      } catch (error) {
        return { ok: false, result: 'failed', message: said(error) };
      }
    }
    return { ok: true };
  },

  record(measurement) {
    running().forEach((worker) => worker.record(measurement));
    return { ok: true };
  },

  observe(state) {
    running().forEach((worker) => worker.observe(state));
    return { ok: true };
  },

  emit(items) {
    running().forEach((worker) => worker.emit(items));
    return { ok: true };
  },

  force_flush(request) {
    known(request, ['timeout_ms']);
    return call((worker) => worker.provider.forceFlush?.(limit(request)), fate);
  },

  shutdown(request) {
    known(request, ['timeout_ms']);
    isShutDown = true;
    return call((worker) => worker.provider.shutdown?.(limit(request)), fate);
  },

  async reset(request) {
    known(request);
    if (!isShutDown) {
      await Promise.allSettled(workers.map(({ provider }) => provider.shutdown?.()));
    }
    forgetGlobals();
    workers = [];
    const left = await leftovers();
    if (left.length > 0) {
      throw new Error(`still there: ${left.join(', ')}`);
    }
    isStarted = false;
    isShutDown = false;
    process.stderr.write('otelbox: reset\n');
    return { ok: true };
  },
};

async function answerTo(line) {
  try {
    const { op, ...request } = JSON.parse(line);
    if (!Object.hasOwn(requests, op)) {
      throw new Error(`unknown request: ${op}`);
    }
    return await requests[op](request);
  } catch (error) {
    return { ok: false, message: said(error) };
  }
}

// Standard output is the driver's: what the SDK writes to the console goes to its user.
globalThis.console = new Console(process.stderr, process.stderr);
listenToSdk();

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(await answerTo(line))}\n`);
}
process.exit(0);
