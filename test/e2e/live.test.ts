import { once } from 'node:events';
import { statSync } from 'node:fs';
import { request } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { describe, expect } from 'vitest';
import { test, until } from './program.js';

const pipeline = `name: p
stages:
  a: { run: 'while [ ! -e go ]; do sleep 0.05; done; echo "<b>hello</b>" >&2; echo x > \${{ outputs.x }}', outputs: { x: x } }
  b: { run: 'echo y > \${{ outputs.y }}', inputs: { a: a }, outputs: { y: y } }
`;

/** Asks as no browser of the page would. */
function ask(url: string, headers: Readonly<Record<string, string>> = {}, method = 'GET'): Promise<number> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { headers, method }, (response) => {
      resolve(response.statusCode!);
      response.destroy();
    });
    asked.on('error', reject).end();
  });
}

/** Reads the events that a page is told, as a browser does. */
async function readEvents(url: string) {
  const left = new AbortController();
  const { body } = await fetch(`${url}events`, { signal: left.signal });
  const leave = () => {
    left.abort();
    return reading;
  };
  const reader = { told: '', leave };
  const reading = (async () => {
    for await (const chunk of body!) reader.told += Buffer.from(chunk).toString();
  })().catch(() => undefined);
  return reader;
}

describe.concurrent('the page of a run', () => {
  test('of targets leaves the other stages alone', async ({ box }) => {
    box.write('p.yaml', pipeline);
    const run = box.start(['run', 'p.yaml', 'a', '--open']);
    await until(() => run.err.includes('ssh -L'), 'the address is told');
    const graph = await (await fetch(`${/http:\S+/.exec(run.err)![0]}graph.svg`)).text();
    expect(graph).toContain('<title>b: not part of this run</title>');
    expect(graph).toContain('0 waiting');
    run.child.kill('SIGINT');
    await run.result;
  });

  test('tells of the run as it goes on, to whoever knows its address', async ({ box }) => {
    box.write('p.yaml', pipeline);
    const run = box.start(['run', 'p.yaml', '--open']);
    const address = () => /http:\S+/.exec(run.err)?.[0];
    // Written after the address, maybe not at once.
    await until(() => run.err.includes('ssh -L'), 'the address is told');
    const url = address()!;
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/[\w-]{32}\/$/);
    expect(run.err).toMatch(/ssh -L (\d+):127\.0\.0\.1:\1 \S+@\S+\n/);
    const page = await fetch(url);
    const policy = page.headers.get('content-security-policy')!;
    expect(policy).toMatch(/^default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-/);
    expect(await page.text()).toContain('<h1 id="title">p</h1>');

    const reader = await readEvents(url);
    await until(() => reader.told.includes('event: snapshot'), 'a snapshot comes');
    expect(await (await fetch(`${url}graph.svg`)).text()).toContain('1 running');
    box.write('go', '');
    await until(() => reader.told.includes('"event":"end"'), 'the end is told');
    expect(reader.told).toContain('{"event":"task","task":"b","status":"ran"');
    await until(() => reader.told.includes('event: summary\ndata: "2/2 done'), 'the sum of it is told');
    const sums = [...reader.told.matchAll(/event: summary\ndata: (.*)/g)].map(([, sum]) => sum);
    expect(sums.filter((sum, i) => sum === sums[i - 1])).toEqual([]);
    expect(await (await fetch(`${url}log?task=a`)).text()).toBe('<b>hello</b>\n');
    expect((await fetch(`${url}log?task=${encodeURIComponent('../a')}`)).status).toBe(404);
    expect(await (await fetch(`${url}graph.svg`)).text()).toContain('2 done');
    await until(() => run.err.includes('The live page is served until you close it'), 'it says that it stays');

    const wrong = url.replace(/\/[\w-]{32}\//, `/${'x'.repeat(32)}/`);
    const port = new URL(url).port;
    expect(
      await Promise.all([
        ask(wrong),
        ask(`${url}events/x`),
        ask(`${url}constructor`),
        ask(url, { host: 'example.org' }),
        ask(url, { host: `localhost:${port}` }),
        ask(url, { origin: 'http://example.org' }),
        ask(url, { origin: `http://127.0.0.1:${port}` }),
        ask(url, {}, 'POST'),
        ask(url, {}, 'HEAD'),
      ]),
    ).toEqual([404, 404, 404, 403, 200, 403, 200, 405, 200]);

    await reader.leave();
    expect((await run.result).code).toBe(0);
  });

  test('is at the same address in the next run of the same form', async ({ box }) => {
    box.write('p.yaml', pipeline);
    box.write('go', '');
    const addressOf = async (...args: string[]) => /http:\S+/.exec((await box.run(args)).err)![0];
    const first = await addressOf('run', 'p.yaml', '--open');
    expect(await addressOf('run', 'p.yaml', '--open', 'a')).toBe(first);
    expect(await addressOf('run', 'p.yaml', '--open', '--artifacts', 'other')).not.toBe(first);
    const port = new URL(first).port;
    const other = createServer().listen(Number(port), '127.0.0.1');
    await once(other, 'listening');
    expect(new URL(await addressOf('run', 'p.yaml', '--open')).port).not.toBe(port);
    other.close();
  });

  test('is none of a run that nobody opened, nor held up by nobody', async ({ box }) => {
    box.write('p.yaml', pipeline);
    box.write('go', '');
    const run = await box.run(['run', 'p.yaml', '--open']);
    expect([run.code, run.out]).toEqual([0, expect.stringContaining('ran 2')]);
    expect(await box.run(['run', 'p.yaml'])).toMatchObject({ code: 0, err: '' });
    expect(await box.run(['run', 'p.yaml', '--open', '--port', '70000'])).toMatchObject({
      ...{ code: 2, err: expect.stringContaining('--port 70000: it must be a number up to 65535.') },
    });
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    expect(await box.run(['run', 'p.yaml', '--open', '--port', `${port}`])).toMatchObject({
      ...{ code: 2, err: expect.stringContaining(`The port ${port} is in use.`) },
    });
    other.close();
  });
});

describe.concurrent('the page of what there is', () => {
  test('shows states, logs, results and curves, follows what another process runs, and ends by Ctrl-C', async ({
    box,
  }) => {
    box.write('p.yaml', pipeline);
    const ui = box.start(['ui', 'p.yaml']);
    await until(() => ui.err.includes('Ctrl-C ends it'), 'the address is told');
    const url = /http:\S+/.exec(ui.err)![0];
    expect(await (await fetch(url)).text()).toContain('<title>p: results</title>');
    const reader = await readEvents(url);
    await until(() => reader.told.includes('"summary":"0 of 2 cached, 1 missing, 1 waiting"'), 'states are told');
    // Nothing is run by it, nor written but notes that `status` makes, too.
    expect(box.has('artifacts/p/.runs')).toBe(false);

    const run = box.start(['run', 'p.yaml']);
    await until(
      () => reader.told.includes('"state":"running","text":"computed by process '),
      'a run of another process shows',
    );
    expect(await (await fetch(`${url}graph.svg`)).text()).toContain('1 running');
    box.write('go', '');
    await until(() => reader.told.includes('"summary":"2 of 2 cached"'), 'its end shows');
    expect((await run.result).code).toBe(0);
    expect(await (await fetch(`${url}log?task=a`)).text()).toBe('<b>hello</b>\n');
    expect(await (await fetch(`${url}curves?task=a`)).json()).toEqual({});
    expect((await fetch(`${url}curves?task=c`)).status).toBe(404);
    const compare = await fetch(`${url}compare`);
    expect(compare.headers.get('content-security-policy')).toMatch(/^default-src 'none'; .*connect-src 'self'/);
    expect(await compare.text()).toContain('2 results, each with the latest run that had it, of 1 run<');
    expect((await fetch(`${url}run-curves?task=a&key=../a`)).status).toBe(404);
    expect(await (await fetch(`${url}run-curves?task=a&key=${'0'.repeat(64)}`)).json()).toEqual({});

    // The file is read again, and with mistakes in it the page stays what it was.
    box.write('p.yaml', 'name: [');
    await until(() => reader.told.includes("p.yaml has changed and can't be read"), 'mistakes are told of');
    expect((await fetch(`${url}log?task=b`)).status).toBe(200);
    box.write('p.yaml', pipeline.replace('name: p', 'name: p\ndescription: Mended.').replaceAll('b:', 'c:'));
    await until(() => reader.told.includes('"description":"Mended."'), 'a new file is read');
    expect([(await fetch(`${url}log?task=b`)).status, (await fetch(`${url}log?task=c`)).status]).toEqual([404, 200]);
    expect(await (await fetch(url)).text()).toContain('Mended.');
    await reader.leave();
    ui.child.kill('SIGINT');
    expect(await ui.result).toMatchObject({ code: 0, out: '' });
  });

  test('follows the code of the user’s stages, and what that imports', async ({ box }) => {
    const stage = (by: string) => `import { writeFileSync } from 'node:fs';
import { defineStage, Type } from 'spikeline';
import { sign } from './lib/sign';
export default defineStage({
  name: 's', summary: 'S', parameters: Type.Object({}), inputs: {}, outputs: { o: { description: 'O', path: 'o.txt' } },
  async run({ outputs }) { writeFileSync(outputs.o!, sign + '${by}'); },
});
`;
    box.write('p.yaml', 'name: p\nstages: { s: { uses: ./s.ts } }\n');
    box.write('s.ts', stage('x'));
    box.write('lib/sign.ts', "export const sign = '+';\n");
    expect((await box.run(['run', 'p.yaml'])).code).toBe(0);
    const ui = box.start(['ui', 'p.yaml']);
    await until(() => ui.err.includes('Ctrl-C ends it'), 'the address is told');
    const reader = await readEvents(/http:\S+/.exec(ui.err)![0]);
    const changes = async (file: string, text: string, words: string) => {
      const before = reader.told.length;
      box.write(file, text);
      await until(() => reader.told.slice(before).includes(words), `${words} is told`);
    };
    await until(() => reader.told.includes('1 of 1 cached'), 'it is cached');
    await changes('lib/sign.ts', "export const sign = '-';\n", 'code of stage s changed: lib/sign.ts');
    await changes('s.ts', 'export default {', "and can't be read");
    await changes('s.ts', stage('y'), 'code of stage s changed: lib/sign.ts, s.ts');
    await reader.leave();
    ui.child.kill('SIGINT');
    await ui.result;
  });

  test('has curves and the last line of what another process computes, from its log', async ({ box }) => {
    const epoch = (n: number) => `echo "epoch ${n}: loss 0.${n}, test ${n}0 %"`;
    box.write(
      'p.yaml',
      `name: p
stages:
  a: { run: '${epoch(1)}; ${epoch(2)}; while [ ! -e go ]; do sleep 0.05; done; ${epoch(3)}; while [ ! -e on ]; do sleep 0.05; done; echo x > \${{ outputs.x }}', outputs: { x: x } }
`,
    );
    const ui = box.start(['ui', 'p.yaml']);
    await until(() => ui.err.includes('Ctrl-C ends it'), 'the address is told');
    const reader = await readEvents(/http:\S+/.exec(ui.err)![0]);
    const run = box.start(['run', 'p.yaml']);
    const curves = (points: string) => `"curves":{"loss":[${points}`;
    await until(() => reader.told.includes(curves('[0,0.1],[1,0.2]]')), 'curves so far are told');
    expect(reader.told).toMatch(/"text":"computed by process .*\\nepoch 2: loss 0.2, test 20 %"/);
    box.write('go', '');
    await until(() => reader.told.includes(curves('[0,0.1],[0.5,0.2],[1,0.3]]')), 'more of them are told');
    box.write('on', '');
    await until(() => reader.told.includes('"summary":"1 of 1 cached"'), 'its end shows');
    expect((await run.result).code).toBe(0);
    await reader.leave();
    ui.child.kill('SIGINT');
    expect((await ui.result).code).toBe(0);
  });

  test('is at the same address after a restart, which no other pipeline has, nor one that runs beside it', async ({
    box,
  }) => {
    box.write('p.yaml', pipeline);
    box.write('q.yaml', pipeline);
    const serve = async (file: string) => {
      const ui = box.start(['ui', file]);
      await until(() => ui.err.includes('Ctrl-C ends it'), 'the address is told');
      return { ui, url: /http:\S+/.exec(ui.err)![0] };
    };
    const first = await serve('p.yaml');
    expect(statSync(box.path('.state/spikeline/page-secret')).mode & 0o777).toBe(0o600);
    const [beside, other] = [await serve('p.yaml'), await serve('q.yaml')];
    expect(new Set([first.url, beside.url, other.url]).size).toBe(3);
    expect(new URL(other.url).pathname).not.toBe(new URL(first.url).pathname);
    first.ui.child.kill('SIGKILL');
    await first.ui.result;
    const again = await serve('p.yaml');
    expect(again.url).toBe(first.url);
    // Where nothing can be kept, it is somewhere.
    box.write('file', '');
    const homeless = box.start(['ui', 'p.yaml'], { XDG_STATE_HOME: box.path('file') });
    await until(() => homeless.err.includes('Ctrl-C ends it'), 'the address is told');
    expect(homeless.err).not.toContain(new URL(first.url).pathname);
  });

  test('is refused for what is no port, and is none of a file with mistakes', async ({ box }) => {
    box.write('p.yaml', pipeline);
    box.write('q.yaml', 'name: q\nstages: { a: { uses: nothing } }\n');
    expect(await box.run(['ui', 'p.yaml', '--port', 'x'])).toMatchObject({
      ...{ code: 2, err: expect.stringContaining('--port x: it must be a number up to 65535.') },
    });
    expect((await box.run(['ui', 'q.yaml'])).code).toBe(2);
  });
});
