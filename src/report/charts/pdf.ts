// PDF from SVG that resvg has made plain: paths of lines and curves, groups with transforms, clips; text is outlines already.

/** An element of such an SVG, with those in it. */
interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: Element[];
}

/**
 * A picture as one page of PDF 1.4, all of it as vectors.
 *
 * @param svg plain, as said above
 * @param width millimetres of the page; its height follows
 */
export function pdfOf(svg: string, width: number): Uint8Array {
  const root = readElements(svg);
  const [, , w, h] = root.attributes.viewBox!.split(' ').map(Number) as [number, number, number, number];
  const scale = ((width / 25.4) * 72) / w;
  const opacities = new Map<string, string>();
  const clips = new Map<string, Element>();
  for (const { children } of root.children.filter(({ name }) => name === 'defs'))
    for (const clip of children) if (clip.name === 'clipPath') clips.set(clip.attributes.id!, clip);
  const drawn = root.children
    .filter(({ name }) => name !== 'defs')
    .map((child) => drawElement(child, clips, opacities));
  // PDF's y axis points upwards.
  const content = [`${numbers(scale, 0, 0, -scale, 0, h * scale)} cm`, ...drawn].join('\n');
  const states = [...opacities].map(([name, dictionary]) => `/${name} ${dictionary}`).join(' ');
  return documentOf([
    '<< /Type /Catalog /Pages 2 0 R >>',
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 ${numbers(w * scale, h * scale)}] /Contents 4 0 R ` +
      `/Resources << /ExtGState << ${states} >> >> >>`,
    `<< /Length ${content.length} >>\nstream\n${content}\nendstream`,
  ]);
}

/** A file of objects 1, 2, …, of which the first is the catalogue. All of it is ASCII. */
function documentOf(objects: readonly string[]): Uint8Array {
  let text = '%PDF-1.4\n';
  const offsets = objects.map((object, index) => {
    const offset = text.length;
    text += `${index + 1} 0 obj\n${object}\nendobj\n`;
    return offset;
  });
  const count = objects.length + 1;
  const rows = offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`);
  const table = `xref\n0 ${count}\n0000000000 65535 f \n${rows.join('')}`;
  return Buffer.from(
    `${text}${table}trailer\n<< /Size ${count} /Root 1 0 R >>\nstartxref\n${text.length}\n%%EOF\n`,
    'latin1',
  );
}

function readElements(svg: string): Element {
  const root: Element = { name: '', attributes: {}, children: [] };
  const open = [root];
  for (const [, closing, name, inside, alone] of svg.matchAll(/<(\/?)([\w:]+)([^>]*?)(\/?)>/g)) {
    if (closing === '/') {
      open.pop();
      continue;
    }
    const attributes = Object.fromEntries(
      [...inside!.matchAll(/([\w:-]+)="([^"]*)"/g)].map(([, key, value]) => [key!, value!]),
    );
    const element: Element = { name: name!, attributes, children: [] };
    open.at(-1)!.children.push(element);
    if (alone !== '/') open.push(element);
  }
  return root.children[0]!;
}

type Opacities = Map<string, string>;

function drawElement(element: Element, clips: ReadonlyMap<string, Element>, opacities: Opacities): string {
  const { name, attributes, children } = element;
  if (name === 'path') return drawPath(attributes, opacities);
  const inside = children.map((child) => drawElement(child, clips, opacities)).filter((text) => text !== '');
  if (inside.length === 0) return '';
  const clip = clips.get(/^url\(#(.*)\)$/.exec(attributes['clip-path'] ?? '')?.[1] ?? '');
  return [
    'q',
    ...transform(attributes.transform),
    ...(clip === undefined ? [] : [...clip.children.map(({ attributes: { d } }) => pathOf(d!)), 'W n']),
    ...opacity(Number(attributes.opacity ?? 1), 1, opacities),
    ...inside,
    'Q',
  ].join('\n');
}

function transform(text: string | undefined): string[] {
  const matrix = /^matrix\((.*)\)$/.exec(text ?? '')?.[1];
  return matrix === undefined ? [] : [`${numbers(...matrix.split(/[ ,]+/).map(Number))} cm`];
}

const caps: Readonly<Record<string, number>> = { butt: 0, round: 1, square: 2 };
const joins: Readonly<Record<string, number>> = { miter: 0, round: 1, bevel: 2 };

function drawPath(attributes: Element['attributes'], opacities: Opacities): string {
  const { d = '', fill = 'none', stroke = 'none', visibility } = attributes;
  if (visibility === 'hidden' || d === '') return '';
  const alpha = Number(attributes.opacity ?? 1);
  const [fillAlpha, strokeAlpha] = [Number(attributes['fill-opacity'] ?? 1), Number(attributes['stroke-opacity'] ?? 1)];
  const path = pathOf(d);
  const filled =
    fill === 'none' || fillAlpha === 0
      ? []
      : [`${colour(fill)} rg`, path, attributes['fill-rule'] === 'evenodd' ? 'f*' : 'f'];
  const stroked =
    stroke === 'none'
      ? []
      : [
          `${colour(stroke)} RG ${numbers(Number(attributes['stroke-width'] ?? 1))} w`,
          `${caps[attributes['stroke-linecap'] ?? 'butt']} J ${joins[attributes['stroke-linejoin'] ?? 'miter']} j`,
          `[${attributes['stroke-dasharray'] ?? ''}] 0 d`,
          path,
          'S',
        ];
  const order = /^stroke/.test(attributes['paint-order'] ?? '') ? [...stroked, ...filled] : [...filled, ...stroked];
  if (order.length === 0) return '';
  return [
    'q',
    ...transform(attributes.transform),
    ...opacity(fillAlpha * alpha, strokeAlpha * alpha, opacities),
    ...order,
    'Q',
  ].join('\n');
}

function opacity(fill: number, stroke: number, opacities: Opacities): string[] {
  if (fill === 1 && stroke === 1) return [];
  const dictionary = `<< /ca ${numbers(fill)} /CA ${numbers(stroke)} >>`;
  const known = [...opacities].find(([, one]) => one === dictionary)?.[0];
  const name = known ?? `O${opacities.size}`;
  opacities.set(name, dictionary);
  return [`/${name} gs`];
}

/** `0 0.447 0.698` of `#0072b2`. */
function colour(hex: string): string {
  return numbers(...[1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16) / 255));
}

function numbers(...values: readonly number[]): string {
  return values.map((value) => String(Number(value.toFixed(4)))).join(' ');
}

/** Operators of a path: PDF has no quadratic curves. */
function pathOf(d: string): string {
  const words = d.trim().split(/[ ,]+/);
  const operators: string[] = [];
  let [x, y] = [0, 0];
  for (let i = 0; i < words.length; ) {
    const command = words[i++];
    if (command === 'Z') {
      operators.push('h');
      continue;
    }
    const count = { M: 2, L: 2, Q: 4, C: 6 }[command!] ?? 0;
    const values = words.slice(i, i + count).map(Number);
    i += count;
    const [endX, endY] = values.slice(-2) as [number, number];
    if (command === 'Q') {
      const [cx, cy] = values as [number, number];
      const near = (from: number, control: number) => from + (2 / 3) * (control - from);
      operators.push(`${numbers(near(x, cx), near(y, cy), near(endX, cx), near(endY, cy), endX, endY)} c`);
    } else operators.push(`${numbers(...values)} ${{ M: 'm', L: 'l', C: 'c' }[command!]}`);
    [x, y] = [endX, endY];
  }
  return operators.join('\n');
}
