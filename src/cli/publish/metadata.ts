// `ro-crate-metadata.json`: what is in the folder, in the terms of schema.org, by the profile Workflow Run Crate 0.5
// (https://w3id.org/ro/wfrun/workflow/0.5) of RO-Crate 1.1 (https://w3id.org/ro/crate/1.1).

import { extname } from 'node:path';
import type { Json } from '../../values.js';
import type { Author } from './project.js';

export const metadataFile = 'ro-crate-metadata.json';

/** What a file or folder is to the run. */
export type Role = 'workflow' | 'code' | 'input' | 'result' | 'about';

export interface PublishedFile {
  /** In the crate, with `/`. */
  readonly path: string;
  readonly size: number;
  readonly sha256: string;
  readonly description: string;
  readonly role: Role;
  /** The output that a result is, as `stage.output`; missing for files inside of a folder that is one. */
  readonly output?: string;
}

export interface PublishedFolder {
  readonly path: string;
  readonly description: string;
  readonly role: 'input' | 'result';
  readonly output?: string;
}

export interface CrateFacts {
  readonly name: string;
  readonly description: string;
  /** ISO 8601. */
  readonly started: string;
  readonly ended: string;
  readonly authors: readonly Author[];
  /** An identifier of SPDX. */
  readonly licence?: string;
  /** What makes the same again. */
  readonly call: string;
  /** Params and axes. */
  readonly parameters: readonly { readonly name: string; readonly value: Json }[];
  /** Versions of what computed it. */
  readonly programs: readonly { readonly name: string; readonly version: string; readonly url?: string }[];
  readonly files: readonly PublishedFile[];
  readonly folders: readonly PublishedFolder[];
  /** A picture of the workflow, by its path. */
  readonly picture?: string;
}

type Entity = Readonly<Record<string, unknown>>;

const profiles = [
  ['https://w3id.org/ro/wfrun/process/0.5', 'Process Run Crate', '0.5'],
  ['https://w3id.org/ro/wfrun/workflow/0.5', 'Workflow Run Crate', '0.5'],
  ['https://w3id.org/workflowhub/workflow-ro-crate/1.0', 'Workflow RO-Crate', '1.0'],
] as const;

const language = '#spikeline-pipeline';
const run = '#run';
const licenceId = '#licence';

/** The graph of a crate: entities that name each other by `@id`. Files are known by their SHA-256, too. */
export function crateMetadata(facts: CrateFacts): Json {
  const graph: Entity[] = [
    ...descriptor(),
    root(facts),
    ...profiles.map(([id, name, version]) => ({ '@id': id, '@type': 'CreativeWork', name, version })),
    licence(facts),
    ...facts.authors.map((author, index) => ({
      '@id': authorId(author, index),
      '@type': author.kind,
      name: author.name,
    })),
    { '@id': language, '@type': 'ComputerLanguage', name: 'Spikeline pipeline file (YAML)' },
    ...facts.programs.map((program) => ({
      '@id': programId(program),
      '@type': 'SoftwareApplication',
      name: program.name,
      softwareVersion: program.version,
      ...(program.url !== undefined && { url: program.url }),
    })),
    ...parametersOf(facts),
    ...outputsOf(facts),
    action(facts),
    ...facts.folders.map((folder) => folderEntity(folder, facts)),
    ...facts.files.map((file) => fileEntity(file, facts)),
  ];
  const sha256 = 'https://w3id.org/ro/terms/workflow-run#sha256';
  return { '@context': ['https://w3id.org/ro/crate/1.1/context', { sha256 }], '@graph': graph } as Json;
}

function descriptor(): Entity[] {
  const conformsTo = [reference('https://w3id.org/ro/crate/1.1'), reference(profiles[2][0])];
  return [{ '@id': metadataFile, '@type': 'CreativeWork', about: reference('./'), conformsTo }];
}

function root(facts: CrateFacts): Entity {
  const { name, description, ended, authors, files, folders } = facts;
  return {
    ...{ '@id': './', '@type': 'Dataset', name, description, datePublished: inUtc(ended) },
    conformsTo: profiles.map(([id]) => reference(id)),
    license: reference(licenceId),
    ...(authors.length > 0 && { author: single(authors.map((author, index) => reference(authorId(author, index)))) }),
    hasPart: [
      ...folders.map(({ path }) => reference(folderId(path))),
      ...files.map(({ path }) => reference(fileId(path))),
    ],
    mainEntity: reference(fileId(workflowOf(facts).path)),
    mentions: reference(run),
  };
}

function licence({ licence }: CrateFacts): Entity {
  const entity = { '@id': licenceId, '@type': 'CreativeWork' };
  if (licence === undefined)
    return { ...entity, name: 'No licence', description: 'The authors have named no licence for what is in here.' };
  return { ...entity, name: licence, identifier: licence, url: `https://spdx.org/licenses/${licence}` };
}

function parametersOf({ parameters }: CrateFacts): Entity[] {
  return parameters.flatMap(({ name, value }) => [
    {
      ...{ '@id': parameterId(name), '@type': 'FormalParameter', name },
      additionalType: typeOf(value),
      ...(Array.isArray(value) && { multipleValues: true }),
      workExample: reference(valueId(name)),
    },
    {
      ...{ '@id': valueId(name), '@type': 'PropertyValue', name, value: shown(value) },
      exampleOfWork: reference(parameterId(name)),
    },
  ]);
}

/** Of a list, that of its items. */
function typeOf(value: Json): string {
  const items = [value].flat();
  const all = (is: (item: Json) => boolean) => items.length > 0 && items.every((item) => is(item));
  if (all(Number.isInteger)) return 'Integer';
  if (all((item) => typeof item === 'number')) return 'Float';
  if (all((item) => typeof item === 'boolean')) return 'Boolean';
  return all((item) => typeof item === 'object') ? 'PropertyValue' : 'Text';
}

/** As a property of JSON-LD: values that are maps or nested lists would be entities. */
function shown(value: Json): Json {
  if (Array.isArray(value))
    return value.map((item) => shown(item as Json)).map((item) => (Array.isArray(item) ? JSON.stringify(item) : item));
  return typeof value === 'object' ? JSON.stringify(value) : value;
}

/** Each output of a stage once; what was made on the points of the axes are examples of it. */
function outputsOf({ files, folders }: CrateFacts): Entity[] {
  const made = [
    ...folders.map(({ output, path }) => ({ output, id: folderId(path), additionalType: 'Dataset' })),
    ...files.map(({ output, path }) => ({ output, id: fileId(path), additionalType: 'File' })),
  ];
  const names = [...new Set(made.flatMap(({ output }) => output ?? []))];
  return names.map((name) => {
    const examples = made.filter(({ output }) => output === name);
    return {
      ...{ '@id': outputId(name), '@type': 'FormalParameter', name, additionalType: examples[0]!.additionalType },
      ...(examples.length > 1 && { multipleValues: true }),
      workExample: single(examples.map(({ id }) => reference(id))),
    };
  });
}

function action(facts: CrateFacts): Entity {
  const { name, call, started, ended, parameters, files, folders } = facts;
  const ofRole = (role: Role) => [
    ...folders.filter((one) => one.role === role).map(({ path }) => reference(folderId(path))),
    // Those inside of a folder come with it.
    ...files
      .filter((one) => one.role === role && !folders.some(({ path }) => one.path.startsWith(`${path}/`)))
      .map(({ path }) => reference(fileId(path))),
  ];
  return {
    ...{ '@id': run, '@type': 'CreateAction', name: `Run of ${name}`, description: call },
    instrument: reference(fileId(workflowOf(facts).path)),
    object: single([...parameters.map((one) => reference(valueId(one.name))), ...ofRole('input')]),
    result: single(ofRole('result')),
    ...{ startTime: inUtc(started), endTime: inUtc(ended) },
    actionStatus: 'http://schema.org/CompletedActionStatus',
  };
}

function folderEntity({ path, description, output }: PublishedFolder, { files }: CrateFacts): Entity {
  const parts = files.filter((file) => file.path.startsWith(`${path}/`)).map((file) => reference(fileId(file.path)));
  return {
    ...{ '@id': folderId(path), '@type': 'Dataset', name: path, description },
    ...(parts.length > 0 && { hasPart: single(parts) }),
    ...(output !== undefined && { exampleOfWork: reference(outputId(output)) }),
  };
}

function fileEntity(file: PublishedFile, facts: CrateFacts): Entity {
  const { path, size, sha256, description, role, output } = file;
  const entity = {
    ...{
      '@id': fileId(path),
      '@type': role === 'code' ? ['File', 'SoftwareSourceCode'] : 'File',
      name: path,
      description,
    },
    ...{ contentSize: String(size), encodingFormat: formatOf(path), sha256 },
    ...((role === 'code' || role === 'workflow') && { version: sha256 }),
    ...(output !== undefined && { exampleOfWork: reference(outputId(output)) }),
  };
  if (path === 'README.md') return { ...entity, about: reference('./') };
  if (path === facts.picture)
    return { ...entity, '@type': ['File', 'ImageObject'], about: reference(fileId(workflowOf(facts).path)) };
  if (role !== 'workflow') return entity;
  const outputs = [...new Set([...facts.folders, ...facts.files].flatMap((one) => one.output ?? []))];
  return {
    ...entity,
    '@type': ['File', 'SoftwareSourceCode', 'ComputationalWorkflow'],
    name: facts.name,
    conformsTo: reference('https://bioschemas.org/profiles/ComputationalWorkflow/1.0-RELEASE'),
    programmingLanguage: reference(language),
    input: single(facts.parameters.map(({ name }) => reference(parameterId(name)))),
    output: single(outputs.map((name) => reference(outputId(name)))),
    ...(facts.picture !== undefined && { image: reference(fileId(facts.picture)) }),
    softwareRequirements: single(facts.programs.map((program) => reference(programId(program)))),
  };
}

function workflowOf({ files }: CrateFacts): PublishedFile {
  const workflow = files.find(({ role }) => role === 'workflow');
  if (workflow === undefined) throw new TypeError('a crate has a workflow');
  return workflow;
}

/** RO-Crate 1.1 wants no list of one. */
const single = <T>(items: readonly T[]): T | readonly T[] => (items.length === 1 ? items[0]! : items);
/** As the profile writes time: validators know no `Z`. */
const inUtc = (iso: string): string => iso.replace(/Z$/, '+00:00');
const reference = (id: string): Entity => ({ '@id': id });
const fileId = (path: string): string => path.split('/').map(encodeURIComponent).join('/');
const folderId = (path: string): string => `${fileId(path)}/`;
const parameterId = (name: string): string => `#parameter/${encodeURIComponent(name)}`;
const valueId = (name: string): string => `#value/${encodeURIComponent(name)}`;
const outputId = (name: string): string => `#output/${encodeURIComponent(name)}`;
const authorId = ({ id }: Author, index: number): string => id ?? `#author-${index + 1}`;

/** A package URL (https://github.com/package-url/purl-spec): a name that everybody gives the same. */
const programId = ({ name, version }: CrateFacts['programs'][number]): string =>
  `pkg:${name === 'Spikeline' ? 'npm/spikeline' : `generic/${encodeURIComponent(name.toLowerCase())}`}@${encodeURIComponent(version)}`;

const formats: Readonly<Record<string, string>> = {
  ...{ '.json': 'application/json', '.csv': 'text/csv', '.md': 'text/markdown', '.txt': 'text/plain' },
  ...{ '.yaml': 'application/yaml', '.yml': 'application/yaml', '.cff': 'application/yaml' },
  ...{ '.html': 'text/html', '.svg': 'image/svg+xml', '.png': 'image/png', '.jpg': 'image/jpeg' },
  ...{ '.pdf': 'application/pdf', '.zip': 'application/zip', '.npz': 'application/zip', '.gz': 'application/gzip' },
  ...{ '.ts': 'text/x-typescript', '.js': 'text/javascript', '.mjs': 'text/javascript', '.py': 'text/x-python' },
};

/** The media type of a file, by its name. */
function formatOf(path: string): string {
  return formats[extname(path).toLowerCase()] ?? 'application/octet-stream';
}
