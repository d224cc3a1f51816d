// Entry of the process that reads definitions of the user's. Node's permission model keeps it from writing, from starting
// programs and from reading more than the stage's own files; see process.ts. It has no variables of the environment.
// standard input: a `ReaderOrder`; descriptor 3: the `Reply`.

import { readFileSync, writeSync } from 'node:fs';
import { watchParent } from '../../files/watch-parent.js';
import type { StageDefinition } from '../definition.js';
import { inMemory, loadUserStage } from '../load.js';
import { type Answer, type Phase, phases, type Question, type ReaderOrder, type Reply } from './messages.js';
import { takeAway } from './take-away.js';

const parent = process.ppid;
// Taken before any of the user's code could change what they are.
const { stringify } = JSON;
const { exit } = process;
let doing: Phase = 'load';

function begin(phase: Phase): void {
  doing = phase;
  writeSync(3, Uint8Array.of(phases.indexOf(phase) + 1));
}

async function reply({ code, uses, file, questions }: ReaderOrder): Promise<Reply> {
  takeAway();
  begin('load');
  // Nothing is written for it: there may be no place to write.
  const found = await loadUserStage(inMemory(code), uses, file);
  if ('error' in found) return { problem: found };
  const { run, check, files, ...rest } = found;
  const functions = { run, check, files };
  const has = (['run', 'check', 'files'] as const).filter((name) => functions[name] !== undefined);
  const answers: Answer[] = [];
  for (const question of questions) {
    begin(question.name);
    answers.push(await answer(found, question));
  }
  return { definition: { ...rest, has }, answers };
}

async function answer(definition: StageDefinition, { name, args }: Question): Promise<Answer> {
  try {
    return { value: (await (definition[name] as (...args: readonly unknown[]) => unknown)(...args)) ?? [] };
  } catch (error) {
    return { failed: error instanceof Error ? error.message : String(error) };
  }
}

function end(reply: string): void {
  const bytes = Buffer.from(reply);
  for (let at = 0; at < bytes.length; ) at += writeSync(3, bytes, at);
  exit(0);
}

async function main(): Promise<void> {
  const order = JSON.parse(readFileSync(0, 'utf8')) as ReaderOrder;
  // Code of the user's may never come to an end.
  watchParent(parent);
  process.on('beforeExit', () => {
    const who = doing === 'load' ? `${order.uses} awaits at its top level` : `${doing}() of ${order.uses} awaits`;
    end(stringify({ problem: { error: `${who} what never comes: nothing is under way any more.` } }));
  });
  let text: string;
  try {
    text = stringify(await reply(order));
  } catch (error) {
    // A schema with a big integer or a cycle in it.
    const reason = error instanceof Error ? error.message.split('\n')[0] : String(error);
    text = stringify({ problem: { error: `The definition of ${order.uses} can't be written as JSON: ${reason}` } });
  }
  end(text);
}

void main();
