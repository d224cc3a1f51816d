// A run as a folder that others can read, check and repeat.

import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { callOf } from '../../api/opening/calls.js';
import type { PipelineOptions } from '../../api/opening/options.js';
import { outputsOfKind, pageTasks } from '../../api/results/declared.js';
import { compareExpectations } from '../../api/results/expectations.js';
import { pagePath, runPage } from '../../api/results/pages.js';
import { digestFile, hexOf } from '../../files/digest.js';
import { StoreError } from '../../files/error.js';
import { isBelow, toPosix } from '../../files/path.js';
import { packageRoot } from '../../paths.js';
import type { Pipeline, Task } from '../../pipeline/expand/task.js';
import { graphSvg, largestPicture, pictureSize } from '../../report/graph/svg.js';
import type { Store } from '../../store/store.js';
import type { TaskRecord } from '../../store/types.js';
import { jsonText } from '../../text/printable.js';
import type { TaskId } from '../../values.js';
import { version } from '../../version.js';
import { stageGraph } from '../results/graphs.js';
import { filesIn, sumsFile, sumsText } from './folder.js';
import { machineNames } from './machine.js';
import { type CrateFacts, crateMetadata, metadataFile, type PublishedFolder, type Role } from './metadata.js';
import { type Project, readProject } from './project.js';
import { installCall, type Omitted, readmeText } from './readme.js';
import type { Sources } from './sources.js';
import { expectationsCsv, metricsCsv, tasksJson } from './tables.js';

/** A run of which every task has its result. */
export interface PublishedRun {
  readonly pipeline: Pipeline;
  readonly store: Store;
  readonly options: PipelineOptions;
  readonly records: ReadonlyMap<TaskId, TaskRecord>;
  readonly sources: Sources;
  /** Files and folders that are larger are named and not copied. Bytes. */
  readonly maxBytes: number;
}

export interface PublishedCrate {
  readonly files: number;
  readonly bytes: number;
  readonly omitted: readonly Omitted[];
  readonly project: Project;
}

interface Described {
  readonly description: string;
  readonly role: Role;
  readonly output?: string;
}

/** Where the project's own files lie in the crate, as they lie in the project. */
const projectFolder = 'project';

/** Writes a crate into an empty folder. The same run gives the same bytes. */
export async function writeCrate(run: PublishedRun, folder: string): Promise<PublishedCrate> {
  return new Crate(run, folder).write();
}

class Crate {
  readonly #files = new Map<string, Described>();
  readonly #folders: PublishedFolder[] = [];
  readonly #omitted: Omitted[] = [];
  readonly #project: Project;
  readonly #machineOf: (platform: string) => string;

  constructor(
    readonly run: PublishedRun,
    readonly folder: string,
  ) {
    this.#project = readProject(run.sources.base);
    this.#machineOf = machineNames(run.records);
  }

  async write(): Promise<PublishedCrate> {
    const { pipeline, records } = this.run;
    this.#writeProject();
    for (const path of this.run.sources.inputs) await this.#copyInput(path);
    for (const path of this.run.sources.secrets)
      this.#omitted.push({ name: this.#nameOf(path), why: 'by its name there are secrets in it' });
    for (const task of pipeline.tasks) await this.#copyResults(task);
    await this.#writePages();
    const metrics = new Map([...records].map(([id, record]) => [id, record.metrics]));
    const verdicts = compareExpectations(pipeline, metrics);
    this.#text('metrics.csv', metricsCsv(pipeline, records), 'all metrics of all tasks, a row a number', 'result');
    if (verdicts.length > 0)
      this.#text('expectations.csv', expectationsCsv(verdicts), 'what is expected, beside what came out', 'result');
    this.#text(
      'tasks.json',
      tasksJson(pipeline, records, this.#machineOf),
      'key, parameters, contents, machine and time of each task',
    );
    const graph = stageGraph(pipeline, () => 'cached');
    const isDrawn = pictureSize(graph) <= largestPicture;
    if (isDrawn) this.#text(picture, graphSvg(graph), 'the stages of the pipeline');
    return this.#finish(isDrawn);
  }

  /** Pipeline files, code, and what says who made it and what it stands on. */
  #writeProject(): void {
    const { pipeline, sources } = this.run;
    for (const path of sources.code) {
      const isMain = path === pipeline.file;
      const kind = pipeline.files?.includes(path) ? 'a pipeline file that this one is made of' : 'code';
      this.#copy(path, this.#placeOf(path), {
        description: isMain ? 'the pipeline' : kind,
        role: isMain ? 'workflow' : 'code',
      });
    }
    // A checkout of Spikeline is built by what is not in here.
    const isCheckout = sources.base === packageRoot;
    const owed = /^(LICEN[SC]E|COPYING|CITATION)/;
    for (const name of this.#project.files) {
      const path = join(sources.base, name);
      if (owed.test(name))
        this.#copy(path, name, { description: name.startsWith('CIT') ? 'how to cite it' : 'licence', role: 'about' });
      else if (!isCheckout)
        this.#copy(path, `${projectFolder}/${name}`, { description: 'versions of packages', role: 'about' });
    }
    if (this.#files.has(`${projectFolder}/package.json`)) return;
    const own = { private: true, dependencies: { spikeline: version } };
    this.#text(`${projectFolder}/package.json`, `${jsonText(own, 2)}\n`, 'versions of packages');
  }

  async #copyInput(path: string): Promise<void> {
    const { store, sources, maxBytes } = this.run;
    const { kind, digest, size } = await store.describe(path);
    const isInside = isBelow(sources.base, path);
    if (!isInside || size > maxBytes) {
      const why = isInside ? 'larger than --max-size' : 'it lies outside of the project';
      this.#omitted.push({
        name: `input ${this.#nameOf(path)}`,
        content: { digest, size },
        why,
      });
      return;
    }
    const place = this.#placeOf(path);
    if (kind === 'file') this.#copy(path, place, { description: 'what the run has read', role: 'input' });
    else this.#copyFolder(path, place);
    if ((await store.describe(join(this.folder, place))).digest !== digest)
      throw new StoreError('E_INPUT_CHANGED', `${path} changed while it was copied.`, 'Publish again.');
  }

  #copyFolder(path: string, place: string): void {
    const description = 'what the run has read';
    cpSync(path, join(this.folder, place), { recursive: true, dereference: true });
    for (const name of filesIn(join(this.folder, place)))
      this.#files.set(`${place}/${name}`, { description, role: 'input' });
    this.#folders.push({ path: place, description, role: 'input' });
  }

  async #copyResults(task: Task): Promise<void> {
    const { pipeline, store, records, maxBytes } = this.run;
    const published = store.published(pipeline.name);
    const pages = outputsOfKind(task, 'page');
    for (const [output, artifact] of Object.entries(records.get(task.id)!.outputs)) {
      // Pages come with the facts of the run.
      if (pages.includes(output)) continue;
      const name = `output "${output}" of ${task.id}`;
      const { digest, size, kind } = artifact;
      if (size > maxBytes) {
        this.#omitted.push({ name, content: { digest, size }, why: 'larger than --max-size' });
        continue;
      }
      const place = `results/${toPosix(relative(published.folder, published.folderOf(task)))}/${task.outputs[output]!}`;
      await store.materialise(artifact, join(this.folder, place), { mode: 'copy', what: `The ${name}` });
      const described = { description: name, role: 'result', output: `${task.stage}.${output}` } as const;
      if (kind === 'file') this.#files.set(place, described);
      else {
        for (const inside of filesIn(join(this.folder, place)))
          this.#files.set(`${place}/${inside}`, { description: name, role: 'result' });
        this.#folders.push({ path: place, ...described });
      }
    }
  }

  async #writePages(): Promise<void> {
    const { pipeline, store, options, records } = this.run;
    for (const task of pageTasks(pipeline)) {
      const called = { called: this.#pipelineFile, machineOf: this.#machineOf };
      const page = await runPage({ pipeline, store, options, results: records, ...called }, task);
      this.#text(
        basename(pagePath(store, pipeline, task)),
        page,
        'the page of results',
        'result',
        `${task.stage}.${outputsOfKind(task, 'page')[0]!}`,
      );
    }
  }

  async #finish(isDrawn: boolean): Promise<PublishedCrate> {
    const { pipeline, records } = this.run;
    const times = [...records.values()].map(({ provenance }) => provenance);
    const ended = times.map(({ finishedAt }) => finishedAt).sort();
    const started = times
      .map(({ finishedAt, seconds }) => new Date(Date.parse(finishedAt) - seconds * 1e3).toISOString())
      .sort();
    const versionsOf = (of: 'spikeline' | 'node') => [...new Set(times.map((one) => one[of]))].sort();
    const facts = {
      name: pipeline.name,
      description: pipeline.description ?? `A run of the pipeline ${pipeline.name}.`,
      ...{ started: started[0]!, ended: ended.at(-1)!, authors: this.#project.authors },
      ...(this.#project.licence !== undefined && { licence: this.#project.licence }),
      call: this.#call('run'),
      parameters: [...Object.entries(pipeline.params), ...Object.entries(pipeline.axes)].map(([name, value]) => ({
        name,
        value,
      })),
      programs: [
        ...versionsOf('spikeline').map((one) => ({ name: 'Spikeline', version: one })),
        ...versionsOf('node').map((one) => ({ name: 'Node.js', version: one, url: 'https://nodejs.org/' })),
      ],
      ...(isDrawn && { picture }),
    } satisfies Partial<CrateFacts>;
    this.#text(
      'README.md',
      readmeText({ ...facts, ...this.#readmeParts() }),
      'what is in here, and how to make it again',
    );
    const files = await Promise.all(
      filesIn(this.folder).map(async (path) => {
        const { digest, size } = await digestFile(join(this.folder, path));
        return { path, size, sha256: hexOf(digest), ...this.#files.get(path)! };
      }),
    );
    const metadata = crateMetadata({ ...facts, files, folders: this.#folders });
    writeFileSync(join(this.folder, metadataFile), `${jsonText(metadata, 2)}\n`);
    const { digest, size } = await digestFile(join(this.folder, metadataFile));
    const all = [...files, { path: metadataFile, size, sha256: hexOf(digest) }].sort((a, b) =>
      a.path < b.path ? -1 : 1,
    );
    writeFileSync(join(this.folder, sumsFile), sumsText(all));
    const bytes = all.reduce((sum, one) => sum + one.size, 0);
    return { files: all.length + 1, bytes, omitted: this.#omitted, project: this.#project };
  }

  #readmeParts() {
    const { files } = this.#project;
    const page = [...this.#files].find(([, { description }]) => description === 'the page of results')?.[0];
    const known: [path: string, what: string][] = [
      ...(page === undefined ? [] : [[page, 'the page of results: open it in a browser'] as [string, string]]),
      ['results/', 'results of the tasks, a folder a stage'],
      ...[...this.#files]
        .filter(([path]) => !path.includes('/') && path !== page)
        .map(([path, { description }]): [string, string] => [path, description]),
      [`${projectFolder}/`, 'pipeline, code and data, as they lie in the project'],
    ];
    return {
      hasCitation: files.includes('CITATION.cff'),
      omitted: this.#omitted,
      contents: known,
      calls: [
        { call: `cd ${projectFolder}`, what: 'its files lie as they did' },
        installCall(this.#project, this.run.sources.base === packageRoot),
        { call: this.#call('run'), what: 'compute it all' },
        { call: this.#call('check'), what: 'compare with what is expected' },
      ],
    };
  }

  get #pipelineFile(): string {
    return toPosix(relative(this.run.sources.base, this.run.pipeline.file));
  }

  /** As it is typed in the project's folder. */
  #call(command: string): string {
    const { artifacts: _, ...elsewhere } = this.run.options;
    return callOf(command, { file: resolve(this.#pipelineFile) }, elsewhere);
  }

  /** What lies elsewhere on this machine is told by its last name alone. */
  #nameOf(path: string): string {
    const { base } = this.run.sources;
    return isBelow(base, path) ? toPosix(relative(base, path)) : basename(path);
  }

  #placeOf(path: string): string {
    return `${projectFolder}/${toPosix(relative(this.run.sources.base, path))}`;
  }

  #copy(from: string, place: string, described: Described): void {
    const target = join(this.folder, place);
    mkdirSync(dirname(target), { recursive: true });
    cpSync(from, target, { dereference: true });
    this.#files.set(place, described);
  }

  #text(place: string, text: string, description: string, role: Role = 'about', output?: string): void {
    const target = join(this.folder, place);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, text);
    this.#files.set(place, { description, role, ...(output !== undefined && { output }) });
  }
}

const picture = 'pipeline.svg';
