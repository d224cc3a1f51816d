import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { html } from '../../../src/report/page/html.js';
import { reportPage } from '../../../src/report/page/page.js';
import { withRun } from '../../../src/report/page/run.js';
import { evilContent, evilFacts, exampleContent, exampleDataSet, exampleFacts } from '../content.js';

describe('HTML templates', () => {
  it('escape values, and leave out what is undefined or false', () => {
    expect(html`<p title="${'"\'<&>'}">${['a', html`<b>${'<'}</b>`, undefined, false, 0]}</p>`.text).toBe(
      '<p title="&quot;&#39;&lt;&amp;&gt;">a<b>&lt;</b>0</p>',
    );
  });
});

describe('the page', () => {
  it('has all tables, charts, and sections', async () => {
    const text = await reportPage(exampleContent());
    for (const title of ['Accuracy', 'Synaptic operations per image', 'Energy per image, estimated', 'Training'])
      expect(text).toContain(`>${title}</h3>`);
    expect([...text.matchAll(/<figure class="chart" id="s0-([\w-]+)"/g)].map(([, name]) => name)).toEqual([
      ...['accuracy', 'accuracy-noise', 'spikes', 'operations', 'energy', 'firing-rate'],
      ...['training-loss', 'training-accuracy'],
    ]);
    expect(text).toContain('<b>5 of 7</b><span>expectations met</span>');
    expect(text).toContain('Horowitz');
    expect(text.length).toBeLessThan(400_000);
  });

  it('says at its head that it is another run than the paper’s, where none of its numbers is compared', async () => {
    const content = exampleContent();
    const banner = 'This is not the run that the paper reports';
    const without = (isLeft: (index: number, source?: string) => boolean) =>
      content.expected.map((one, i) =>
        isLeft(i, one.source) ? one : { ...one, inapplicable: ['epochs is 1, not 200'] },
      );
    expect(await reportPage({ ...content, expected: without((i) => i === 0) })).not.toContain(banner);
    const page = await reportPage({ ...content, expected: without((_, source) => source === undefined) });
    expect(page).toContain(`${banner}: epochs is 1, not 200.</strong> None of its 3 results is compared.`);
    // What the file expects of itself may be met; that is not the paper's green.
    expect(page).not.toMatch(/<li class="met"><b>[^<]*<\/b><span>expectations/);
    expect(page).toMatch(
      /<b>\d of 4<\/b><span>expectations met, none of them a result that a source reports, 3 not compared: numbers of another run</,
    );
    // Nor is what holds of the network whatever it is trained on, if a source is named for it.
    const { neurons } = content.snn[0]!.result;
    const structure = { input: 'snn', item: 0, metric: 'neurons', value: neurons, source: 'network of the paper' };
    const smoke = await reportPage({
      ...content,
      expected: [...without((_, source) => source === undefined), structure],
    });
    expect(smoke).toContain(`${banner}: epochs is 1, not 200.</strong> None of its 3 results is compared.`);
    expect(smoke).toContain('expectations met, none of them a result that a source reports, 3 not compared');
    expect(smoke).not.toMatch(/<li class="met"><b>[^<]*<\/b><span>expectations/);
    // An own pipeline that names what holds of every network as its source has no green head, either.
    const identity = { input: 'snn', item: 0, metric: 'neurons', value: neurons, source: 'conversion is exact' };
    const alone = await reportPage({ ...content, expected: [identity] });
    expect(alone).toContain('<b>1 of 1</b><span>expectations met, none of them a result that a source reports</span>');
    expect(alone).not.toMatch(/<li class="met"><b>[^<]*<\/b><span>expectations/);
    expect(alone).not.toContain(banner);
    const own = content.expected.filter(({ source }) => source === undefined);
    expect(await reportPage({ ...content, expected: own })).not.toContain(banner);
  });

  it('has at its head digits that the intervals allow, and energy like for like with what it assumes', async () => {
    const { ann, snn, ...others } = exampleContent();
    const text = await reportPage({ ...others, ann, snn: snn.slice(3, 4) });
    expect(text).toMatch(
      /<b>91\.9\u00a0%<\/b><span>accuracy of the SNN: k1B2, 95 % interval 91\.4\u00a0% … 92\.4\u00a0%, FP32 baseline 92\.8\u00a0%</,
    );
    expect(text).toMatch(
      /<b>8\.92\u00a0×<\/b><span>energy of the ANN over the SNN’s, both in float32, estimated for arithmetic alone at 45 nm \(4\.6 and 0\.9 pJ\)</,
    );
  });

  it('says of an axis of seeds that nothing is averaged over it, where it is not declared', async () => {
    const content = exampleContent();
    const ann = content.ann.flatMap((item) =>
      ['1', '2'].map((seed) => ({ ...item, labels: { ...item.labels, seed } })),
    );
    const hint = 'Nothing is averaged over &quot;seed&quot;. If it repeats the same experiment, declare it';
    expect(await reportPage({ ...content, ann })).toContain(hint);
    expect(await reportPage({ ...content, ann, repeat: ['seed'] })).not.toContain(hint);
  });

  it('is the same bytes every time', async () => {
    expect(await reportPage(exampleContent())).toBe(await reportPage(exampleContent()));
  });

  it('names nothing outside itself, and its policy allows its own script alone', async () => {
    const text = await reportPage(exampleContent());
    expect(text.match(/(?:src|href|url)\s*[=(]\s*["']?(?!#|data:,)[^"'\s)]+/g) ?? []).toEqual([]);
    expect(text.match(/https?:\/\/(?!www\.w3\.org\/2000\/svg)/g)).toBeNull();
    const [script] = text.match(/(?<=<script>).*?(?=<\/script>)/s)!;
    expect(text).toContain(`script-src &#39;sha256-${createHash('sha256').update(script).digest('base64')}&#39;`);
  });

  it('shows the data sets that it is given: numbers, and images of each class that has some', async () => {
    const text = await reportPage(exampleContent({ dataSets: [exampleDataSet()] }));
    expect(text).toContain('<a href="#data">Data</a>');
    expect(text).toContain('<dt>training images</dt><dd>1,500, 0 to 1,000 of a class</dd>');
    expect(text).toContain('0 to 255, mean 72.9, standard deviation 90 (of the training images), divided by 256');
    expect(text).toContain('0123456789ab');
    expect(text.match(/<img src="data:image\/png;base64,[^"]+" alt="Training images of class \d">/g)).toHaveLength(2);
    expect(text).toContain('<li><span><b>class 2</b> 0 + 0</span></li>');
    expect(await reportPage(exampleContent())).not.toContain('id="data"');
  });

  it('escapes everything that users say', async () => {
    const text = await reportPage(evilContent('alert(1)'));
    const whole = withRun(text, evilFacts('alert(1)'));
    for (const made of [text, whole]) {
      expect(made).toContain('&lt;script&gt;alert(1)');
      expect(made).not.toMatch(/<img src=x|<script>alert|<\/title><script/);
      expect(
        made
          .match(/<script[^>]*>/g)!
          .every((tag) => ['<script>', '<script type="application/json" id="tasks-data">'].includes(tag)),
      ).toBe(true);
    }
    expect(whole).not.toContain('<!--');
  });

  it('takes in the facts of a run', async () => {
    const plain = await reportPage(exampleContent());
    const text = withRun(plain, exampleFacts);
    expect(plain).toContain('names no machine');
    expect(text).not.toContain('names no machine');
    for (const fact of ['0123456789abcdef', 'history fedcba9876543210', '2 min 5 s', '2026-01-02 03:04:05', 'v20.0.0'])
      expect(text).toContain(fact);
    const [data] = text.match(/(?<=id="tasks-data">).*?(?=<\/script>)/s)!;
    expect(JSON.parse(data)).toEqual(exampleFacts.tasks);
    expect(withRun('<p>a page of the user’s</p>', exampleFacts)).toBe('<p>a page of the user’s</p>');
  });
});
