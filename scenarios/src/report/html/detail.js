// What is behind one field of the matrix: its results, and for the one that is chosen, what happened.

let shownTimeline = null;

const openDetail = (rule, column, own) => {
  const dialog = document.getElementById('detail');
  const ordered = [...own].sort((one, other) => WORST_FIRST.indexOf(one.verdict) - WORST_FIRST.indexOf(other.verdict));
  const evidence = make('div', { class: 'evidence', 'aria-live': 'polite' });
  const list = make('ul', { role: 'listbox', 'aria-label': 'Results', tabindex: '0', onkeydown: (event) => moveChoice(event) });
  ordered.forEach((result, place) => {
    list.append(
      make(
        'li',
        { role: 'option', id: `result-${place}`, 'aria-selected': 'false', onclick: () => choose(place) },
        make('span', { class: `verdict ${KEYS[result.verdict]}` }, SYMBOLS[result.verdict]),
        make('span', { class: 'hidden' }, VERDICTS[result.verdict]),
        make('span', {}, result.cell.scenario),
        make('span', { class: 'quiet' }, [result.cell.signal, result.cell.variant].filter((part) => part !== '').join(', ')),
      ),
    );
  });
  const choose = (place) => {
    list.querySelector('[aria-selected=true]')?.setAttribute('aria-selected', 'false');
    const item = list.children[place];
    item.setAttribute('aria-selected', 'true');
    item.scrollIntoView({ block: 'nearest' });
    list.setAttribute('aria-activedescendant', item.id);
    showEvidence(evidence, ordered[place]);
  };
  const moveChoice = (event) => {
    const place = [...list.children].findIndex((item) => item.getAttribute('aria-selected') === 'true');
    const next = { ArrowDown: place + 1, ArrowUp: place - 1, Home: 0, End: ordered.length - 1 }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    if (ordered[next] !== undefined) choose(next);
  };
  dialog.replaceChildren(
    make(
      'header',
      {},
      make('h2', { id: 'detail-title' }, rule.id, ' ', levelBadge(rule.level)),
      make('button', { type: 'button', onclick: () => dialog.close() }, 'Close (Esc)'),
      make('p', {}, prose(rule.requirement), ' ', make('span', { class: 'quiet' }, rule.source)),
      make('p', { class: 'quiet' }, `${column.sut}, ${column.protocol}: ${inWords(counted(own.map((result) => result.verdict)))}`),
    ),
    make('div', { class: 'parts' }, list, evidence),
  );
  dialog.showModal();
  choose(0);
  list.focus();
};

const again = ({ cell }) =>
  `otelbox run ${cell.scenario} --signal ${cell.signal} --protocol ${cell.protocol} --sut ${textAt(cell.run.sut)} --seed ${cell.run.seed}`;

const showEvidence = (place, result) => {
  const { cell } = result;
  const pair = (name, value) => [make('dt', {}, name), make('dd', {}, value === '' ? '–' : value)];
  const drawn = timeline(cell);
  place.replaceChildren(
    make('h3', { class: 'cell-name' }, verdictBadge(result.verdict), ' ', cellName(cell)),
    make('p', {}, prose(cell.title)),
    make(
      'dl',
      {},
      pair('Requirement', prose(result.rule.requirement)),
      pair('Expected', textAt(result.expected)),
      pair(result.verdict === PASSED || result.verdict === FAILED ? 'Actual' : 'Reason', textAt(result.actual)),
      pair('Again with', make('code', {}, again(result))),
    ),
    drawn.element,
    attemptTable(cell),
    eventTable(cell),
    cell.raw.observations.length === 0 ? '' : observationTable(cell),
  );
  place.scrollTop = 0;
  drawn.paint();
  shownTimeline = drawn;
};

const attemptTable = (cell) => {
  const { attempts } = cell.raw;
  if (attempts.length === 0) return '';
  const rows = attempts.map((attempt, place) => {
    const [at, end, connection, , , , items, bytes, fault, answer, , deadline] = attempt;
    const before = previous(attempts, place);
    const wait = before === null || before[1] === null ? '' : seconds(Math.max(at - before[1], 0));
    return [
      attemptName(attempt),
      seconds(at),
      end === null ? 'never' : seconds(end - at),
      wait,
      connection,
      items ?? '',
      bytes,
      deadline === null ? '' : seconds(deadline),
      textAt(fault),
      make('span', { class: `answer ${outcome(attempt)}` }, textAt(answer)),
    ];
  });
  const heads = ['Attempt', 'At', 'Lasted', 'Wait before', 'Connection', 'Items', 'Bytes', 'grpc-timeout', 'Fault', 'Answer'];
  return make('section', {}, make('h3', {}, 'Attempts'), table('Attempts', heads, rows));
};

const eventTable = (cell) => {
  const rows = cell.raw.events.map(([at, kind, words]) => [seconds(at), kind, textAt(words)]);
  return make('section', { class: 'event-table' }, make('h3', {}, 'In words'), table('Events', ['At', 'What', 'Text'], rows));
};

const observationTable = (cell) => {
  const rows = cell.raw.observations.map(([subject, value, evidence]) => [subjectName(textAt(subject)), textAt(value), textAt(evidence)]);
  return make('section', {}, make('h3', {}, 'Observed beside the verdicts'), table('Observations', ['What', 'Value', 'Evidence'], rows));
};
