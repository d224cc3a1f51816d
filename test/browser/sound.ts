import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import axe from 'axe-core';
import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { buildFolder } from '../../src/paths.js';

/** No violation of accessibility, nothing wider than the window; and a picture to look at. */
export async function expectSound(page: Page, width: number, name: string): Promise<void> {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate<axe.AxeResults>('axe.run()');
  expect(violations.flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id}: ${target}`))).toEqual([]);
  expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBe(width);
  const pictures = join(buildFolder, '../screenshots');
  mkdirSync(pictures, { recursive: true });
  await page.screenshot({ path: join(pictures, `${name}.png`), fullPage: true });
}
