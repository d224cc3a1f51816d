// Takes a lock, says `waiting` while another holds it and `held` once it is ours, notes both ends of that time in a file,
// and releases the lock when its input ends.
import { appendFileSync } from 'node:fs';
import { Store } from '../../../src/store/store.js';
import type { TaskKey } from '../../../src/store/types.js';

const [folder, key, file] = process.argv.slice(2);
const lock = await Store.open(folder!).lock(key as TaskKey, {
  onWait: () => void process.stdout.write('waiting\n'),
});
appendFileSync(file!, `in ${process.pid}\n`);
process.stdout.write('held\n');
process.stdin.resume();
await new Promise((resolve) => process.stdin.once('end', resolve));
appendFileSync(file!, `out ${process.pid}\n`);
await lock.release();
