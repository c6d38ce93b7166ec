// What is shown: the choices of the reader, kept in the address of the page so that a view can be passed on.

const chosen = { sut: '', signal: '', protocol: '', level: '', verdict: '', text: '' };
const views = [];

const choice = (name, label, values) => {
  const select = make(
    'select',
    { id: `filter-${name}`, name },
    make('option', { value: '' }, 'all'),
    values.map((value) => make('option', { value }, value)),
  );
  return make('label', {}, make('span', {}, label), select);
};

const buildFilters = () => {
  const form = document.getElementById('filters');
  form.append(
    choice('sut', 'System under test', suts),
    choice('signal', 'Signal', signals),
    choice('protocol', 'Protocol', protocols),
    choice('level', 'Level', levels),
    choice('verdict', 'Verdict', VERDICTS.filter((_, verdict) => results.some((result) => result.verdict === verdict))),
    make(
      'label',
      { class: 'wide' },
      make('span', {}, 'Text (press /)'),
      make('input', {
        id: 'filter-text', name: 'text', type: 'search', autocomplete: 'off', spellcheck: 'false',
        placeholder: 'rule, scenario, what was seen',
      }),
    ),
    make('button', { type: 'reset' }, 'Show all'),
    make('output', { id: 'shown', 'aria-live': 'polite' }),
  );
  for (const [name, value] of new URLSearchParams(location.hash.slice(1))) {
    const field = form.elements.namedItem(name);
    if (field !== null && name in chosen) field.value = value;
  }
  form.addEventListener('input', applyFilters);
  form.addEventListener('submit', (event) => event.preventDefault());
  // The fields are emptied after this event.
  form.addEventListener('reset', () => setTimeout(applyFilters));
};

const applyFilters = () => {
  const fields = document.getElementById('filters').elements;
  for (const name of Object.keys(chosen)) chosen[name] = fields.namedItem(name).value;
  const said = Object.entries(chosen).filter(([, value]) => value !== '');
  history.replaceState(null, '', said.length === 0 ? location.pathname + location.search : `#${new URLSearchParams(said)}`);
  for (const view of views) view();
};

const cellFits = (cell) =>
  (chosen.sut === '' || chosen.sut === cell.sut) &&
  (chosen.signal === '' || chosen.signal === cell.signal) &&
  (chosen.protocol === '' || chosen.protocol === cell.protocol);

// Whether a list of places in the texts has one that contains what was asked for. Each text is looked at once.
const textFilter = () => {
  const wanted = chosen.text.trim().toLowerCase();
  if (wanted === '') return () => true;
  const found = data.texts.map((text) => text.toLowerCase().includes(wanted));
  return (places) => places.some((place) => found[place]);
};

const filteredResults = () => {
  const verdict = VERDICTS.indexOf(chosen.verdict);
  const hasText = textFilter();
  return results.filter(
    (result) =>
      cellFits(result.cell) &&
      (chosen.level === '' || chosen.level === result.rule.level) &&
      (verdict < 0 || verdict === result.verdict) &&
      hasText([...result.rule.texts, ...result.cell.texts, result.expected, result.actual]),
  );
};
