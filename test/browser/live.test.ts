import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LivePage, ResultsPage } from '../../src/cli/live/live.js';
import type { Look } from '../../src/cli/live/look.js';
import { historyText } from '../../src/results/history.js';
import type { RunEvent } from '../../src/run/events.js';
import { Planner } from '../../src/run/plan/planner.js';
import { defineStage } from '../../src/stage/definition.js';
import { Store } from '../../src/store/store.js';
import type { TaskId } from '../../src/values.js';
import { command, complete, from, pipelineOf, plainStage, stageTask } from '../run/examples.js';
import { writeFiles } from '../store/folder.js';
import { executable } from './chromium.js';
import { expectSound } from './sound.js';

const tasks = [
  command('train@seed=1'),
  command('train@seed=2'),
  command('test', { inputs: { all: from('train@seed=1') } }),
];
const [one, two, last] = tasks.map(({ id }) => id) as [TaskId, TaskId, TaskId];

/** A run in the middle: one training has failed, one goes on. */
const events: readonly RunEvent[] = [
  { event: 'start', pipeline: 'example', tasks },
  { event: 'task-start', task: one, key: '' as never, reasons: [{ code: 'new', text: 'never run here' }] },
  { event: 'task-start', task: two, key: '' as never, reasons: [] },
  { event: 'warning', message: 'Look: <img src=x onerror=alert(1)>' },
  { event: 'task', task: two, status: 'failed', seconds: 3, failure: { code: 'E_X', message: '<b>no</b> memory' } },
];

const progress = (done: number): RunEvent => ({
  ...{ event: 'task-progress', task: one },
  progress: {
    done,
    total: 10,
    unit: 'epochs',
    phase: `epoch ${done}/10`,
    values: { loss: 1 / done, accuracy: done / 10 },
  },
});

/** A store in which the first training is done, and what its history has curves of. */
async function trainedIn(folder: string) {
  writeFiles(folder, { 'stage.ts': 'export default 1;' });
  const definition = defineStage({
    ...plainStage,
    outputs: { result: { description: 'By epoch', path: 'history.csv', kind: 'history' } },
  });
  const task = stageTask(one, './stage.ts', definition);
  const pipeline = pipelineOf(folder, [task, ...tasks.slice(1)]);
  const store = Store.open(join(folder, 'artifacts'));
  const epochs = Array.from({ length: 20 }, (_, i) => ({
    ...{ epoch: i + 1, learningRate: 0.1 / (i + 1), loss: 2 / (i + 1) },
    ...{ trainAccuracy: 1 - 0.8 / (i + 1), testAccuracy: 0.95 - 0.8 / (i + 1) },
  }));
  const plan = await new Planner(pipeline, store).statusOf(task, () => undefined);
  const { key } = await complete(store, pipeline, task, plan, historyText(epochs, { network: 'mlp', dataset: 'd' }));
  return { pipeline, store, key, curves: ['learningRate', 'loss', 'trainAccuracy', 'testAccuracy'] };
}

async function inFolder(act: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'spikeline-live-'));
  await act(folder).finally(() => rmSync(folder, { recursive: true, force: true }));
}

describe.skipIf(executable === undefined)('the page of a run in Chromium', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: executable!, args: ['--no-sandbox', '--disable-gpu'] });
  });
  afterAll(() => browser.close());

  const forms = [1280, 390].flatMap((width) => (['light', 'dark'] as const).map((scheme) => ({ width, scheme })));

  it.each(forms)('follows a run, at $width pixels, $scheme', ({ width, scheme: colorScheme }) =>
    inFolder(async (folder) => {
      const store = Store.open(join(folder, 'artifacts'));
      const live = await LivePage.open(
        pipelineOf(folder, tasks),
        store,
        tasks.map(({ id }) => id),
        0,
      );
      try {
        for (const event of events) live.handle(event);
        for (let done = 1; done <= 4; done++) live.handle(progress(done));
        // The page's policy allows its own script alone: it would refuse axe.
        const context = await browser.newContext({ colorScheme, viewport: { width, height: 900 }, bypassCSP: true });
        const page = await context.newPage();
        const complaints: string[] = [];
        page.on('console', (message) => complaints.push(message.text()));
        page.on('pageerror', (error) => complaints.push(error.message));
        page.on('requestfailed', (request) => complaints.push(request.url()));
        await page.goto(live.show()[0]!);
        await page.getByText('epoch 4/10').waitFor();
        expect(await page.locator('.run h3').allInnerTexts()).toEqual(['train@seed=1', 'train@seed=2 failed']);
        // A picture that is wider than the window is seen in its middle.
        const off = await page.evaluate<number>(`{
          const { scrollLeft, scrollWidth, clientWidth } = document.getElementById('graph').parentElement;
          Math.abs(2 * scrollLeft - (scrollWidth - clientWidth));
        }`);
        expect(off).toBeLessThanOrEqual(2);
        expect(await page.locator('.curves b').allInnerTexts()).toEqual(['0.25', '0.4']);
        expect(await page.getByText('<b>no</b> memory [E_X]').count()).toBe(1);
        expect(await page.locator('#warnings').textContent()).toBe('Look: <img src=x onerror=alert(1)>');
        live.handle(progress(9));
        await page.getByText('epoch 9/10').waitFor();
        // What nobody sees is not drawn before somebody does.
        const hide = (hidden: boolean) =>
          page.evaluate(`Object.defineProperty(document, 'hidden', { configurable: true, value: ${hidden} });
            document.dispatchEvent(new Event('visibilitychange'))`);
        await hide(true);
        await page.waitForTimeout(600);
        live.handle(progress(10));
        await page.waitForTimeout(600);
        expect(await page.getByText('epoch 10/10').count()).toBe(0);
        await hide(false);
        await page.getByText('epoch 10/10').waitFor();
        await page.locator('#task').selectOption(last);
        await page.getByText('It has written nothing yet.').waitFor();
        await expectSound(page, width, `live-${width}-${colorScheme}`);
        live.handle({ event: 'task', task: one, status: 'ran', seconds: 5, metrics: { accuracy: 0.9 } });
        await page.locator('.run').nth(1).waitFor({ state: 'detached' });
        expect(complaints).toEqual([]);
        await context.close();
      } finally {
        await live.close();
      }
    }),
  );

  it.each(forms)('shows what there is, at $width pixels, $scheme', ({ width, scheme: colorScheme }) =>
    inFolder(async (folder) => {
      const trained = await trainedIn(folder);
      const look = async (): Promise<Look> => ({
        pipeline: trained.pipeline,
        tasks: new Map([
          [one, { state: 'cached', text: 'cached', key: trained.key }],
          [two, { state: 'running', text: 'computed by process 7 on <b>node</b>' }],
          [last, { state: 'failed', text: 'failed on Monday', failure: { code: 'E_X', message: '<b>no</b> memory' } }],
        ]),
        metrics: new Map([[one, { accuracy: 0.9 }]]),
        warnings: ['p.yaml has changed'],
      });
      const { store } = trained;
      const live = await ResultsPage.open(store, look, () => '', 0);
      try {
        const context = await browser.newContext({ colorScheme, viewport: { width, height: 900 }, bypassCSP: true });
        const page = await context.newPage();
        const complaints: string[] = [];
        page.on('console', (message) => complaints.push(message.text()));
        page.on('pageerror', (error) => complaints.push(error.message));
        await page.goto(live.show()[0]!);
        await page.getByText('1 of 3 cached, 1 running, 1 failed').waitFor();
        await page.locator('.run.failed').waitFor();
        expect(await page.locator('.run h3').allInnerTexts()).toEqual(['train@seed=2', 'test failed']);
        expect(await page.getByText('computed by process 7 on <b>node</b>').count()).toBe(1);
        await page.locator('#task').selectOption(one);
        await page.locator('#curves li').nth(1).waitFor();
        expect(await page.locator('#curves li span span').allInnerTexts()).toEqual(trained.curves);
        await expectSound(page, width, `ui-${width}-${colorScheme}`);
        await page.locator('#task').selectOption(two);
        await page.locator('#curves').waitFor({ state: 'hidden' });
        expect(complaints).toEqual([]);
        await context.close();
      } finally {
        await live.close();
      }
    }),
  );

  it('says that its server is away, and goes on once that is back, with what has changed', () =>
    inFolder(async (folder) => {
      const pipeline = pipelineOf(folder, tasks);
      const store = Store.open(join(folder, 'artifacts'));
      const look =
        (state: 'missing' | 'cached', shown = pipeline) =>
        async (): Promise<Look> => ({
          pipeline: shown,
          tasks: new Map(shown.tasks.map(({ id }) => [id, { state, text: state }])),
          ...{ metrics: new Map(), warnings: [] },
        });
      const token = 'x'.repeat(32);
      const first = await ResultsPage.open(store, look('missing'), () => '', 0, { port: 0, token });
      const port = Number(new URL(first.show()[0]!).port);
      const context = await browser.newContext();
      const [page, compared] = [await context.newPage(), await context.newPage()];
      await page.goto(first.show()[0]!);
      await page.getByText('0 of 3 cached, 3 missing').waitFor();
      await compared.goto(`${first.show()[0]!}compare`);
      await first.close();
      await page.locator('#gone').waitFor();
      await compared.locator('#gone').waitFor();
      // While it is away, somebody else has the port: browsers give up where they are refused.
      const other = createServer((_, response) => response.writeHead(404).end()).listen(port, '127.0.0.1');
      await page.waitForTimeout(4000);
      other.closeAllConnections();
      await new Promise((resolve) => other.close(resolve));
      const second = await ResultsPage.open(
        store,
        look('cached', { ...pipelineOf(folder, tasks.slice(0, 1)), description: 'Shorter' }),
        () => '',
        ...[port, { port, token }],
      );
      await page.getByText('1 of 1 cached').waitFor();
      await page.locator('#gone').waitFor({ state: 'hidden' });
      await compared.locator('#gone').waitFor({ state: 'hidden' });
      expect(await page.locator('#description').textContent()).toBe('Shorter');
      expect(await page.locator('#task option').allInnerTexts()).toEqual(['–', one]);
      await context.close();
      await second.close();
    }));
});
