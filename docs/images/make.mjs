// Makes the pictures of README and docs/ from a run of the quickstart:
//
//   npm run quickstart -- --reporter plain | tee quickstart.log
//   node docs/images/make.mjs quickstart.log artifacts/quickstart
//
// report.png is the top of the page of results in Chromium, where that is installed.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const [log = 'quickstart.log', results = 'artifacts/quickstart'] = process.argv.slice(2);
const here = dirname(fileURLToPath(import.meta.url));

const plots = ['accuracy-noise', 'spikes'];
for (const name of plots)
  writeFileSync(join(here, `${name}.svg`), readFileSync(join(results, `plots/plots/${name}.svg`)));

const printed = readFileSync(log, 'utf8');
const [table] = /^precision.*?^expect: .*?$/ms.exec(printed) ?? [];
if (table === undefined) throw new Error(`${log} holds no table of the quickstart.`);
writeFileSync(join(here, 'quickstart.svg'), terminal(['$ npm run quickstart', '…', ...table.split('\n')]));

const page = pathToFileURL(resolve(results, 'report.html')).href;
const picture = join(here, 'report.png');
execFileSync('chromium', [
  '--headless',
  '--no-sandbox',
  '--hide-scrollbars',
  '--window-size=920,600',
  `--screenshot=${picture}`,
  page,
]);

function terminal(lines) {
  // A letter of these fonts at 13 pixels takes 7.83 at most.
  const longest = Math.max(...lines.map((line) => line.length));
  const [width, height] = [Math.max(760, Math.ceil(44 + 7.83 * longest)), 60 + 19 * lines.length];
  // Browsers differ in what lets them keep spaces, but for those that don't break.
  const text = (line) => line.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll(' ', '\u00a0');
  const rows = lines.map((line, i) => `<text x="22" y="${52 + 19 * i}">${text(line)}</text>`);
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="The quickstart in a terminal">
<rect width="${width}" height="${height}" rx="8" fill="#16181d"/>
<circle cx="20" cy="18" r="5" fill="#e5675d"/><circle cx="38" cy="18" r="5" fill="#e3b341"/><circle cx="56" cy="18" r="5" fill="#57ab5a"/>
<g font-family="ui-monospace,SFMono-Regular,Menlo,Consolas,monospace" font-size="13" fill="#d0d7de">
${rows.join('\n')}
</g></svg>
`;
}
