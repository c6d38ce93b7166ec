// The timeline of a cell, to scale: a lane for steps, a row for each attempt, lanes for connections and log lines.

const ROW = 24;
const MARGIN = 340;
const CHARACTER = 6.3;

const shortened = (text, characters) => (text.length <= characters ? text : `${text.slice(0, characters - 1)}…`);

// The end of the scale: the last thing that happened, and deadlines that were not far beyond it.
const span = (cell) => {
  const times = [1000];
  for (const [at, , , until] of cell.raw.events) times.push(at, until ?? at);
  for (const [at, end] of cell.raw.attempts) times.push(at, end ?? at);
  const last = Math.max(...times);
  const limits = [
    ...cell.raw.events.filter((event) => event[4] !== null).map((event) => event[0] + event[4]),
    ...cell.raw.attempts.filter((attempt) => attempt[11] !== null).map((attempt) => attempt[0] + attempt[11]),
  ];
  return Math.max(last, ...limits.filter((limit) => limit <= last * 1.5));
};

const ticks = (end, width) => {
  const least = (end / width) * 90;
  const power = 10 ** Math.floor(Math.log10(least));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= least);
  const all = [];
  for (let at = 0; at <= end; at += step) all.push(at);
  return all;
};
const tickText = (micros) => `${Number((micros / 1e6).toPrecision(6))} s`;

const attemptName = ([, , , signal, exported, attempt]) =>
  exported === null ? 'other request' : `${textAt(signal)} ${exported}.${attempt}`;

// The attempt before it of the same export.
const previous = (attempts, place) => {
  const [, , , signal, exported] = attempts[place];
  if (exported === null) return null;
  return attempts.slice(0, place).findLast((other) => other[3] === signal && other[4] === exported) ?? null;
};

const attemptWords = ([, , , , , , items, bytes, fault, answer]) =>
  [textAt(answer), items === null ? null : `${items} items`, `${bytes} B`, fault === null ? null : `fault: ${textAt(fault)}`]
    .filter((part) => part !== null)
    .join(' · ');

const outcome = (attempt) => (attempt[10] ? 'good' : attempt[1] === null ? 'open' : 'bad');

// A dashed line to a deadline, and its end where the scale reaches that far.
const limitLine = (scale, from, to, y, words) => {
  const end = Math.min(to, scale.end);
  return draw(
    'g',
    { class: 'limit' },
    draw('title', {}, words),
    draw('line', { x1: scale.x(from), x2: scale.x(end), y1: y, y2: y }),
    to <= scale.end
      ? draw('line', { class: 'stop', x1: scale.x(to), x2: scale.x(to), y1: y - 4, y2: y + 3 })
      : draw('path', { d: `M${scale.x(end) - 5},${y - 4} l5,4 l-5,4` }),
  );
};

const attemptRow = (scale, attempts, place, y) => {
  const attempt = attempts[place];
  const [at, end, , , , , , , , , , deadline] = attempt;
  const middle = y + ROW / 2;
  const until = end ?? scale.end;
  const right = Math.max(scale.x(until), scale.x(at) + 3);
  const row = draw('g', { class: `attempt ${outcome(attempt)}` }, draw('title', {}, `${attemptName(attempt)}: ${attemptWords(attempt)}`));
  const before = previous(attempts, place);
  if (before !== null && before[1] !== null && before[1] < at) {
    const [from, to] = [scale.x(before[1]), scale.x(at)];
    row.append(draw('line', { class: 'wait', x1: from, x2: to, y1: middle, y2: middle }));
    const words = `wait ${seconds(at - before[1])}`;
    if (to - from > words.length * CHARACTER) {
      row.append(draw('text', { class: 'quiet', x: (from + to) / 2, y: middle - 3, 'text-anchor': 'middle' }, words));
    }
  }
  if (deadline !== null) {
    row.append(limitLine(scale, at, at + deadline, y + ROW - 3, `grpc-timeout: ${seconds(deadline)}`));
  }
  row.append(
    draw('rect', { x: scale.x(at), y: y + 5, width: right - scale.x(at), height: ROW - 11, rx: 2 }),
    draw('text', { x: right + 6, y: middle + 4 }, shortened(attemptWords(attempt), 52)),
  );
  return row;
};

// Events in as few rows as their words allow.
const lane = (scale, events, y) => {
  const ends = [];
  const group = draw('g', { class: 'events' });
  for (const [at, kind, words, until, limit] of events) {
    const text = shortened(textAt(words), 48);
    const left = scale.x(at);
    const right = Math.max(scale.x(until ?? at), left + 10 + text.length * CHARACTER);
    let row = ends.findIndex((end) => end <= left);
    if (row < 0) row = ends.length;
    ends[row] = right + 8;
    const top = y + row * ROW;
    const mark = draw('g', { class: kind }, draw('title', {}, `${seconds(at)}  ${textAt(words)}`));
    if (limit !== null) mark.append(limitLine(scale, at, at + limit, top + ROW - 3, `time limit: ${seconds(limit)}`));
    if (until !== null) mark.append(draw('rect', { x: left, y: top + 4, width: Math.max(scale.x(until) - left, 3), height: ROW - 9, rx: 2 }));
    else mark.append(draw('path', { class: 'mark', d: `M${left},${top + 5} l5,6 l-5,6 l-5,-6 z` }));
    mark.append(draw('text', { x: left + (until === null ? 9 : 5), y: top + 16 }, text));
    group.append(mark);
  }
  return { group, rows: ends.length };
};

const drawTimeline = (cell, width) => {
  const end = span(cell);
  const plot = Math.max(width - MARGIN, 160);
  const scale = { end, x: (micros) => 8 + (micros / end) * plot };
  const chart = draw('g');
  const labels = draw('g');
  let y = 26;
  const label = (words, rows) => {
    labels.append(draw('text', { x: 0, y: y + 16 }, words));
    labels.append(draw('line', { class: 'grid', x1: 0, x2: 120, y1: y + rows * ROW + 2, y2: y + rows * ROW + 2 }));
    chart.append(draw('line', { class: 'grid', x1: 0, x2: plot + MARGIN, y1: y + rows * ROW + 2, y2: y + rows * ROW + 2 }));
    y += rows * ROW + 4;
  };
  const addLane = (words, kind) => {
    const events = cell.raw.events.filter((event) => event[1] === kind);
    if (events.length === 0) return;
    const { group, rows } = lane(scale, events, y);
    chart.append(group);
    label(words, rows);
  };
  addLane('Steps', 'step');
  cell.raw.attempts.forEach((attempt, place) => {
    chart.append(attemptRow(scale, cell.raw.attempts, place, y));
    labels.append(draw('text', { x: 0, y: y + 16 }, attemptName(attempt)));
    y += ROW;
  });
  if (cell.raw.attempts.length === 0) {
    chart.append(draw('text', { class: 'quiet', x: 8, y: y + 16 }, 'Nothing arrived at the receiver.'));
    y += ROW;
  }
  y += 4;
  addLane('Connections', 'connection');
  addLane('Log', 'log');
  const grid = ticks(end, plot).map((at) => [
    draw('line', { class: 'grid', x1: scale.x(at), x2: scale.x(at), y1: 20, y2: y }),
    draw('text', { class: 'quiet', x: scale.x(at), y: 14, 'text-anchor': at === 0 ? 'start' : 'middle' }, tickText(at)),
  ]);
  const words = `Timeline to scale: ${cell.raw.attempts.length} attempts in ${seconds(end)}. The tables below say the same in words.`;
  return {
    labels: draw('svg', { width: 124, height: y, 'aria-hidden': 'true' }, labels),
    chart: draw('svg', { width: plot + MARGIN, height: y, role: 'img', 'aria-label': words }, grid.flat(), chart),
  };
};

// The timeline with what makes it wider and narrower.
const timeline = (cell) => {
  let zoom = 1;
  const labels = make('div', { class: 'labels' });
  const view = make('div', { class: 'view', tabindex: '0', role: 'region', 'aria-label': 'Timeline; arrow keys scroll it' });
  const paint = () => {
    const width = Math.max(view.clientWidth - 4, 320);
    const drawn = drawTimeline(cell, MARGIN + (width - MARGIN) * zoom);
    labels.replaceChildren(drawn.labels);
    view.replaceChildren(drawn.chart);
  };
  const zoomTo = (value) => {
    zoom = Math.min(Math.max(value, 1), 64);
    paint();
  };
  const button = (words, name, act) => make('button', { type: 'button', 'aria-label': name, title: name, onclick: act }, words);
  return {
    element: make(
      'div',
      { class: 'timeline' },
      make(
        'div',
        { class: 'tools' },
        make('h3', {}, 'Timeline'),
        make(
          'p',
          { class: 'legend' },
          [['good', 'acknowledged'], ['bad', 'not acknowledged'], ['wait', 'wait'], ['limit', 'until the deadline']].map(([key, words]) =>
            make('span', {}, make('i', { class: key }), words),
          ),
        ),
        button('−', 'Narrower (key -)', () => zoomTo(zoom / 2)),
        button('+', 'Wider (key +)', () => zoomTo(zoom * 2)),
        button('Fit', 'All of it (key 0)', () => zoomTo(1)),
      ),
      make('div', { class: 'lanes' }, labels, view),
    ),
    paint,
    onKey: (key) => {
      const wanted = { '+': zoom * 2, '=': zoom * 2, '-': zoom / 2, 0: 1 }[key];
      if (wanted !== undefined) zoomTo(wanted);
      return wanted !== undefined;
    },
  };
};
