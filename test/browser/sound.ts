import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import axe from 'axe-core';
import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { buildFolder } from '../../src/paths.js';

/**
 * What axe-core makes of a page: its violations, and which rules it meets. To name all that meets them would take longest.
 *
 * @param page without a policy that would refuse axe-core's script
 */
export async function askAxe(page: Page): Promise<{ readonly violations: string[]; readonly passed: string[] }> {
  await page.evaluate(axe.source);
  const { violations, passes } = await page.evaluate<axe.AxeResults>("axe.run({ resultTypes: ['violations'] })");
  return {
    violations: violations.flatMap(({ id, help, nodes }) => nodes.map(({ target }) => `${id}: ${help}: ${target}`)),
    passed: passes.map(({ id }) => id),
  };
}

/** No violation of accessibility, nothing wider than the window; and a picture to look at. */
export async function expectSound(page: Page, width: number, name: string): Promise<void> {
  expect((await askAxe(page)).violations).toEqual([]);
  expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBe(width);
  const pictures = join(buildFolder, '../screenshots');
  mkdirSync(pictures, { recursive: true });
  await page.screenshot({ path: join(pictures, `${name}.png`), fullPage: true });
}
