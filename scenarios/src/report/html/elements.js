// Elements out of texts. A text never becomes markup here, whatever is in it.

const fill = (element, attributes, children) => {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (value !== null && value !== false) element.setAttribute(name, value === true ? '' : value);
  }
  element.append(...children.flat().filter((child) => child !== null));
  return element;
};
const make = (name, attributes = {}, ...children) => fill(document.createElement(name), attributes, children);
const draw = (name, attributes = {}, ...children) =>
  fill(document.createElementNS('http://www.w3.org/2000/svg', name), attributes, children);

// A table with a caption for those who cannot see where it stands. Cells that are numbers stand on the right.
const table = (caption, heads, rows, attributes = {}) =>
  make(
    'div',
    { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': caption },
    make(
      'table',
      attributes,
      make('caption', { class: 'hidden' }, caption),
      make('thead', {}, make('tr', {}, heads.map((head) => make('th', { scope: 'col' }, head)))),
      make('tbody', {}, rows.map((row) => make('tr', {}, row.map((value) => cellOf(value))))),
    ),
  );
const cellOf = (value) =>
  typeof value === 'number'
    ? make('td', { class: 'number' }, value.toLocaleString('en'))
    : make('td', {}, value);

// Text in which `code` stands between backticks.
const prose = (text) => text.split('`').map((part, place) => (place % 2 === 1 ? make('code', {}, part) : part));

const levelBadge = (level) => make('span', { class: `level ${level.startsWith('MUST') ? 'must' : 'should'}` }, level);
const verdictBadge = (verdict) =>
  make('span', { class: `verdict ${KEYS[verdict]}` }, `${SYMBOLS[verdict]} ${VERDICTS[verdict]}`);
