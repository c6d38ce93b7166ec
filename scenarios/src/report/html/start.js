// The page is put together: tabs, keys, and everything shown for the first time.

const TABS = [
  ['Rules', buildMatrix],
  ['Observations', buildObservations],
  ['Ledger', buildLedger],
];

const buildTabs = () => {
  const tabs = document.getElementById('tabs');
  const panels = document.getElementById('panels');
  const select = (chosenTab) => {
    [...tabs.children].forEach((tab, place) => {
      tab.setAttribute('aria-selected', String(place === chosenTab));
      tab.setAttribute('tabindex', place === chosenTab ? '0' : '-1');
      panels.children[place].hidden = place !== chosenTab;
    });
  };
  TABS.forEach(([name, build], place) => {
    tabs.append(make('button', { type: 'button', role: 'tab', id: `tab-${place}`, 'aria-controls': `panel-${place}`, onclick: () => select(place) }, name));
    const panel = make('section', { role: 'tabpanel', id: `panel-${place}`, 'aria-labelledby': `tab-${place}` });
    panels.append(panel);
    build(panel);
  });
  tabs.addEventListener('keydown', (event) => {
    const place = [...tabs.children].indexOf(document.activeElement);
    const next = { ArrowRight: place + 1, ArrowLeft: place - 1 }[event.key];
    if (next === undefined || tabs.children[next] === undefined) return;
    select(next);
    tabs.children[next].focus();
  });
  select(0);
};

document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const isTyping = event.target.matches('input, select');
  if (document.getElementById('detail').open) {
    if (!isTyping && shownTimeline?.onKey(event.key)) event.preventDefault();
  } else if (event.key === '/' && !isTyping) {
    event.preventDefault();
    document.getElementById('filter-text').focus();
  }
});
window.addEventListener('resize', () => {
  if (document.getElementById('detail').open) shownTimeline?.paint();
});

buildRuns();
buildOverview();
buildFilters();
buildTabs();
applyFilters();
