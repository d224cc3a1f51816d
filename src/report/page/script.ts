/**
 * What makes the charts of the page answer: legends become switches, and the values at one place
 * are read out under the pointer, by touch, and by arrow keys. Nothing is drawn by it; without it the page is whole.
 */
export const pageScript = `'use strict';
(() => {
  const tip = document.createElement('div');
  tip.className = 'tip';
  tip.setAttribute('role', 'status');
  document.body.append(tip);
  const element = (name, text) => {
    const made = document.createElement(name);
    if (text !== undefined) made.textContent = text;
    return made;
  };
  let clear = () => {};
  let again;
  const close = () => { clear(); clear = () => {}; again = undefined; tip.replaceChildren(); };

  for (const figure of document.querySelectorAll('figure.chart')) {
    const { keys, places } = JSON.parse(figure.dataset.readout);
    const off = new Set();
    for (const key of figure.querySelectorAll('.key')) {
      const colour = key.dataset.c;
      key.disabled = false;
      key.title = 'show or hide';
      key.addEventListener('click', () => {
        const hide = !off.delete(colour);
        if (hide) off.add(colour);
        key.setAttribute('aria-pressed', String(!hide));
        for (const part of figure.querySelectorAll('svg [data-c]'))
          if (part.dataset.c === colour) part.classList.toggle('off', hide);
        close();
      });
    }
    if (places.length === 0) continue;

    const open = (svg, index) => {
      close();
      const [title, values] = places[index];
      again = () => open(svg, index);
      const rows = values.flatMap((value, i) => (value === null || off.has(keys[i][0]) ? [] : [[...keys[i], value]]));
      if (rows.length === 0) return;
      tip.append(element('b', title));
      for (const [colour, name, value] of rows) {
        const row = element('div');
        const swatch = element('i');
        swatch.style.background = 'var(--' + colour + ')';
        row.append(swatch, element('span', name), element('span', value));
        tip.append(row);
      }
      const at = Number(svg.dataset.at.split(' ')[index]);
      const [from, to] = svg.dataset.across.split(' ');
      const upright = svg.dataset.along === 'x';
      const ends = upright ? { x1: at, x2: at, y1: from, y2: to } : { x1: from, x2: to, y1: at, y2: at };
      const line = document.createElementNS('http://www.w3.org/2000/svg', 'line');
      for (const [name, value] of Object.entries({ class: 'cross', ...ends })) line.setAttribute(name, value);
      svg.append(line);
      clear = () => line.remove();
      const box = svg.getBoundingClientRect();
      const scale = box.width / svg.viewBox.baseVal.width;
      const { width, height } = tip.getBoundingClientRect();
      // Beside the line, or below the row that is read out: above it where there is no space.
      const place = upright ? box.left + at * scale : box.left + from * scale;
      const right = place + 14 + width < document.documentElement.clientWidth;
      const below = box.top + at * scale + 22;
      const top = upright ? box.top + 24 * scale : below + height < innerHeight ? below : below - 44 - height;
      tip.style.left = Math.max(4, right ? place + 14 : place - 14 - width) + 'px';
      tip.style.top = Math.max(4, Math.min(top, innerHeight - height - 4)) + 'px';
    };
    const nearest = (svg, event) => {
      const box = svg.getBoundingClientRect();
      const moved = svg.dataset.along === 'x' ? event.clientX - box.left : event.clientY - box.top;
      const at = (moved * svg.viewBox.baseVal.width) / box.width;
      const distances = svg.dataset.at.split(' ').map((place) => Math.abs(place - at));
      return distances.indexOf(Math.min(...distances));
    };
    for (const svg of figure.querySelectorAll('svg')) {
      const point = (event) => open(svg, nearest(svg, event));
      svg.addEventListener('pointermove', point);
      svg.addEventListener('pointerdown', point);
      svg.addEventListener('pointerleave', (event) => { if (event.pointerType !== 'touch') close(); });
    }
    const plot = figure.querySelector('.plot');
    plot.tabIndex = 0;
    plot.setAttribute('role', 'group');
    plot.setAttribute('aria-label', 'Chart: arrow keys read out its values');
    let at = -1;
    plot.addEventListener('keydown', (event) => {
      const { key } = event;
      if (key === 'Escape') return close();
      const upright = plot.querySelector('svg').dataset.along === 'x';
      const step = { [upright ? 'ArrowLeft' : 'ArrowUp']: -1, [upright ? 'ArrowRight' : 'ArrowDown']: 1 }[key];
      if (step === undefined) return;
      event.preventDefault();
      at = Math.min(places.length - 1, Math.max(0, at + step));
      for (const svg of plot.querySelectorAll('svg')) if (svg.getBoundingClientRect().width > 0) open(svg, at);
    });
    plot.addEventListener('blur', () => { at = -1; close(); });
  }
  // What was opened by keys moves along; a pointer is elsewhere now.
  addEventListener('scroll', () => (document.activeElement.closest('.plot') && again ? again() : close()), { passive: true });
  addEventListener('pointerdown', (event) => { if (!event.target.closest('svg')) close(); });
})();
`;
