// The same graphs of trivial shell commands for each tool. The last task also reads `extra.txt`.

/** A graph's form. */
export type Form = 'chain' | 'fan-out' | 'diamond';

/** Files that describe a graph to the tools, by name. */
export type GraphFiles = Readonly<Record<string, string>>;

export const forms: readonly Form[] = ['chain', 'fan-out', 'diamond'];

/** Files of a graph of `n` tasks for Spikeline, GNU make and Snakemake. */
export function graphFiles(form: Form, n: number): GraphFiles {
  const files = form === 'chain' ? chain(n) : fanOut(n, form === 'diamond');
  return { ...files, 'extra.txt': 'before\n' };
}

function chain(n: number): GraphFiles {
  const pipeline = ['name: graph', 'stages:'];
  const makefile = [`all: out/t${n - 1}.txt`];
  const snakefile = [`rule all:\n    input: "out/t${n - 1}.txt"`];
  for (let i = 0; i < n; i++) {
    const last = i === n - 1;
    const inputs = [...(i > 0 ? [`before: t${i - 1}`] : []), ...(last ? ['extra: { file: extra.txt }'] : [])];
    pipeline.push(
      `  t${i}:`,
      `    run: 'echo ${i} > \${{ outputs.out }}'`,
      ...(inputs.length > 0 ? [`    inputs: { ${inputs.join(', ')} }`] : []),
      '    outputs: { out: out.txt }',
    );
    const needs = [...(i > 0 ? [`out/t${i - 1}.txt`] : []), ...(last ? ['extra.txt'] : [])];
    makefile.push(`out/t${i}.txt: ${needs.join(' ')} ; @mkdir -p out; echo ${i} > $@`);
    const input = needs.length > 0 ? `    input: ${needs.map((file) => `"${file}"`).join(', ')}\n` : '';
    snakefile.push(`rule t${i}:\n${input}    output: "out/t${i}.txt"\n    shell: "echo ${i} > {output}"`);
  }
  return files(pipeline, makefile, snakefile);
}

/** A source, `n - 2` tasks that read it, and a last one, which reads the source or all of them. */
function fanOut(n: number, collect: boolean): GraphFiles {
  const points = Array.from({ length: n - 2 }, (_, i) => i);
  const pipeline = [
    'name: graph',
    `axes: { i: [${points.join(', ')}] }`,
    'stages:',
    "  source: { run: 'echo source > ${{ outputs.out }}', outputs: { out: out.txt } }",
    '  each:',
    '    over: [i]',
    "    run: 'echo ${{ i }} > ${{ outputs.out }}'",
    '    inputs: { source: source }',
    '    outputs: { out: out.txt }',
    '  last:',
    "    run: 'echo last > ${{ outputs.out }}'",
    `    inputs: { before: ${collect ? 'each' : 'source'}, extra: { file: extra.txt } }`,
    '    outputs: { out: out.txt }',
  ];
  const all = points.map((i) => `out/${i}.txt`);
  const makefile = [
    `EACH := ${all.join(' ')}`,
    'all: $(EACH) out/last.txt',
    'out/source.txt: ; @mkdir -p out; echo source > $@',
    `out/last.txt: ${collect ? '$(EACH)' : 'out/source.txt'} extra.txt ; @echo last > $@`,
    'out/%.txt: out/source.txt ; @echo $* > $@',
  ];
  const each = `expand("out/{i}.txt", i=range(${n - 2}))`;
  const snakefile = [
    `rule all:\n    input: ${each}, "out/last.txt"`,
    'rule source:\n    output: "out/source.txt"\n    shell: "echo source > {output}"',
    `rule last:\n    input: ${collect ? each : '"out/source.txt"'}, "extra.txt"\n    output: "out/last.txt"\n    shell: "echo last > {output}"`,
    'rule each:\n    input: "out/source.txt"\n    output: "out/{i,\\\\d+}.txt"\n    shell: "echo {wildcards.i} > {output}"',
  ];
  return files(pipeline, makefile, snakefile);
}

function files(pipeline: readonly string[], makefile: readonly string[], snakefile: readonly string[]): GraphFiles {
  const text = (lines: readonly string[]) => `${lines.join('\n')}\n`;
  return { 'graph.yaml': text(pipeline), Makefile: text(makefile), Snakefile: text(snakefile) };
}
