// The SDK says nothing to anybody until its user sets a logger for diagnostics.

import { inspect } from 'node:util';

import { diag, DiagLogLevel } from '@opentelemetry/api';

function writer(level) {
  return (...parts) => {
    const words = parts.map((part) =>
      typeof part === 'string' ? part : inspect(part, { breakLength: Infinity }),
    );
    process.stderr.write(`${level} ${words.join(' ').replaceAll('\n', ' | ')}\n`);
  };
}

export function listenToSdk() {
  diag.setLogger(
    {
      error: writer('ERROR'),
      warn: writer('WARN'),
      info: writer('INFO'),
      debug: writer('DEBUG'),
      verbose: writer('DEBUG'),
    },
    DiagLogLevel.INFO,
  );
}
