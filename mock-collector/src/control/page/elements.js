// Elements of the page. What came from the wire gets into them as text, and only as text.

/** An element with attributes and children; what is no element is text, what is null is nothing. */
const element = (name, attributes = {}, ...children) => {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key === 'onclick') made.addEventListener('click', value);
    else if (value !== null && value !== false) made.setAttribute(key, value === true ? '' : value);
  }
  made.append(...children.filter((child) => child !== null));
  return made;
};

const byId = (id) => document.getElementById(id);

/** A cell with a number; 0 is quiet. */
const numberCell = (number) =>
  element('td', { class: number === 0 ? 'number zero' : 'number' }, number === null ? '–' : number.toLocaleString('en'));

/** A row that says that there is nothing. */
const nothing = (columns, text) => element('tr', {}, element('td', { class: 'nothing', colspan: columns }, text));

/** Tells those who listen rather than look. */
const announce = (text) => {
  byId('announcement').textContent = text;
};

