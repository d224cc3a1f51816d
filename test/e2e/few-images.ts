import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../src/paths.js';

/**
 * Writes the quickstart on a few of its images, called `few-images`: all of its tasks, and four steps an epoch, for where
 * it matters what becomes of results and not how good they are.
 * @returns what `run` needs to run its shortest form
 */
export function writeFewImages(folder: string): readonly string[] {
  cpSync(join(packageRoot, 'pipelines/quickstart.yaml'), join(folder, 'quickstart.yaml'));
  const data = 'stages: { data: { with: { subset: { train: 400, test: 100 } } } }';
  writeFileSync(join(folder, 'few-images.yaml'), `name: few-images\nextends: quickstart.yaml\n${data}\n`);
  return ['few-images.yaml', '--profile', 'smoke'];
}
