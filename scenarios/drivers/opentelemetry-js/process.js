// What the SDK has in this process beside the objects that the driver made.

import { channel } from 'node:diagnostics_channel';
import { createRequire } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';

import { context, metrics, propagation, trace } from '@opentelemetry/api';
import { logs } from '@opentelemetry/api-logs';

const RESET_LIMIT_MS = 2500;
const POLL_MS = 10;

const sockets = new Set();

channel('net.client.socket').subscribe(({ socket }) => {
  sockets.add(socket);
  socket.once('close', () => sockets.delete(socket));
});

const require = createRequire(import.meta.url);

export function sdkVersion() {
  return require('@opentelemetry/sdk-node/package.json').version;
}

export function forgetGlobals() {
  for (const api of [metrics, trace, logs, propagation, context]) {
    api.disable();
  }
}

// Pipes are standard streams, which stay. Timers and connections are the SDK's.
function busy() {
  const ours = ['PipeWrap', 'FSReqCallback', 'TTYWrap'];
  const resources = process.getActiveResourcesInfo().filter((kind) => !ours.includes(kind));
  return [...resources, ...Array.from(sockets, () => 'socket')];
}

// What does not end in time after the SDK has shut down. Exporters over HTTP leave their idle connections open, and
// nobody can reach their agents: these the driver closes.
export async function leftovers() {
  for (const socket of sockets) {
    socket.destroy();
  }
  const deadline = performance.now() + RESET_LIMIT_MS;
  let left = busy();
  while (left.length > 0 && performance.now() < deadline) {
    await sleep(POLL_MS);
    left = busy();
  }
  return left;
}
