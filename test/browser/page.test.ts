import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildFolder } from '../../src/paths.js';
import { reportPage as makePage } from '../../src/report/page/page.js';
import { withRun } from '../../src/report/page/run.js';
import { evilContent, evilFacts, exampleContent, exampleDataSet, exampleFacts } from '../report/content.js';
import { Browser, executable, show } from './chromium.js';
import { contrastsOfTexts } from './contrasts.mjs';

/** Pixels from the top of a chart to its last row: above the axis, its name and their space. */
const lastRow = (height: number): number => height - 75;

/** For people to look at, and for CI to keep. */
const screenshots = join(buildFolder, '../screenshots');

describe.skipIf(executable === undefined)('the page in Chromium', () => {
  const browser = new Browser();
  let html: string;
  beforeAll(async () => {
    mkdirSync(screenshots, { recursive: true });
    html = withRun(await makePage(exampleContent({ dataSets: [exampleDataSet()] })), exampleFacts);
  });
  afterAll(() => browser.close());

  it('shows everything, without a complaint and without a request', async () => {
    const { page, complaints, requests } = await browser.open(html);
    expect(await page.title()).toBe('Example');
    expect(await page.locator('h2').allInnerTexts()).toEqual([
      ...['VGG on CIFAR-10', 'Data', 'Expectations', 'How to reproduce', 'Provenance'],
    ]);
    const row = page
      .locator('table', { has: page.getByText('Accuracy', { exact: true }) })
      .locator('tbody tr')
      .nth(2);
    expect(await row.locator('th, td').allInnerTexts()).toEqual([
      ...['k1B2', '92.00', '91.9 (91.4–92.4)', '91.9 (91.4–92.4)', '0.00', '−0.09', '± 0.5', '✓ met'],
    ]);
    expect(await page.locator('figure.chart').count()).toBe(8);
    expect(await page.locator('figure svg:visible').count()).toBe(8);
    for (const svg of await page.locator('figure svg:visible').all())
      expect(await svg.locator('text').count()).toBeGreaterThan(4);
    // Links of the contents lead somewhere.
    for (const href of await page
      .locator('nav a')
      .evaluateAll((links) => links.map((link) => link.getAttribute('href'))))
      expect(await page.locator(href).count()).toBe(1);
    const ids = await page.locator('[id]').evaluateAll((elements) => elements.map(({ id }) => id));
    expect(new Set(ids).size).toBe(ids.length);
    expect([complaints, requests]).toEqual([[], []]);
  });

  it('reads out values under the pointer and by arrow keys', async () => {
    const { page } = await browser.open(html, { viewport: { width: 1280, height: 900 } });
    const figure = page.locator('#s0-accuracy');
    const svg = figure.locator('svg.wide');
    await show(svg);
    const box = (await svg.boundingBox())!;
    const tip = page.locator('.tip');
    await page.mouse.move(box.x + box.width / 2, box.y + lastRow(box.height));
    expect(await tip.locator('b, span').allTextContents()).toEqual([
      'k1B2',
      ...['quantised ANN', '91.9 % (91.4 % … 92.4 %)', 'SNN, one time step', '91.9 % (91.4 % … 92.4 %)'],
    ]);
    expect(await svg.locator('.cross').count()).toBe(1);
    await page.mouse.move(box.x + box.width / 2, box.y - 60);
    expect(await tip.isVisible()).toBe(false);
    expect(await svg.locator('.cross').count()).toBe(0);

    await page.locator('#s0-training-accuracy .plot').focus();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowRight');
    expect(await tip.locator('b, span').allTextContents()).toEqual([
      ...['epoch 2', 'FP32', '70.00 %', 'k1B2', '70.00 %'],
      ...['FP32, training images', '75.00 %', 'k1B2, training images', '75.00 %'],
    ]);
    await page.keyboard.press('Escape');
    expect(await tip.isVisible()).toBe(false);
  });

  it('hides and shows series', async () => {
    const { page } = await browser.open(html, { viewport: { width: 1280, height: 900 } });
    const figure = page.locator('#s0-accuracy');
    const bars = figure.locator('svg.wide [data-c="blue"]');
    // A dot, and an interval of three lines, for each of two precisions; lines have no area to be seen.
    expect(await bars.count()).toBe(8);
    const key = figure.getByRole('button', { name: 'quantised ANN' });
    await key.click();
    expect(await key.getAttribute('aria-pressed')).toBe('false');
    expect(await figure.locator('svg.wide [data-c="blue"]:visible').count()).toBe(0);
    expect(await figure.locator('svg.wide [data-c="vermilion"]:visible').count()).toBe(2);
    await show(figure.locator('svg.wide'));
    const box = (await figure.locator('svg.wide').boundingBox())!;
    await page.mouse.move(box.x + box.width / 2, box.y + lastRow(box.height));
    expect(await page.locator('.tip').textContent()).not.toContain('quantised ANN');
    // Others keep theirs, and so does this one once it is asked to.
    expect(await page.locator('#s0-operations svg.wide [data-c="blue"]:visible').count()).toBe(2);
    await key.press('Enter');
    expect(await figure.locator('svg.wide [data-c="blue"]:visible').count()).toBe(2);
  });

  it('needs no script to be read', async () => {
    const { page } = await browser.open(html, { javaScriptEnabled: false });
    expect(await page.locator('figure svg:visible').count()).toBe(8);
    expect(await page.getByRole('button', { name: 'quantised ANN' }).isDisabled()).toBe(true);
    expect(await page.locator('tbody tr').count()).toBeGreaterThan(20);
  });

  it.each(['light', 'dark'] as const)('can be read when it is %s', async (colorScheme) => {
    const { page } = await browser.open(html, { colorScheme, viewport: { width: 1280, height: 1000 } });
    await page.screenshot({ path: join(screenshots, `${colorScheme}.png`) });
    const contrasts = await page.evaluate(contrastsOfTexts);
    expect(contrasts.length).toBeGreaterThan(100);
    // WCAG 2.1 AA.
    expect(contrasts.filter(({ ratio }) => ratio < 4.5)).toEqual([]);
    const ground = await page.evaluate('getComputedStyle(document.body).backgroundColor');
    expect(ground).toBe(colorScheme === 'light' ? 'rgb(246, 247, 249)' : 'rgb(15, 18, 22)');
  });

  it.each([320, 390, 768, 1280])('fits a screen of %i pixels', async (width) => {
    const { page } = await browser.open(html, { viewport: { width, height: 844 } });
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
    expect(await page.locator(`figure svg.${width < 620 ? 'narrow' : 'wide'}:visible`).count()).toBe(8);
    expect(await page.locator('figure svg:visible').count()).toBe(8);
    if (width === 390) await page.screenshot({ path: join(screenshots, 'phone.png') });
  });

  it('reads out values by touch', async () => {
    const { page } = await browser.open(html, {
      viewport: { width: 390, height: 844 },
      hasTouch: true,
      isMobile: true,
    });
    const svg = page.locator('#s0-firing-rate svg.narrow');
    await show(svg);
    await svg.tap();
    const tip = page.locator('.tip');
    expect(await tip.textContent()).toContain('conv2');
    const box = (await tip.boundingBox())!;
    expect([box.x >= 0, box.x + box.width <= 390]).toEqual([true, true]);
    await page.locator('h2').first().tap();
    expect(await tip.isVisible()).toBe(false);
  });

  it('is printed on light pages, with all that is folded', async () => {
    const { page } = await browser.open(html, { colorScheme: 'dark' });
    await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
    expect(await page.evaluate('getComputedStyle(document.body).backgroundColor')).toBe('rgb(255, 255, 255)');
    expect(await page.evaluate('getComputedStyle(document.body).color')).toBe('rgb(28, 33, 40)');
    expect(await page.locator('nav').isVisible()).toBe(false);
    expect(await page.locator('figure svg:visible').count()).toBe(8);
    expect(
      await page.evaluate("document.querySelector('details pre').checkVisibility({ contentVisibilityAuto: true })"),
    ).toBe(true);
    const pdf = await page.pdf({ path: join(screenshots, 'print.pdf'), preferCSSPageSize: true });
    expect(pdf.subarray(0, 5).toString()).toBe('%PDF-');
  });

  it('runs nothing that users put into it', async () => {
    const evil = withRun(await makePage(evilContent('alert(document.title)')), evilFacts('alert(document.title)'));
    const { page, complaints, requests } = await browser.open(evil);
    expect([complaints, requests]).toEqual([[], []]);
    expect(await page.locator('img:not([src^="data:image/png;base64,"])').count()).toBe(0);
    expect(await page.locator('script').count()).toBe(2);
    expect(await page.locator('h1').textContent()).toContain('<script>alert(document.title)</script>');
    const svg = page.locator('#s0-accuracy svg:visible');
    await show(svg);
    await svg.hover();
    expect(await page.locator('.tip b').textContent()).toContain('<img src=x');
    expect([complaints, requests]).toEqual([[], []]);
  });
});
