import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  type BrowserContextOptions,
  type Browser as Chromium,
  chromium,
  type Locator,
  type Page,
} from 'playwright-core';
import { removeInUse } from '../e2e/processes.js';

/** Where Chromium is; `CHROMIUM` may say so. */
export const executable = [
  process.env.CHROMIUM,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
].find((path) => path !== undefined && path !== '' && existsSync(path));

if (executable === undefined)
  console.warn('There is no Chromium here: the tests of the page are skipped. Install it, or name it with CHROMIUM.');

/** The program itself makes connections of its own, which these keep from it. */
const args = [
  ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
  ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
];

/** A page, opened from a file as users do, and what it did that it should not. */
export interface Opened {
  readonly page: Page;
  /** Errors, warnings, dialogs. */
  readonly complaints: readonly string[];
  /** Whatever it asked for beside itself. */
  readonly requests: readonly string[];
}

/** Scrolls to a part of the page, and waits until the page has been told of it. */
export async function show(part: Locator): Promise<void> {
  await part.scrollIntoViewIfNeeded();
  await part.page().evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
}

/** A browser that is started once; each page has a profile of its own. */
export class Browser {
  readonly #folder = mkdtempSync(join(tmpdir(), 'spikeline-browser-'));
  #browser: Promise<Chromium> | undefined;

  async open(html: string, options: BrowserContextOptions = {}): Promise<Opened> {
    this.#browser ??= chromium.launch({ executablePath: executable!, args });
    const context = await (await this.#browser).newContext({ reducedMotion: 'reduce', ...options });
    const file = join(mkdtempSync(join(this.#folder, 'page-')), 'page.html');
    writeFileSync(file, html);
    const url = pathToFileURL(file).href;
    const page = await context.newPage();
    const complaints: string[] = [];
    const requests: string[] = [];
    page.on('console', (message) => complaints.push(`${message.type()}: ${message.text()}`));
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('dialog', (dialog) => {
      complaints.push(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    page.on('request', (request) => {
      if (request.url() !== url) requests.push(request.url());
    });
    await page.goto(url);
    return { page, complaints, requests };
  }

  async close(): Promise<void> {
    await (await this.#browser)?.close();
    await removeInUse(this.#folder);
  }
}
