import { describe, expect, it } from 'vitest';
import { readPages } from './markdown.js';
import { PageFolder } from './page-folder.js';

const pages = readPages();

/** How a block of a language must say what becomes of it. What only shows something may have no words. */
const kinds: Readonly<Record<string, readonly string[]>> = {
  sh: ['', 'exit', 'given', 'long', 'skip'],
  console: ['', 'exit', 'long', 'skip'],
  yaml: ['', 'file', 'extends', 'workflow', 'skip'],
  ts: ['file', 'check', 'skip'],
  js: ['file', 'skip'],
  python: ['file'],
  json: ['file', 'shown'],
  nginx: ['shown'],
  text: ['shown'],
  mermaid: ['shown'],
};

describe('blocks', () => {
  it.each(pages)('of $name say what is to be done with them', ({ blocks }) => {
    for (const { place, language, words } of blocks) {
      expect(Object.keys(kinds), place).toContain(language);
      const [first = ''] = Object.keys(words);
      expect(kinds[language], `${place}: ${language} ${first}`).toContain(first);
      if (words.skip !== undefined) expect(words.skip, place).toMatch(/\w{3}/);
    }
  });
});

describe.skipIf(process.platform === 'win32').concurrent('the examples', () => {
  it.each(pages.filter(({ blocks }) => blocks.length > 0))('of $name do what the page says', async (page) => {
    const folder = new PageFolder(page);
    try {
      for (const block of page.blocks)
        if (block.words.long === undefined) expect(await folder.carryOut(block)).toBeUndefined();
      expect(await folder.validate()).toBeUndefined();
    } finally {
      await folder.remove();
    }
  });
});
