// What is no verdict: observations, the ledger, and what was run.

const buildOverview = () => {
  const groups = [
    ['MUST', (level) => level.startsWith('MUST')],
    ['SHOULD', (level) => level.startsWith('SHOULD')],
  ];
  const shownVerdicts = [PASSED, FAILED, EXPECTED, INCONCLUSIVE, NOT_APPLICABLE, NOT_RUN];
  const rows = suts.flatMap((sut) => {
    const own = results.filter((result) => result.cell.sut === sut);
    const judged = groups.map(([name, fits], place) => {
      const counts = counted(own.filter((result) => fits(result.rule.level)).map((result) => result.verdict));
      const numbers = shownVerdicts.map((verdict) =>
        make('td', { class: `number ${counts[verdict] > 0 ? KEYS[verdict] : 'zero'}` }, counts[verdict].toLocaleString('en')),
      );
      return make(
        'tr',
        {},
        place === 0 ? make('th', { scope: 'rowgroup', rowspan: groups.length + 1 }, sut) : null,
        make('td', {}, levelBadge(name)),
        numbers,
      );
    });
    const observed = cells.filter((cell) => cell.sut === sut).reduce((sum, cell) => sum + cell.raw.observations.length, 0);
    const words = `${observed.toLocaleString('en')} observations, which are facts and never fail`;
    const info = make('tr', {}, make('td', {}, levelBadge('INFO')), make('td', { colspan: shownVerdicts.length, class: 'quiet' }, words));
    return [...judged, info];
  });
  const head = ['System under test', 'Level', ...shownVerdicts.map((verdict) => VERDICTS[verdict])];
  document.getElementById('overview').append(
    make(
      'table',
      {},
      make('caption', { class: 'hidden' }, 'Results by level'),
      make('thead', {}, make('tr', {}, head.map((name) => make('th', { scope: 'col' }, name)))),
      make('tbody', {}, rows),
    ),
  );
};

// How often each value was seen, the most frequent first.
const valuesOf = (observed) => {
  const counts = new Map();
  for (const { value } of observed) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].sort((one, other) => other[1] - one[1]);
};
const SHOWN_VALUES = 4;
// Of amounts a range says more than a list.
const rangeOf = (observed) => {
  const inOrderOfAmount = observed.map(({ value }) => textAt(value)).sort((one, other) => parseFloat(one) - parseFloat(other));
  const [least, median, most] = [0, Math.floor(inOrderOfAmount.length / 2), inOrderOfAmount.length - 1].map((place) => inOrderOfAmount[place]);
  return [median, ' ', make('span', { class: 'quiet' }, `${least} to ${most}, n=${inOrderOfAmount.length}`)];
};
const valueList = (subject, observed, lookedFor) => {
  if (observed.length === 0) {
    const words = isHarm(subject) ? (lookedFor === 0 ? 'not looked for' : `none in ${lookedFor.toLocaleString('en')} cells`) : 'not seen';
    return make('span', { class: 'quiet' }, words);
  }
  if (subjectByName.get(subject)?.measured) return make('ul', { class: 'values' }, make('li', {}, rangeOf(observed)));
  const values = valuesOf(observed);
  const items = values
    .slice(0, SHOWN_VALUES)
    .map(([value, count]) => make('li', {}, textAt(value), ' ', make('span', { class: 'quiet' }, `× ${count}`)));
  if (values.length > SHOWN_VALUES) items.push(make('li', { class: 'quiet' }, `and ${values.length - SHOWN_VALUES} other values`));
  return make('ul', { class: 'values' }, items);
};
const subjectName = (subject) => {
  const rule = ruleById.get(subject);
  const known = subjectByName.get(subject);
  if (rule === undefined) return known?.harm ? make('strong', {}, known.words) : (known?.words ?? subject);
  return make('span', {}, make('span', { class: 'id' }, subject), ' ', make('span', { class: 'sentence' }, prose(rule.requirement)));
};
const cellsOf = (subject, observed, lookedFor) => {
  const count = new Set(observed.map(({ cell }) => cell)).size;
  return isHarm(subject) ? `${count.toLocaleString('en')} of ${lookedFor.toLocaleString('en')}` : count;
};

const buildObservations = (panel) => {
  views.push(() => {
    const hasText = textFilter();
    const bySubject = new Map();
    const lookedFor = new Map();
    const of = (name) => {
      if (!bySubject.has(name)) bySubject.set(name, []);
      return bySubject.get(name);
    };
    for (const cell of cells.filter(cellFits)) {
      for (const [subject, value, evidence] of cell.raw.observations) {
        if (!hasText([subject, value, evidence, ...cell.texts])) continue;
        of(textAt(subject)).push({ cell, value, evidence });
      }
      for (const subject of cell.raw.looked_for) {
        if (!hasText([subject, ...cell.texts])) continue;
        of(textAt(subject));
        const key = JSON.stringify([cell.sut, textAt(subject)]);
        lookedFor.set(key, (lookedFor.get(key) ?? 0) + 1);
      }
    }
    const looked = (sut, subject) => lookedFor.get(JSON.stringify([sut, subject])) ?? 0;
    const inRows = [...bySubject].sort(([one], [other]) => inOrder(one, other));
    const shown = suts.filter((sut) => chosen.sut === '' || chosen.sut === sut);
    const parts = [make('p', { class: 'quiet' }, 'What the specification leaves open, as it was measured; harm first. Facts, and never failures.')];
    if (shown.length > 1) {
      const rows = inRows.map(([subject, observed]) => [
        subjectName(subject),
        ...shown.map((sut) => valueList(subject, observed.filter(({ cell }) => cell.sut === sut), looked(sut, subject))),
      ]);
      parts.push(make('h2', {}, 'Across systems under test'), table('Observations across systems under test', ['What', ...shown], rows));
    }
    for (const sut of shown) {
      const rows = inRows
        .map(([subject, observed]) => [subject, observed.filter(({ cell }) => cell.sut === sut)])
        .filter(([subject, observed]) => observed.length > 0 || looked(sut, subject) > 0)
        .map(([subject, observed]) => [
          subjectName(subject),
          cellsOf(subject, observed, looked(sut, subject)),
          valueList(subject, observed, looked(sut, subject)),
          observed.length === 0 ? '' : eachOf(subject, observed),
        ]);
      parts.push(make('h2', {}, sut));
      parts.push(rows.length === 0 ? make('p', { class: 'nothing' }, 'Nothing.') : table(`Observations of ${sut}`, ['What', 'Cells', 'Values', 'Each'], rows));
    }
    panel.replaceChildren(...parts);
  });
};

// Every single observation, made when it is opened.
const eachOf = (subject, observed) => {
  const first = observed[0];
  const suchAs = make('p', { class: 'quiet' }, `${textAt(first.value)} in ${cellName(first.cell)}: ${textAt(first.evidence)}`);
  const details = make('details', {}, make('summary', {}, 'by cell'));
  details.addEventListener('toggle', () => {
    if (!details.open || details.children.length > 1) return;
    const rows = observed.map(({ cell, value, evidence }) => [cellName(cell), textAt(value), textAt(evidence)]);
    details.append(table(`${subject}, by cell`, ['Cell', 'Value', 'Evidence'], rows));
  });
  return make('div', {}, suchAs, details);
};

const buildLedger = (panel) => {
  const onlyHarm = make('input', { type: 'checkbox', id: 'only-harm', checked: true });
  const place = make('div');
  panel.append(
    make('p', { class: 'quiet' }, 'What was handed to the system under test against what the receiver accepted.'),
    make('label', { class: 'inline' }, onlyHarm, ' only what was lost or repeated'),
    place,
  );
  const show = () => {
    const hasText = textFilter();
    const lines = new Map();
    for (const cell of cells.filter(cellFits)) {
      for (const [instrument, ...numbers] of cell.raw.ledger) {
        const [, , lost, repeated] = numbers;
        if (onlyHarm.checked && lost === 0 && repeated === 0) continue;
        if (!hasText([instrument, ...cell.texts])) continue;
        const key = JSON.stringify([cell.sut, cell.scenario, cell.variant, instrument, numbers]);
        if (!lines.has(key)) lines.set(key, { cell, instrument, numbers, protocols: new Set() });
        lines.get(key).protocols.add(cell.protocol);
      }
    }
    const rows = [...lines.values()].map(({ cell, instrument, numbers, protocols: own }) => [
      cell.sut, cell.scenario, cell.variant, [...own].join(', '), textAt(instrument), ...numbers,
    ]);
    const names = ['System under test', 'Scenario', 'Variant', 'Protocols', 'Instrument or items', 'Sent', 'Received', 'Lost', 'Repeated'];
    place.replaceChildren(rows.length === 0 ? make('p', { class: 'nothing' }, 'Nothing.') : table('Ledger', names, rows));
  };
  onlyHarm.addEventListener('change', show);
  views.push(show);
};

const buildRuns = () => {
  const place = document.getElementById('runs');
  place.append(make('p', {}, `otelbox ${data.version}`));
  for (const run of data.runs) {
    const scenarios = new Set(run.cells.map((cell) => cell.scenario)).size;
    const parts = [
      textAt(run.language),
      run.clock,
      `seed ${run.seed}`,
      textAt(run.started),
      `${run.cells.length.toLocaleString('en')} cells of ${scenarios} scenarios in ${seconds(run.elapsed)}`,
    ].filter((part) => part !== '');
    const interrupted = run.interrupted
      ? make('strong', { class: 'failed' }, ` Interrupted after ${run.cells.length} of ${run.planned} cells.`)
      : null;
    place.append(make('p', {}, make('strong', {}, sutOf(run)), ` · ${parts.join(' · ')}`, interrupted));
  }
};
