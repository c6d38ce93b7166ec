// Switches and faults.

/** The switches as they were last told. */
let switches = [];

const setSwitches = (wanted, text) => attempt(async () => {
  const told = await ask('PUT', '/v1/switches', wanted);
  showSwitches(told.switches);
  announce(text);
});

const toggle = (which) => {
  const text = `${which.title}: ${which.on ? 'off' : 'on'}`;
  return setSwitches({ [which.switch]: !which.on }, text);
};

const allOff = () => {
  const off = Object.fromEntries(switches.map((each) => [each.switch, false]));
  return setSwitches(off, 'All switches are off');
};

const showSwitches = (told) => {
  switches = told;
  const list = byId('switches');
  for (const each of told) {
    let button = list.querySelector(`[data-switch=${each.switch}]`);
    if (button === null) {
      button = element('button', { type: 'button', 'data-switch': each.switch, 'aria-keyshortcuts': each.key,
        onclick: () => toggle(switches.find((current) => current.switch === each.switch)) },
      element('kbd', {}, each.key), element('span', {}, each.title), element('span', { class: 'state' }));
      list.append(button);
    }
    button.setAttribute('aria-pressed', String(each.on));
    button.querySelector('.state').textContent = each.on ? `on, fired ${each.fired}` : 'off';
  }
};

/** A fault in one line, as a file of faults has it. */
const faultText = (value) => {
  if (Array.isArray(value)) return `[${value.map(faultText).join(', ')}]`;
  if (value !== null && typeof value === 'object') {
    const parts = Object.entries(value).map(([key, part]) => `${key}: ${faultText(part)}`);
    return parts.length === 0 ? '{}' : `{ ${parts.join(', ')} }`;
  }
  return String(value);
};

const fault = (status) => {
  const { name, ...rest } = status.fault;
  const parts = Object.entries(rest).map(([key, part]) => `${key}: ${faultText(part)}`);
  const ends = status.expires_in_seconds === undefined ? '' : `in ${Math.ceil(status.expires_in_seconds)} s`;
  const remove = () => attempt(async () => {
    await ask('DELETE', `/v1/faults/${status.ordinal}`);
    announce(`${status.name} was removed`);
    await refresh();
  });
  return element('tr', {},
    element('th', { scope: 'row' }, status.name),
    element('td', {}, element('code', {}, parts.join(', '))),
    numberCell(status.fired),
    element('td', {}, ends),
    element('td', { class: 'number' }, element('button', { type: 'button', 'data-ordinal': status.ordinal, 'aria-label': `Remove ${status.name}`, onclick: remove }, 'Remove')));
};

const showFaults = (told) => {
  const body = document.querySelector('#faults tbody');
  const focused = document.activeElement?.closest('#faults [data-ordinal]')?.dataset.ordinal;
  body.replaceChildren(...(told.length === 0 ? [nothing(5, 'None: everything is accepted.')] : told.map(fault)));
  if (focused !== undefined) body.querySelector(`[data-ordinal="${focused}"]`)?.focus();
};

