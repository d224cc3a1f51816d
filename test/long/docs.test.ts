import { describe, expect, it } from 'vitest';
import { readPages } from '../docs/markdown.js';
import { PageFolder } from '../docs/page-folder.js';

const pages = readPages().filter(({ blocks }) => blocks.some(({ words }) => words.long !== undefined));

describe('the examples that train', () => {
  it.each(pages)('of $name do what the page says', async (page) => {
    const folder = new PageFolder(page);
    try {
      for (const block of page.blocks) expect(await folder.carryOut(block)).toBeUndefined();
    } finally {
      await folder.remove();
    }
  });
});
