// Does what runs do to a store, over and over until it is killed: ingests a file and a folder, records, publishes,
// saves and finishes a mid-way state. Says `ready` once it has done all of it.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Store } from '../../../src/store/store.js';
import { commandTask, keyParts, recordOf } from '../examples.js';

const [folder, name] = process.argv.slice(2);
const work = join(folder!, 'work', name!);
mkdirSync(join(work, 'tree/sub'), { recursive: true });
const store = Store.open(join(folder!, 'artifacts'));

for (let round = 0; ; round++) {
  const parts = keyParts({ round: round % 7 }, { result: 'result.txt', tree: 'tree' });
  const task = commandTask('make', { round: String(round % 2) }, parts.outputs);
  const point = store.resumePoint(recordOf(parts, {}).key);
  await point.save(Buffer.alloc(5000, round % 7));
  writeFileSync(join(work, 'result'), `result ${round % 7}`.padEnd(20_000, '.'));
  for (const file of ['a', 'sub/b']) writeFileSync(join(work, 'tree', file), `${file} ${round % 7}`);
  const outputs = { result: await store.ingest(join(work, 'result')), tree: await store.ingest(join(work, 'tree')) };
  const record = recordOf(parts, outputs);
  await store.writeRecord(record);
  await point.finish();
  await store.published('race').show(task, record);
  if (round === 0) process.stdout.write('ready\n');
}
