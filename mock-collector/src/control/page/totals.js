// What was offered and what was taken, by signal.

const SIGNALS = ['metrics', 'traces', 'logs', 'profiles'];

const showTotals = (totals) => {
  const told = SIGNALS.filter((signal) => signal in totals.signals).map((signal) => {
    const entry = totals.signals[signal];
    return element('tr', { 'data-signal': signal },
      element('th', { scope: 'row' }, signal),
      ...['exports', 'attempts', 'offered', 'accepted', 'not_accepted', 'repeated'].map((key) => {
        const cell = numberCell(entry[key]);
        if (entry[key] > 0 && key === 'accepted') cell.classList.add('good');
        if (entry[key] > 0 && key === 'not_accepted') cell.classList.add('bad');
        if (entry[key] > 0 && key === 'repeated') cell.classList.add('doubt');
        return cell;
      }));
  });
  document.querySelector('#totals tbody').replaceChildren(...(told.length === 0 ? [nothing(7, 'Nothing was exported.')] : told));
  byId('doubt').hidden = totals.doubt === undefined;
  byId('doubt').textContent = totals.doubt ?? '';
};

