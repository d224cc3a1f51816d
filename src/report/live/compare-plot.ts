/**
 * Draws charts of what a reader has chosen: lines or dots on two axes, as the charts of the page of results look, with a
 * legend, and values that are read out under the pointer and by arrow keys.
 */
export const comparePlot = `
  const short = (value) => String(Number(value.toPrecision(6)));
  const compactNumbers = new Intl.NumberFormat('en', { notation: 'compact', maximumSignificantDigits: 4 });
  const compact = (value) => (Math.abs(value) >= 1e4 ? compactNumbers.format(value) : value !== 0 && Math.abs(value) < 1e-4 ? value.toExponential() : String(value));

  // An axis around values: where they lie from 0 to 1, and its ticks. Logarithmic where they span a lot.
  const axisOf = (values, exact) => {
    const [least, most] = values.reduce(([low, high], value) => [Math.min(low, value), Math.max(high, value)], [Infinity, -Infinity]);
    if (least > 0 && most / least > 50 && !exact) {
      const [from, to] = [Math.floor(Math.log10(least)), Math.ceil(Math.log10(most))];
      const every = Math.ceil((to - from) / 6);
      const ticks = [];
      for (let power = from; power <= to; power += every) ticks.push(Number('1e' + power));
      return { ticks, log: true, place: (value) => (Math.log10(value) - from) / (to - from) };
    }
    const half = least === most ? Math.abs(least) / 10 || 1 : exact ? 0 : (most - least) * 0.04;
    const [from, to] = [least - half, most + half];
    const rough = (to - from) / 5;
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 5, 10].find((one) => one * power >= rough * 0.999) * power;
    const ticks = [];
    for (let i = Math.ceil(from / step - 1e-9); i * step <= to + step * 1e-9; i++) ticks.push(Number((i * step).toPrecision(12)));
    return { ticks, log: false, place: (value) => (value - from) / (to - from) };
  };

  const tip = element('div', undefined, 'tip');
  tip.setAttribute('role', 'status');
  document.body.append(tip);
  let clear = () => {};
  const close = () => { clear(); clear = () => {}; tip.replaceChildren(); };
  addEventListener('scroll', close, { passive: true });
  addEventListener('pointerdown', (event) => { if (!event.target.closest('.plot')) close(); });

  // A place is what is read out together: { title, rows: [[colour, name, value], …], x, y }, in pixels.
  const answer = (plot, svg, places, isNear) => {
    const open = ({ title, rows, x, y }) => {
      close();
      tip.append(element('b', title));
      for (const [colour, name, value] of rows) {
        const row = element('div');
        const swatch = element('i');
        swatch.style.background = 'var(--' + colour + ')';
        row.append(swatch, element('span', name), element('span', value));
        tip.append(row);
      }
      const cross = y === undefined
        ? drawn('line', { class: 'cross', x1: x, x2: x, y1: top, y2: height - bottom })
        : drawn('circle', { class: 'ring', cx: x, cy: y, r: 9 });
      svg.append(cross);
      clear = () => cross.remove();
      const box = svg.getBoundingClientRect();
      const { width, height: high } = tip.getBoundingClientRect();
      const scale = box.width / svg.viewBox.baseVal.width;
      const right = box.left + x * scale + 14;
      tip.style.left = Math.max(4, right + width < document.documentElement.clientWidth ? right : right - 28 - width) + 'px';
      tip.style.top = Math.max(4, Math.min(box.top + (y ?? top) * scale + 12, innerHeight - high - 4)) + 'px';
    };
    let index = -1;
    const point = (event) => {
      const box = svg.getBoundingClientRect();
      const scale = svg.viewBox.baseVal.width / box.width;
      const distances = places.map((place) => isNear(place, (event.clientX - box.left) * scale, (event.clientY - box.top) * scale));
      open(places[(index = distances.indexOf(Math.min(...distances)))]);
    };
    svg.addEventListener('pointermove', point);
    svg.addEventListener('pointerdown', point);
    svg.addEventListener('pointerleave', (event) => { if (event.pointerType !== 'touch') close(); });
    plot.tabIndex = 0;
    plot.setAttribute('role', 'group');
    plot.setAttribute('aria-label', 'Chart: arrow keys read out its values');
    plot.addEventListener('keydown', (event) => {
      if (event.key === 'Escape') return close();
      const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (step === undefined) return;
      event.preventDefault();
      index = Math.min(places.length - 1, Math.max(0, index + step));
      open(places[index]);
    });
    plot.addEventListener('blur', () => { index = -1; close(); });
  };

  const [top, bottom, left, right, height] = [12, 52, 74, 18, 290];
  // series: { name, colour, dash, points: [[x, y, what], …], line, dots }
  const figure = ({ title, xName, yName, series, isExact, onPoint }) => {
    const all = series.flatMap(({ points }) => points);
    const width = innerWidth < 620 ? 360 : 560;
    const [x, y] = [axisOf(all.map(([value]) => value), isExact), axisOf(all.map(([, value]) => value), false)];
    const across = (value) => left + x.place(value) * (width - left - right);
    const up = (value) => height - bottom - y.place(value) * (height - top - bottom);
    const svg = drawn('svg', { viewBox: '0 0 ' + width + ' ' + height, role: 'img', 'aria-label': title + ': ' + yName + ' by ' + xName });
    for (const tick of y.ticks) svg.append(
      drawn('line', { class: 'rule', x1: left, x2: width - right, y1: up(tick), y2: up(tick) }),
      drawn('text', { x: left - 8, y: up(tick) + 4, 'text-anchor': 'end' }, compact(tick)));
    for (const tick of x.ticks) svg.append(
      drawn('line', { class: 'axis', x1: across(tick), x2: across(tick), y1: height - bottom, y2: height - bottom + 4 }),
      drawn('text', { x: across(tick), y: height - bottom + 20, 'text-anchor': 'middle' }, compact(tick)));
    svg.append(
      drawn('line', { class: 'axis', x1: left, x2: width - right, y1: height - bottom, y2: height - bottom }),
      drawn('text', { x: (left + width - right) / 2, y: height - 8, 'text-anchor': 'middle' }, xName + (x.log ? ' (logarithmic)' : '')),
      drawn('text', { transform: 'translate(14 ' + (top + height - bottom) / 2 + ') rotate(-90)', 'text-anchor': 'middle' }, yName + (y.log ? ' (logarithmic)' : '')));
    for (const { colour, dash, points, line, dots } of series) {
      const paint = 'var(--' + colour + ')';
      if (line) svg.append(drawn('polyline', { fill: 'none', stroke: paint, 'stroke-width': 2, 'stroke-dasharray': dash ?? '', points: points.map(([a, b]) => across(a).toFixed(1) + ',' + up(b).toFixed(1)).join(' ') }));
      if (dots || points.length === 1) for (const [a, b] of points) svg.append(drawn('circle', { fill: paint, stroke: 'var(--paper)', cx: across(a).toFixed(1), cy: up(b).toFixed(1), r: dots ?? 4 }));
    }
    const made = element('figure', undefined, 'chart');
    made.append(element('figcaption', title));
    if (series.length > 1) {
      const legend = element('div', undefined, 'legend');
      for (const { name, colour, dash } of series) {
        const key = element('span', undefined, 'key');
        const swatch = element('i');
        swatch.style.background = dash ? 'repeating-linear-gradient(90deg, var(--' + colour + ') 0 4px, transparent 4px 6px)' : 'var(--' + colour + ')';
        key.append(swatch, name);
        legend.append(key);
      }
      made.append(legend);
    }
    const plot = element('div', undefined, 'plot');
    plot.append(svg);
    made.append(plot);
    if (onPoint) {
      const places = series.flatMap(({ colour, points }) => points.map((one) => ({ ...onPoint(one, colour), x: across(one[0]), y: up(one[1]) }))).sort((a, b) => a.x - b.x);
      answer(plot, svg, places, (place, px, py) => (place.x - px) ** 2 + (place.y - py) ** 2);
    } else {
      const xs = [...new Set(all.map(([value]) => value))].sort((a, b) => a - b);
      const found = series.map(({ points }) => new Map(points.map(([a, b]) => [a, b])));
      const rowsAt = (value) => series.flatMap(({ colour, name }, i) => (found[i].has(value) ? [[colour, name, short(found[i].get(value))]] : []));
      answer(plot, svg, xs.map((value) => ({ title: xName + ' ' + value, rows: rowsAt(value), x: across(value) })), (place, px) => Math.abs(place.x - px));
    }
    return made;
  };
`;
