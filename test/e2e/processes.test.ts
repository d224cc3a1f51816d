import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { removeInUse, until } from './processes.js';

test('a folder is removed although somebody goes on writing into it for a while', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'spikeline-in-use-'));
  const script = 'i=0; while [ $i -lt 60 ]; do mkdir -p "$0/a"; echo > "$0/a/$i"; i=$((i + 1)); sleep 0.01; done';
  const writer = spawn('sh', ['-c', script, folder]);
  const ended = new Promise((resolve) => writer.on('close', resolve));
  await until(() => existsSync(join(folder, 'a/0')), 'the first file is there');
  await removeInUse(folder);
  await ended;
  await removeInUse(folder);
  expect(existsSync(folder)).toBe(false);
});
