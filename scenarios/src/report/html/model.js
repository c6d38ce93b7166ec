// The data of the page, made easy to ask.

const data = JSON.parse(document.getElementById('data').textContent);
const textAt = (place) => (place === null ? '' : data.texts[place]);

// Verdicts by number, as the data have them; what they look like without colour; which of several counts for all.
const VERDICTS = data.verdicts;
const [PASSED, FAILED, EXPECTED, INCONCLUSIVE, NOT_APPLICABLE, NOT_RUN] = VERDICTS.keys();
const SYMBOLS = ['✓', '✗', '≈', '?', '–', '○'];
const KEYS = ['passed', 'failed', 'expected', 'inconclusive', 'not-applicable', 'not-run'];
const WORST_FIRST = [FAILED, INCONCLUSIVE, NOT_RUN, EXPECTED, PASSED, NOT_APPLICABLE];

const rules = data.rules.map((rule, place) => ({
  place,
  id: textAt(rule.id),
  level: textAt(rule.level),
  requirement: textAt(rule.requirement),
  topic: textAt(rule.topic),
  source: textAt(rule.source),
  texts: [rule.id, rule.requirement],
}));
const ruleById = new Map(rules.map((rule) => [rule.id, rule]));

// Subjects of facts in the order of tables: harms first, rules last.
const subjects = data.subjects.map(([name, words, harm, measured], place) => ({ place, name: textAt(name), words: textAt(words), harm, measured }));
const subjectByName = new Map(subjects.map((subject) => [subject.name, subject]));
const isHarm = (name) => subjectByName.get(name)?.harm === true;
const inOrder = (one, other) => {
  const place = (name) => subjectByName.get(name)?.place ?? subjects.length;
  return place(one) - place(other) || (one < other ? -1 : 1);
};

const sutOf = (run) => [textAt(run.sut), textAt(run.version)].filter((part) => part !== '').join(' ');

// One for each cell that was run, and one for each rule that was judged in it.
const cells = [];
const results = [];
for (const run of data.runs) {
  for (const raw of run.cells) {
    const cell = {
      run,
      raw,
      sut: sutOf(run),
      scenario: textAt(raw.scenario),
      title: textAt(raw.title),
      signal: textAt(raw.signal),
      protocol: textAt(raw.protocol),
      variant: textAt(raw.variant),
      texts: [raw.scenario, raw.title, ...(raw.variant === null ? [] : [raw.variant])],
    };
    cells.push(cell);
    for (const [rule, verdict, expected, actual] of raw.results) {
      results.push({ cell, rule: rules[rule], verdict, expected, actual });
    }
  }
}

const distinct = (values) => [...new Set(values)];
const suts = distinct(data.runs.map(sutOf));
const signals = distinct(cells.map((cell) => cell.signal));
const protocols = distinct(cells.map((cell) => cell.protocol));
const levels = distinct(rules.map((rule) => rule.level));

// The columns of the matrix: each system under test with the protocols that it was run with.
const columns = suts.flatMap((sut) => {
  const own = distinct(cells.filter((cell) => cell.sut === sut).map((cell) => cell.protocol));
  return own.map((protocol) => ({ sut, protocol }));
});

const cellName = (cell) => {
  const variant = cell.variant === '' ? '' : `, ${cell.variant}`;
  return `${cell.scenario} [${cell.signal}, ${cell.protocol}${variant}]`;
};

const counted = (verdicts) => {
  const counts = VERDICTS.map(() => 0);
  for (const verdict of verdicts) counts[verdict] += 1;
  return counts;
};
const worst = (counts) => WORST_FIRST.find((verdict) => counts[verdict] > 0);
const inWords = (counts) =>
  VERDICTS.map((word, verdict) => [counts[verdict], word])
    .filter(([count]) => count > 0)
    .map(([count, word]) => `${count} ${word}`)
    .join(', ');

const seconds = (micros) => {
  const value = micros / 1e6;
  return value >= 100 ? `${value.toFixed(1)}\u00a0s` : `${value.toFixed(3)}\u00a0s`;
};
