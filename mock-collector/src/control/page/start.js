// What starts the page and keeps it up to date.

/** At most so often the page looks, in milliseconds, however much arrives. */
const PAUSE = 250;

/** How long the receiver may wait for a change before it answers: then times that run out are shown anew. */
const PATIENCE = '2s';

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

const showConnection = (kind, text) => {
  // Said once, not again with each look.
  if (byId('connection').textContent === text) return;
  byId('connection').className = kind;
  byId('connection').textContent = text;
};

const showEntrance = () => {
  document.querySelector('main').hidden = true;
  byId('entrance').hidden = false;
  byId('entrance-error').textContent = sessionStorage.getItem(TOKEN) === null ? '' : 'This is not the token.';
  sessionStorage.removeItem(TOKEN);
  showConnection('', 'closed');
  byId('token').focus();
};

const showPage = () => {
  document.querySelector('main').hidden = false;
  byId('entrance').hidden = true;
  // A field that is hidden keeps the focus until the page is drawn anew, and with it the next key.
  byId('token').blur();
};

/** Everything but the attempts. */
const refresh = async () => {
  const [faults, told, totals] = await Promise.all(['faults', 'switches', 'totals'].map((part) => ask('GET', `/v1/${part}`)));
  showFaults(faults.faults);
  showSwitches(told.switches);
  showTotals(totals);
};

const showReceiver = async () => {
  const receiver = await ask('GET', '/v1/receiver');
  const endpoints = [['grpc', receiver.grpc_endpoint], ['http', receiver.http_endpoint]];
  byId('endpoints').replaceChildren(...endpoints.map(([name, url]) => element('span', {}, element('b', {}, name), ` ${url}`)));
};

const follow = async () => {
  let revision = null;
  while (true) {
    try {
      if (revision === null) await showReceiver();
      const wait = revision === null ? '' : `&changed_from=${revision}&timeout=${PATIENCE}`;
      const page = await ask('GET', `/v1/journal?kind=exchange&newest=${SHOWN}${wait}`);
      revision = page.revision;
      showAttempts(page);
      await refresh();
      showPage();
      showConnection('live', 'live');
      await pause(PAUSE);
    } catch (error) {
      if (error instanceof Unauthorized) {
        showEntrance();
        return;
      }
      revision = null;
      showConnection('lost', 'no answer: the receiver has stopped, or is out of reach');
      await pause(1000);
    }
  }
};

const showHelp = () => {
  const keys = [...switches.map((each) => [each.key, each.title]), ['Esc', 'all switches off'], ['?', 'this help']];
  byId('keys').replaceChildren(...keys.flatMap(([key, text]) => [element('dt', {}, element('kbd', {}, key)), element('dd', {}, text)]));
  byId('help').showModal();
};

const onKey = (event) => {
  const isTyping = event.target instanceof HTMLInputElement;
  if (isTyping || event.ctrlKey || event.metaKey || event.altKey || event.repeat || byId('help').open || switches.length === 0) return;
  const which = switches.find((each) => each.key === event.key);
  if (which !== undefined) toggle(which);
  else if (event.key === 'Escape') allOff();
  else if (event.key === '?') showHelp();
  else return;
  event.preventDefault();
};

/** A link may bring the token: what stands behind the `#` goes to no server. */
const takeTokenOfLink = () => {
  if (location.hash.length < 2) return;
  sessionStorage.setItem(TOKEN, location.hash.slice(1));
  history.replaceState(null, '', location.pathname);
};

document.addEventListener('keydown', onKey);
byId('all-off').addEventListener('click', allOff);
byId('open-help').addEventListener('click', showHelp);
byId('close-help').addEventListener('click', () => byId('help').close());
byId('forget').addEventListener('click', () => attempt(async () => {
  await ask('POST', '/v1/reset', { journal: 'forget', faults: 'keep' });
  announce('Everything that arrived is forgotten');
}));
byId('entrance').addEventListener('submit', (event) => {
  event.preventDefault();
  sessionStorage.setItem(TOKEN, byId('token').value);
  byId('token').value = '';
  follow();
});
takeTokenOfLink();
follow();
