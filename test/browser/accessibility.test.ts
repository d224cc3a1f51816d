import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ReportContent } from '../../src/report/content/content.js';
import { reportPage } from '../../src/report/page/page.js';
import { withRun } from '../../src/report/page/run.js';
import {
  classesContent,
  evilContent,
  evilFacts,
  exampleContent,
  exampleDataSet,
  exampleFacts,
} from '../report/content.js';
import { Browser, executable } from './chromium.js';
import { askAxe } from './sound.js';

const another = ['epochs is 1, not 200'];

/** A page of each kind: what it holds, and what the run tells of it. */
const pages: Readonly<Record<string, ReportContent>> = {
  example: exampleContent({ dataSets: [exampleDataSet()] }),
  'ten classes, repetitions': repeated(classesContent(10, 'abcdefghij'.split(''))),
  'a hundred classes': classesContent(100),
  'another run than the paper’s': exampleContent({
    expected: exampleContent().expected.map((one) => ({ ...one, inapplicable: another })),
  }),
  'trainings alone': exampleContent({ ann: [], snn: [], conversion: [], expected: [] }),
};

/** Three seeds of everything. */
function repeated(content: ReportContent): ReportContent {
  const seeds = <T extends { labels: Readonly<Record<string, string>> }>(items: readonly T[]): T[] =>
    items.flatMap((item) => ['1', '2', '3'].map((seed) => ({ ...item, labels: { ...item.labels, seed } })));
  const { ann, snn, conversion, history } = content;
  return {
    ...{ ...content, repeat: ['seed'], expected: [] },
    ...{ ann: seeds(ann), snn: seeds(snn), conversion: seeds(conversion), history: seeds(history) },
  };
}

describe.skipIf(executable === undefined)('the page, as axe-core sees it', () => {
  const browser = new Browser();
  const made = new Map<string, string>();
  beforeAll(async () => {
    for (const [name, content] of Object.entries(pages))
      made.set(name, withRun(await reportPage(content), exampleFacts));
    made.set('what users say', withRun(await reportPage(evilContent('alert(1)')), evilFacts('alert(1)')));
  });
  afterAll(() => browser.close());

  const forms = [1280, 390].flatMap((width) => (['light', 'dark'] as const).map((scheme) => ({ width, scheme })));

  it.each(forms)('has no violation at $width pixels, $scheme', async ({ width, scheme: colorScheme }) => {
    for (const [name, html] of made) {
      // The page's policy allows its own script alone: it would refuse axe.
      const { page } = await browser.open(html, { colorScheme, viewport: { width, height: 900 }, bypassCSP: true });
      const { violations, passed } = await askAxe(page);
      expect([name, violations]).toEqual([name, []]);
      expect(passed).toEqual(expect.arrayContaining(['color-contrast', 'landmark-unique']));
      await page.context().close();
    }
  });

  it('finds what is wrong: it is not asked in vain', async () => {
    const { page } = await browser.open('<!doctype html><title>x</title><img src="data:,">', { bypassCSP: true });
    const { violations } = await askAxe(page);
    for (const rule of ['image-alt', 'html-has-lang']) expect(violations.join('\n')).toContain(`${rule}: `);
  });
});
