import { scriptParts } from './script-parts.js';

/**
 * What fills the page of a run: it follows the events of the run, draws curves of what tasks report, and fetches picture,
 * results and log where something has changed. Texts become text, never markup; only the table of results is markup, as the
 * server has escaped it.
 */
export const liveScript = `'use strict';
(() => {
${scriptParts}  let tasks = {};
  let ended = false;
  const cards = new Map();

  // Where it is wider than the window, its middle is what all stages hang on.
  const centre = () => {
    const box = at('graph').parentElement;
    box.scrollLeft = (box.scrollWidth - box.clientWidth) / 2;
  };
  if (at('graph').complete) centre();
  else at('graph').addEventListener('load', centre, { once: true });
  const showGraph = calm(700, () => { at('graph').src = 'graph.svg?' + Date.now(); });
  const showResults = calm(700, async () => {
    const answer = await fetch('results');
    const text = answer.ok ? await answer.text() : '';
    if (text !== '') at('results').innerHTML = text;
  });
  const showLog = calm(300, async () => {
    const task = at('task').value;
    if (task === '') return;
    const answer = await fetch('log?task=' + encodeURIComponent(task));
    if (!answer.ok || at('task').value !== task) return;
    const log = at('log');
    const follows = log.scrollTop + log.clientHeight >= log.scrollHeight - 8;
    log.textContent = await answer.text();
    if (follows) log.scrollTop = log.scrollHeight;
  });

  const curve = (name, points) => {
    const item = element('li');
    const head = element('span');
    head.append(element('span', name), element('b', String(points.at(-1)[1])));
    const values = points.map(([, value]) => value);
    const [least, most] = [Math.min(...values), Math.max(...values)];
    const range = most - least || 1;
    const svg = drawn('svg', { viewBox: '0 0 100 40', preserveAspectRatio: 'none', role: 'img', 'aria-label': name + ' from ' + least + ' to ' + most });
    const places = points.map(([share, value]) => (100 * share).toFixed(2) + ',' + (37 - (34 * (value - least)) / range).toFixed(2));
    svg.append(drawn('line', { x1: 0, x2: 100, y1: 39, y2: 39 }), drawn('polyline', { points: places.join(' ') }));
    item.append(head, svg);
    return item;
  };
  // What a task that is done has recorded: from its first epoch to its last.
  const showCurves = calm(300, async () => {
    const task = at('task').value;
    const answer = task === '' ? undefined : await fetch('curves?task=' + encodeURIComponent(task));
    const told = answer?.ok ? Object.entries(await answer.json()) : [];
    if (at('task').value !== task) return;
    const place = (points, epoch) => (epoch - points[0][0]) / (points.at(-1)[0] - points[0][0] || 1);
    const drawable = told.filter(([, points]) => points.length > 1);
    at('curves').hidden = drawable.length === 0;
    at('curves').replaceChildren(...drawable.map(([name, points]) => curve(name, points.map(([epoch, value]) => [place(points, epoch), value]))));
  });
  const showTask = (id) => {
    const task = tasks[id];
    const isShown = task !== undefined && (task.state === 'running' || task.state === 'failed');
    let card = cards.get(id);
    if (!isShown) { card?.remove(); cards.delete(id); }
    else {
      if (card === undefined) { card = element('div'); cards.set(id, card); at('tasks').append(card); }
      card.className = 'run ' + task.state;
      const parts = [element('h3', task.state === 'failed' ? id + ' failed' : id)];
      parts.push(element('p', task.failure ? task.failure.message + ' [' + task.failure.code + ']' : task.text));
      if (task.state === 'running') {
        const bar = element('progress');
        bar.setAttribute('aria-label', 'progress of ' + id);
        if (task.share !== undefined) { bar.max = 1; bar.value = task.share; }
        parts.push(bar);
      }
      const names = Object.keys(task.curves).filter((name) => task.curves[name].length > 1);
      if (names.length > 0) {
        const list = element('ul', undefined, 'curves');
        list.append(...names.map((name) => curve(name, task.curves[name])));
        parts.push(list);
      }
      card.replaceChildren(...parts);
    }
    const empty = at('tasks').querySelector('.empty');
    if (cards.size > 0) empty?.remove();
    else if (empty === null) at('tasks').append(element('p', 'No task runs.', 'empty'));
    if (at('task').value === id) { showLog(); if (task?.state === 'done') showCurves(); }
  };
  const showTasks = calm(250, () => { for (const id of changed) showTask(id); changed.clear(); });
  const changed = new Set();
  const touch = (id) => { changed.add(id); showTasks(); };
  const warn = (message) => { at('warned').hidden = false; at('warnings').append(element('li', message)); };
  const summary = (text) => { at('summary').textContent = text; document.title = text.split(',')[0] + ' – ' + at('title').textContent; };

  const apply = (event) => {
    const task = tasks[event.task];
    if (event.event === 'warning') return warn(event.message);
    if (event.event === 'end') { ended = true; showGraph(); showResults(); return; }
    if (task === undefined) return;
    if (event.event === 'task-start') { task.state = 'running'; task.text = event.reasons.map(({ text }) => text).join('; '); showGraph(); }
    else if (event.event === 'task-followed') { task.text = event.text; task.curves = event.curves; }
    else if (event.event === 'task-waiting') task.text = event.message;
    else if (event.event === 'task-progress') {
      task.text = event.text;
      task.share = event.share;
      for (const [name, value] of Object.entries(event.progress.values ?? {})) {
        if (name.includes('/') || value === '' || !Number.isFinite(Number(value))) continue;
        const points = task.curves[name] ??= [];
        if (event.share < (points.at(-1)?.[0] ?? 0)) points.length = 0;
        points.push([event.share, Number(value)]);
        if (points.length > 480) task.curves[name] = points.filter((_, i) => i % 2 === 1);
      }
    } else if (event.event === 'task') {
      task.state = event.status === 'failed' || event.status === 'skipped' ? event.status : 'done';
      task.text = event.status;
      task.failure = event.failure;
      showGraph();
      showResults();
    }
    touch(event.task);
  };

  // Its file may have changed since the page was made.
  const showPipeline = ({ title, description, tasks }) => {
    at('title').textContent = title;
    at('description').textContent = description;
    const select = at('task');
    const names = Object.keys(tasks);
    if (names.join('\\n') === [...select.options].slice(1).map(({ value }) => value).join('\\n')) return;
    const before = select.value;
    select.replaceChildren(new Option('–', ''), ...names.map((name) => new Option(name)));
    select.value = names.includes(before) ? before : '';
    if (select.value === '') { at('log').textContent = 'Choose a task.'; at('curves').hidden = true; }
  };

  follow({
    snapshot: (data) => {
      const told = JSON.parse(data);
      tasks = told.tasks;
      ended = told.ended;
      showPipeline(told);
      at('report').hidden = !told.report;
      at('warnings').replaceChildren();
      at('warned').hidden = true;
      for (const message of told.warnings) warn(message);
      summary(told.summary);
      for (const id of new Set([...cards.keys(), ...Object.keys(tasks)])) touch(id);
      showGraph();
      showResults();
    },
    summary: (data) => summary(JSON.parse(data)),
    message: (data) => apply(JSON.parse(data)),
  });
  document.addEventListener('visibilitychange', () => { if (!document.hidden) { showGraph(); showResults(); for (const id of Object.keys(tasks)) touch(id); } });
  at('task').addEventListener('change', () => { at('log').textContent = ''; showLog(); showCurves(); });
  setInterval(() => { if (!ended) showLog(); }, 2000);
})();
`;
