import type { Page } from 'playwright-core';
import { afterAll, describe, expect, it } from 'vitest';
import { comparisonOf } from '../../src/cli/results/comparison.js';
import type { RunResultRow } from '../../src/cli/results/runs.js';
import { type Comparison, type Curves, comparePage } from '../../src/report/live/compare-page.js';
import { defineStage } from '../../src/stage/definition.js';
import { runRow } from '../cli/results/rows.js';
import { command, pipelineOf, plainStage, stageTask } from '../run/examples.js';
import { Browser, executable, show } from './chromium.js';
import { expectSound } from './sound.js';

const training = defineStage({
  ...plainStage,
  outputs: { result: { description: 'By epoch', path: 'history.csv', kind: 'history' } },
});
const precisions = ['fp32', 'k0B1', 'k1B2'];
const pipeline = pipelineOf(
  '/p',
  [
    ...precisions.map((precision) => stageTask(`train@precision=${precision}`, './stage.ts', training)),
    ...precisions.map((precision) => command(`snn@precision=${precision}`)),
  ],
  'quickstart',
);

/** Runs of a training and a test of each precision. */
function rowsOf(runs: number): RunResultRow[] {
  return Array.from({ length: runs }, (_, i) => runs - i).flatMap((run) =>
    precisions.flatMap((precision, i) => [
      runRow(
        run,
        `train@precision=${precision}`,
        { epoch: run, loss: 1 / run + i / 10, trainAccuracy: 0.9 - i / 20 },
        { precision, epochs: run, network: 'lenet' },
      ),
      runRow(
        run,
        `snn@precision=${precision}`,
        i === 0 ? { accuracy: 0.9 } : { accuracy: 0.8 + run / 100 - i / 30, sopsPerImage: 1e6 * run ** (3 - i) },
        { precision, noise: 0 },
      ),
    ]),
  );
}

/** Curves of falling loss and growing accuracy. */
function curvesOf(row: RunResultRow, epochs = 12): Curves {
  const numbers = Array.from({ length: epochs }, (_, i) => i + 1);
  return {
    loss: numbers.map((epoch) => [epoch, (row.metrics.loss as number) + 2 / epoch]),
    testAccuracy: numbers.map((epoch) => [epoch, 0.9 - 0.5 / epoch / row.run]),
  };
}

function comparisonWithCurves(rows: readonly RunResultRow[], pareto?: string): Comparison {
  const trainings = rows.filter(({ stage }) => stage === 'train');
  const curves = Object.fromEntries(trainings.map((row) => [`${row.task} ${row.key}`, curvesOf(row)]));
  return { ...comparisonOf(pipeline, rows, pareto), curves };
}

const column = (page: Page, table: number, index: number) =>
  page.locator('table').nth(table).locator(`tbody tr:visible > :nth-child(${index})`).allInnerTexts();

describe.skipIf(executable === undefined)('the page of all runs in Chromium', () => {
  const browser = new Browser();
  afterAll(() => browser.close());

  const forms = [1280, 390].flatMap((width) => (['light', 'dark'] as const).map((scheme) => ({ width, scheme })));

  it.each(forms)('compares runs, at $width pixels, $scheme', async ({ width, scheme: colorScheme }) => {
    const html = comparePage(comparisonWithCurves(rowsOf(4)), false);
    const { page, complaints, requests } = await browser.open(html, {
      ...{ colorScheme, viewport: { width, height: 900 }, bypassCSP: true },
    });
    const boxes = page.locator('#tables input');
    expect(await boxes.count()).toBe(12);
    await page.getByLabel('curves of run 4, train@precision=fp32').check();
    await page.getByLabel('curves of run 1, train@precision=k1B2').check();
    await page.locator('#curves figure').nth(1).waitFor();
    expect(await page.locator('#curves figcaption').allInnerTexts()).toEqual(['loss', 'testAccuracy']);
    expect(await page.locator('#curves figure').first().locator('.key').allInnerTexts()).toEqual([
      ...['run 4, train@precision=fp32', 'run 1, train@precision=k1B2'],
    ]);
    expect(await page.locator('#curves figure').first().locator('polyline').count()).toBe(2);
    // Accuracy against operations, as it is usually asked: those without operations are left out.
    expect(await page.locator('#front-said').textContent()).toMatch(/^8 results of 24 .* have both numbers; \d on the/);
    await expectSound(page, width, `compare-${width}-${colorScheme}`);
    expect([complaints, requests]).toEqual([[], []]);
    await page.context().close();
  });

  it('sorts by click and by key, with what is missing last', async () => {
    const { page } = await browser.open(comparePage(comparisonWithCurves(rowsOf(3)), false));
    const sops = page.locator('table').nth(1).getByRole('button', { name: 'sopsPerImage' });
    await sops.click();
    const upwards = await column(page, 1, 5);
    expect(upwards.slice(0, 6).map(Number)).toEqual(
      upwards
        .slice(0, 6)
        .map(Number)
        .sort((a, b) => a - b),
    );
    expect(upwards.slice(6)).toEqual(['', '', '']);
    await page.keyboard.press('Enter');
    const downwards = await column(page, 1, 5);
    expect(downwards).toEqual([...upwards.slice(0, 6).reverse(), '', '', '']);
    expect(await page.locator('table').nth(1).locator('[aria-sort]').getAttribute('aria-sort')).toBe('descending');
    await page.context().close();
  });

  it('chooses as `show --runs --where` does, and says what it doesn’t know', async () => {
    const { page } = await browser.open(comparePage(comparisonWithCurves(rowsOf(12)), false));
    const where = page.locator('#where');
    await where.fill('stage=snn and accuracy>=0.85 and run<10');
    await page.getByText(/^\d+ of 72 results$/).waitFor();
    expect(await page.locator('#tables section:visible h2').allInnerTexts()).toEqual(['snn']);
    const shown = (await column(page, 0, 1)).length + (await column(page, 1, 1)).length;
    expect(await page.locator('#said').textContent()).toBe(`${shown} of 72 results`);
    await where.fill('acuracy>1');
    await page.getByText('No result has a “acuracy”.').waitFor();
    await where.fill('accuracy');
    await page.getByText('“accuracy” is no condition').waitFor();
    await where.fill('network=lenet');
    await page.getByText('36 of 72 results').waitFor();
    await page.context().close();
  });

  it('marks the Pareto front in table and chart, of any two metrics, and reads it out', async () => {
    const { page } = await browser.open(comparePage(comparisonWithCurves(rowsOf(4), 'accuracy,-sopsPerImage'), false));
    const marks = await page.locator('tr.on-front').count();
    expect(await page.locator('#front li').count()).toBe(marks);
    // Only where there are both numbers is there a column of marks.
    expect(await page.locator('th.front:visible').count()).toBe(1);
    expect(await page.locator('#front svg circle').count()).toBe(8);
    await show(page.locator('#front svg'));
    await page.locator('#front .plot').focus();
    await page.keyboard.press('ArrowRight');
    expect(await page.locator('.tip b').textContent()).toMatch(/^run \d, snn@precision=k/);
    expect(await page.locator('.ring').count()).toBe(1);
    await page.keyboard.press('Escape');
    expect(await page.locator('.tip').isVisible()).toBe(false);
    await page.locator('#x').selectOption('-loss');
    expect(await page.locator('#front-said').textContent()).toBe('No result that is shown has both numbers.');
    await page.locator('#y').selectOption('trainAccuracy');
    expect(await page.locator('#front-said').textContent()).toMatch(/^12 results of 24/);
    await page.locator('#y').selectOption('');
    expect(await page.locator('#front-said').textContent()).toBe('Choose two metrics.');
    await page.context().close();
  });

  it('is a plain table without a script', async () => {
    const html = comparePage(comparisonWithCurves(rowsOf(4)), false);
    const { page } = await browser.open(html, { javaScriptEnabled: false });
    expect(await page.locator('tbody tr:visible').count()).toBe(24);
    expect(await page.locator('select:visible, button:visible, input[type=search]:visible').count()).toBe(0);
    expect(await page.locator('#tables input:enabled').count()).toBe(0);
    await page.context().close();
  });

  it('holds two thousand results, markup as names, endless values, and numbers that are none', async () => {
    const evil = '<img src=x onerror=alert(1)></script><script>alert(2)</script>';
    const rows = [
      ...rowsOf(334),
      runRow(
        1,
        `snn@precision=${evil}`,
        { accuracy: Number.NaN, [evil]: 1 },
        { [evil]: evil, long: 'word '.repeat(1e4) },
      ),
      runRow(2, 'snn@precision=x', { accuracy: Number.POSITIVE_INFINITY, sopsPerImage: -1 }, { long: 'x'.repeat(1e5) }),
    ];
    const html = comparePage(comparisonWithCurves(rows), false);
    const { page, complaints, requests } = await browser.open(html, { viewport: { width: 390, height: 844 } });
    expect(await page.locator('#tables tbody tr').count()).toBe(2006);
    await page.locator('#where').fill('accuracy<0.9 and run>300');
    await page.getByText(/^\d+ of 2006 results$/).waitFor();
    await page.locator('#where').fill('');
    await page.getByText(/of 2006 results$/).waitFor({ state: 'hidden' });
    await page.locator('table').nth(1).getByRole('button', { name: 'accuracy' }).click();
    // More than can be told apart can't be chosen.
    const boxes = page.locator('#tables input');
    for (let i = 0; i < 24; i++) await boxes.nth(i).check();
    await page.getByText('24 trainings: no more can be told apart').waitFor();
    expect(await boxes.nth(30).isDisabled()).toBe(true);
    await page.getByRole('button', { name: 'Choose none' }).click();
    await page.getByText('Check boxes in the tables choose trainings.').waitFor();
    expect(await boxes.nth(30).isDisabled()).toBe(false);
    expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBe(390);
    expect(await page.locator('#tables img, #tables script').count()).toBe(0);
    expect([complaints, requests]).toEqual([[], []]);
    await page.context().close();
  });
});
