// Run by `npm publish` in the package's folder: what is published says where its sources and its documentation are, so that
// whoever finds it on npm finds them. Nobody can know that before the project has an address.
import { readFileSync } from 'node:fs';

const about = JSON.parse(readFileSync('package.json', 'utf8'));
const missing = ['repository', 'homepage'].filter((key) => !about[key]);
if (missing.length > 0) {
  process.stderr.write(`package.json has no ${missing.join(' and no ')}, which npm shows beside the package.\n`);
  process.stderr.write(`  hint: ${missing.map((key) => `npm pkg set ${key}=https://…`).join(' && ')}\n`);
  process.exitCode = 1;
}
