// The matrix: a row for each rule, a column for each system under test and protocol. One of its cells has the focus;
// arrow keys move it, Enter opens it.

const fieldText = (counts) => {
  const verdict = worst(counts);
  const judged = counts.reduce((sum, count, at) => (at === NOT_APPLICABLE ? sum : sum + count), 0);
  if (verdict === NOT_APPLICABLE) return SYMBOLS[verdict];
  const share = counts[verdict] === judged ? `${judged}` : `${counts[verdict]}/${judged}`;
  return `${SYMBOLS[verdict]} ${share}`;
};

const field = (rule, column, own) => {
  if (own === undefined) return make('td', { class: 'empty' });
  const counts = counted(own.map((result) => result.verdict));
  return make(
    'td',
    { class: 'field' },
    make(
      'button',
      {
        type: 'button', class: KEYS[worst(counts)], tabindex: '-1', title: inWords(counts),
        'aria-label': `${rule.id}, ${column.sut}, ${column.protocol}: ${inWords(counts)}`,
        'aria-haspopup': 'dialog',
        onclick: () => openDetail(rule, column, own),
      },
      fieldText(counts),
    ),
  );
};

const heads = (shown) => {
  const groups = distinct(shown.map((column) => column.sut));
  const span = (sut) => shown.filter((column) => column.sut === sut).length;
  return make(
    'thead',
    {},
    make(
      'tr',
      {},
      make('th', { rowspan: '2', scope: 'col' }, 'Rule'),
      groups.map((sut) => make('th', { colspan: span(sut), scope: 'colgroup', class: 'sut' }, sut)),
    ),
    make('tr', {}, shown.map((column) => make('th', { scope: 'col' }, column.protocol))),
  );
};

const ruleRow = (rule, shown, byColumn) =>
  make(
    'tr',
    { 'data-rule': rule.id },
    make(
      'th',
      { scope: 'row' },
      make('span', { class: 'id' }, rule.id),
      levelBadge(rule.level),
      make('span', { class: 'sentence' }, prose(rule.requirement)),
    ),
    shown.map((column) => field(rule, column, byColumn.get(column))),
  );

const columnOf = new Map(columns.map((column) => [`${column.sut}\n${column.protocol}`, column]));

const buildMatrix = (panel) => {
  const show = () => {
    const shownResults = filteredResults();
    const byRule = new Map();
    for (const result of shownResults) {
      if (!byRule.has(result.rule)) byRule.set(result.rule, new Map());
      const byColumn = byRule.get(result.rule);
      const column = columnOf.get(`${result.cell.sut}\n${result.cell.protocol}`);
      if (!byColumn.has(column)) byColumn.set(column, []);
      byColumn.get(column).push(result);
    }
    const shown = columns.filter(
      (column) =>
        (chosen.sut === '' || chosen.sut === column.sut) && (chosen.protocol === '' || chosen.protocol === column.protocol),
    );
    const body = make('tbody');
    let topic = null;
    for (const rule of rules.filter((known) => byRule.has(known))) {
      if (rule.topic !== topic) {
        topic = rule.topic;
        body.append(make('tr', { class: 'topic' }, make('th', { colspan: shown.length + 1, scope: 'rowgroup' }, topic)));
      }
      body.append(ruleRow(rule, shown, byRule.get(rule)));
    }
    const nothing = byRule.size === 0 ? make('p', { class: 'nothing' }, 'No result fits all of the filters.') : null;
    panel.replaceChildren(
      make(
        'div',
        { class: 'scroll matrix', onkeydown: moveFocus },
        nothing ?? make('table', { role: 'grid', 'aria-label': 'Rules by system under test and protocol' }, heads(shown), body),
      ),
    );
    panel.querySelector('.field button')?.setAttribute('tabindex', '0');
    const number = (count) => count.toLocaleString('en');
    document.getElementById('shown').value =
      `${number(byRule.size)} of ${number(judgedRules)} rules, ${number(shownResults.length)} of ${number(results.length)} results`;
  };
  views.push(show);
};
const judgedRules = new Set(results.map((result) => result.rule)).size;

// Arrow keys, Home and End in the matrix.
const moveFocus = (event) => {
  const from = event.target.closest('.field button');
  if (from === null) return;
  const row = from.closest('tr');
  const inRow = [...row.querySelectorAll('.field button')];
  const place = [...row.children].indexOf(from.parentElement);
  const beyond = (step) => {
    let next = row;
    while ((next = step === 1 ? next.nextElementSibling : next.previousElementSibling) !== null) {
      const button = next.children[place]?.querySelector('button');
      if (button) return button;
    }
    return null;
  };
  const all = () => [...row.parentElement.querySelectorAll('.field button')];
  const target = {
    ArrowRight: () => inRow[inRow.indexOf(from) + 1],
    ArrowLeft: () => inRow[inRow.indexOf(from) - 1],
    ArrowDown: () => beyond(1),
    ArrowUp: () => beyond(-1),
    Home: () => (event.ctrlKey ? all()[0] : inRow[0]),
    End: () => (event.ctrlKey ? all().at(-1) : inRow.at(-1)),
  }[event.key]?.();
  if (!target) return;
  event.preventDefault();
  from.setAttribute('tabindex', '-1');
  target.setAttribute('tabindex', '0');
  target.focus();
  target.scrollIntoView({ block: 'nearest', inline: 'nearest' });
};
