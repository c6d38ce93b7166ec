// The attempts, the newest first.

/** How many attempts are shown. */
const SHOWN = 200;

/** What is shown, by ordinal: an attempt that has not changed keeps its row. */
const rows = new Map();

const seconds = (time) => `${time.toFixed(3)} s`;

const ENDS = {
  answered: null,
  client_cancelled: 'cancelled by the client',
  client_gone: 'the client went away',
  reset_by_collector: 'connection reset',
  closed_by_collector: 'connection closed',
  stream_reset_by_collector: 'stream reset',
  collector_stopped: 'not ended',
};

const answerText = (entry) => {
  if (entry.end === null) return 'in progress';
  const status = entry.answer === null ? null : (entry.answer.grpc_status ?? String(entry.answer.http_status));
  const end = entry.end in ENDS ? ENDS[entry.end] : entry.end;
  return [status, end, entry.body_error].filter((part) => part !== null).join(', ');
};

const answerClass = (entry) => {
  if (entry.end === null) return 'quiet';
  return entry.acknowledged ? 'good' : 'bad';
};

const attemptRow = (entry) => {
  const which = entry.export === null ? '–' : `${entry.export}.${entry.attempt}`;
  return element('tr', { 'data-ordinal': entry.ordinal },
    element('td', { class: 'number' }, seconds(entry.at_seconds)),
    element('td', {}, entry.signal ?? `${entry.method} ${entry.target}`),
    element('td', { class: 'number' }, which),
    element('td', {}, entry.protocol ?? '–'),
    numberCell(entry.items),
    numberCell(entry.bytes),
    element('td', { class: answerClass(entry) }, answerText(entry)),
    element('td', {}, entry.fault?.name ?? ''));
};

const showAttempts = (page) => {
  const entries = page.entries.toReversed();
  const wanted = new Set(entries.map((entry) => entry.ordinal));
  const first = rows.size === 0;
  for (const [ordinal, known] of rows) {
    if (!wanted.has(ordinal)) {
      known.row.remove();
      rows.delete(ordinal);
    }
  }
  const body = document.querySelector('#attempts tbody');
  for (const row of body.querySelectorAll('tr:not([data-ordinal])')) row.remove();
  let place = body.firstElementChild;
  for (const entry of entries) {
    const text = JSON.stringify(entry);
    const known = rows.get(entry.ordinal);
    if (known?.text === text) {
      place = known.row.nextElementSibling;
      continue;
    }
    const row = attemptRow(entry);
    if (known === undefined) {
      body.insertBefore(row, place);
      if (!first) {
        row.classList.add('fresh');
        setTimeout(() => row.classList.remove('fresh'), 1500);
      }
    } else {
      known.row.replaceWith(row);
      place = row.nextElementSibling;
    }
    rows.set(entry.ordinal, { row, text });
  }
  if (entries.length === 0) body.append(nothing(8, 'Nothing has arrived. Point an exporter at the endpoints above.'));
  byId('shown').textContent = page.matching > entries.length ? `the newest ${entries.length} of ${page.matching}` : '';
};

