import { describe, expect, it } from 'vitest';
import { type Block, readPages } from '../docs/markdown.js';
import { PageFolder } from '../docs/page-folder.js';

const pages = readPages().filter(({ blocks }) => blocks.some(({ words }) => words.long !== undefined));

/** True of what only shows something, and is tried by the unit tests: nothing that trains needs it. */
const isTriedElsewhere = ({ language, words }: Block) => language === 'console' && words.long === undefined;

describe('the examples that train', () => {
  it.each(pages)('of $name do what the page says', async (page) => {
    const folder = new PageFolder(page);
    try {
      for (const block of page.blocks)
        if (!isTriedElsewhere(block)) expect(await folder.carryOut(block)).toBeUndefined();
    } finally {
      await folder.remove();
    }
  });
});
