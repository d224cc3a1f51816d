import { compareCells, meetsComparison, parseCondition } from '../../results/conditions.js';
import { paretoFront } from '../../results/pareto.js';
import { comparePlot } from './compare-plot.js';
import { scriptParts } from './script-parts.js';

/**
 * What makes the page of all runs answer: tables are sorted and filtered as `show --runs` does it, by the same functions,
 * curves of chosen trainings are laid over one another, and the Pareto front of two metrics is drawn.
 */
export const compareScript = `'use strict';
(() => {
  const compareCells = ${compareCells};
  const meetsComparison = ${meetsComparison};
  const parseCondition = ${parseCondition};
  const paretoFront = ${paretoFront};
${scriptParts}${comparePlot}
  const colours = ['blue', 'vermilion', 'green', 'purple', 'orange', 'sky', 'wine', 'olive'];
  const dashes = [undefined, '6 3', '2 3'];
  const mostChosen = colours.length * dashes.length;
  let told;
  // What a row is drawn in, by its key.
  const chosen = new Map();
  const sorted = new Map();
  const read = new Map();
  const rowsOf = (table) => [...table.tBodies[0].rows];
  const tables = () => document.querySelectorAll('#tables table');
  const dataOf = (row) => told.rows[row.dataset.row];
  const nameOf = ({ run, task }) => 'run ' + run + ', ' + task;
  const valueOf = (one, name) => (Object.hasOwn(told.same, name) ? told.same[name] : one.values[told.names.indexOf(name)]);
  const count = (number, word) => number + ' ' + word + (number === 1 ? '' : 's');

  const sort = (table, index, direction) => {
    const cell = (row) => row.cells[index].title || row.cells[index].textContent;
    const value = (row) => (cell(row) === '' ? undefined : cell(row));
    const rows = rowsOf(table).sort((a, b) => compareCells(value(a), value(b), direction));
    table.tBodies[0].append(...rows);
    for (const head of table.tHead.rows[0].cells) head.removeAttribute('aria-sort');
    table.tHead.rows[0].cells[index].setAttribute('aria-sort', direction > 0 ? 'ascending' : 'descending');
  };

  const choose = () => {
    const text = at('where').value.trim();
    const parts = text === '' ? [] : text.split(/\\s+and\\s+/);
    const conditions = parts.map(parseCondition);
    const known = [...told.names, ...Object.keys(told.same)];
    const bad = parts.find((_, i) => conditions[i] === undefined);
    const unknown = conditions.find((one) => one !== undefined && !known.includes(one.name));
    at('said').textContent = bad !== undefined ? '“' + bad + '” is no condition: it needs a name, a comparison and a value.'
      : unknown !== undefined ? 'No result has a “' + unknown.name + '”.' : '';
    if (bad !== undefined || unknown !== undefined) return;
    let shown = 0;
    for (const table of tables()) {
      let own = 0;
      for (const row of rowsOf(table)) {
        const one = dataOf(row);
        row.hidden = !conditions.every(({ name, comparison, value }) => {
          const found = valueOf(one, name);
          return found !== undefined && found !== null && meetsComparison(compareCells(found, value), comparison, [found, value]);
        });
        if (!row.hidden) own += 1;
      }
      table.closest('section').hidden = own === 0 && parts.length > 0;
      shown += own;
    }
    at('said').textContent = parts.length === 0 ? '' : shown + ' of ' + count(told.rows.length, 'result');
    showFront();
  };

  const showFront = () => {
    const [x, y] = [at('x').value, at('y').value];
    const rows = [...tables()].flatMap(rowsOf);
    for (const row of rows) { row.classList.remove('on-front'); row.querySelector('.front').textContent = ''; }
    for (const table of tables()) table.classList.remove('fronted');
    at('front').replaceChildren();
    at('front-said').textContent = 'Choose two metrics.';
    if (x === '' || y === '' || x.replace(/^-/, '') === y.replace(/^-/, '')) return;
    const objectives = [x, y].map((name) => ({ metric: name.replace(/^-/, ''), better: name.startsWith('-') ? 'less' : 'more' }));
    const [xName, yName] = objectives.map(({ metric }) => metric);
    const visible = rows.filter((row) => !row.hidden);
    const numbers = visible.map((row) => objectives.map(({ metric }) => valueOf(dataOf(row), metric)));
    const front = paretoFront(numbers, objectives);
    const dots = numbers.map(([a, b], i) => [a, b, dataOf(visible[i]), front[i]]).filter(([a, b]) => Number.isFinite(a) && Number.isFinite(b));
    for (const [i, row] of visible.entries()) {
      if (!numbers[i].every(Number.isFinite)) continue;
      row.classList.toggle('on-front', front[i]);
      row.querySelector('.front').textContent = front[i] ? '*' : '';
      row.closest('table').classList.add('fronted');
    }
    at('front-said').textContent = dots.length === 0 ? 'No result that is shown has both numbers.'
      : count(dots.length, 'result') + ' of ' + visible.length + ' that are shown have both numbers; ' + dots.filter((dot) => dot[3]).length + ' on the front.';
    if (dots.length === 0) return;
    const best = dots.filter((dot) => dot[3]).sort((a, b) => a[0] - b[0] || a[1] - b[1]);
    const others = dots.filter((dot) => !dot[3]);
    const list = element('ul', undefined, 'notes');
    for (const [a, b, one] of best.slice(0, 20)) list.append(element('li', xName + ' ' + short(a) + ', ' + yName + ' ' + short(b) + ': ' + nameOf(one)));
    if (best.length > 20) list.append(element('li', 'and ' + (best.length - 20) + ' more'));
    at('front').append(figure({
      ...{ title: yName + ' against ' + xName, xName, yName },
      series: [
        { name: 'other results', colour: 'grey', points: others, dots: 4 },
        { name: 'Pareto front', colour: 'vermilion', points: best, line: true, dots: 5.5 },
      ],
      onPoint: ([a, b, one], colour) => ({ title: nameOf(one), rows: [[colour, xName, short(a)], [colour, yName, short(b)]] }),
    }), list);
  };

  const idOf = (one) => one.task + ' ' + one.key;
  const curvesOf = async (one) => {
    if (told.curves !== undefined) return told.curves[idOf(one)];
    const answer = await fetch('run-curves?task=' + encodeURIComponent(one.task) + '&key=' + one.key);
    return answer.ok ? answer.json() : undefined;
  };
  let asked = 0;
  const showCurves = async () => {
    const turn = ++asked;
    const rows = told.rows.filter((one) => chosen.has(idOf(one)));
    await Promise.all(rows.map(async (one) => {
      if (!read.has(idOf(one))) {
        const found = await curvesOf(one).catch(() => undefined);
        if (found !== undefined) read.set(idOf(one), found);
      }
    }));
    if (turn !== asked) return;
    const curves = rows.map((one) => read.get(idOf(one)) ?? {});
    const names = [...new Set(curves.flatMap((own) => Object.keys(own)))];
    const missing = rows.filter((one, i) => Object.keys(curves[i]).length === 0);
    at('curves-said').textContent = rows.length === 0 ? 'Check boxes in the tables choose trainings.'
      : missing.length > 0 ? 'There are no curves of ' + missing.map(nameOf).join('; ') + '.'
      : count(rows.length, 'training') + (rows.length === mostChosen ? ': no more can be told apart' : '');
    at('none').hidden = rows.length === 0;
    at('curves').replaceChildren(...names.map((name) => figure({
      ...{ title: name, xName: 'epoch', yName: name, isExact: true },
      series: rows.flatMap((one, i) => {
        const look = chosen.get(idOf(one));
        const points = curves[i][name];
        return points === undefined ? [] : [{ name: nameOf(one), colour: colours[look % colours.length], dash: dashes[Math.floor(look / colours.length)], points, line: true }];
      }),
    })));
    for (const box of document.querySelectorAll('#tables input')) showBox(box);
  };
  const showBox = (box) => {
    const look = chosen.get(idOf(dataOf(box.closest('tr'))));
    box.checked = look !== undefined;
    box.disabled = look === undefined && chosen.size >= mostChosen;
    box.closest('td').style.setProperty('--own', look === undefined ? 'transparent' : 'var(--' + colours[look % colours.length] + ')');
  };
  const check = (box) => {
    const id = idOf(dataOf(box.closest('tr')));
    if (!box.checked) chosen.delete(id);
    else chosen.set(id, [...Array(mostChosen).keys()].find((look) => ![...chosen.values()].includes(look)));
    void showCurves();
  };

  // Tables as they came become tables that answer.
  const setUp = () => {
    told = JSON.parse(at('data').textContent);
    for (const table of tables()) {
      const { stage } = table.dataset;
      for (const [index, head] of [...table.tHead.rows[0].cells].entries()) {
        if (head.dataset.sorts === undefined) continue;
        const button = element('button', head.textContent, 'sort');
        button.type = 'button';
        button.addEventListener('click', () => {
          const direction = head.getAttribute('aria-sort') === 'ascending' ? -1 : 1;
          sorted.set(stage, [head.textContent, direction]);
          sort(table, index, direction);
        });
        head.replaceChildren(button);
        const [title, direction] = sorted.get(stage) ?? [];
        if (title === head.textContent) sort(table, index, direction);
      }
      for (const box of table.querySelectorAll('input')) { box.disabled = false; box.addEventListener('change', () => check(box)); }
    }
    for (const id of chosen.keys()) if (!told.rows.some((one) => idOf(one) === id)) chosen.delete(id);
    at('summary').textContent = told.summary;
    for (const id of ['x', 'y']) {
      const before = at(id).value || told.objectives[id === 'x' ? 1 : 0] || '';
      at(id).replaceChildren(new Option('–', ''), ...told.metrics.flatMap((name) => [new Option(name + ' (more is better)', name), new Option(name + ' (less is better)', '-' + name)]));
      at(id).value = before;
      if (at(id).selectedIndex < 0) at(id).value = '';
    }
    at('pareto').hidden = told.metrics.length < 2;
    at('overlaid').hidden = document.querySelector('#tables input') === null;
    at('choosing').hidden = told.rows.length === 0;
    choose();
    void showCurves();
  };

  document.documentElement.classList.add('scripted');
  at('where').addEventListener('input', calm(250, choose));
  for (const id of ['x', 'y']) at(id).addEventListener('change', showFront);
  at('none').addEventListener('click', () => { chosen.clear(); void showCurves(); });
  addEventListener('resize', calm(250, () => { choose(); void showCurves(); }));
  setUp();

  if (document.body.dataset.served === undefined) return;
  // Something has changed: what has been chosen here stays.
  let last = document.body.dataset.served;
  const refresh = calm(2000, async () => {
    const answer = await fetch('compare');
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
    const { served } = page.body.dataset;
    if (served === last) return;
    last = served;
    at('tables').replaceChildren(...page.getElementById('tables').childNodes);
    at('data').textContent = page.getElementById('data').textContent;
    setUp();
  });
  follow({ snapshot: refresh });
  document.addEventListener('visibilitychange', () => { if (!document.hidden) refresh(); });
})();
`;
