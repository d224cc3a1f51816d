import { readFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type { Engine } from '../engine/engine.js';
import { engines } from '../engine/engines.js';
import { digestBytes, digestFile, digestJson } from '../files/digest.js';
import { type Boundary, bundle } from '../fingerprint/bundle.js';
import { forgetPackages } from '../fingerprint/packages.js';
import { buildFolder, isBuilt, packageRoot } from '../paths.js';
import { builtInStage, isUserStage, stageFile } from './registry.js';

/** What identifies the code of a stage. */
export interface CodeFingerprint {
  /** Changes with whatever in the code can change a result, and with nothing else. */
  readonly fingerprint: string;
  /** Digests of the source files and versions of the packages, by name: they tell what changed. */
  readonly files: Readonly<Record<string, string>>;
}

/** Which arithmetic. */
export interface EngineFingerprint {
  readonly name: string;
  /** Of its code. */
  readonly fingerprint: string;
  /** What it computes with beyond its own code: versions by name. */
  readonly libraries?: Readonly<Record<string, string>>;
}

/** What the build writes down about the built-in stages, so that a run need not bundle them. */
export interface BuiltFingerprints {
  /** Of what reads pipeline files: a text means the same as long as this is the same. */
  readonly parser: string;
  /** Of the code of each engine. */
  readonly engines: Readonly<Record<string, EngineFingerprint>>;
  readonly stages: Readonly<Record<string, CodeFingerprint>>;
}

export const fingerprintsFile = join(buildFolder, 'fingerprints.json');

/** Engines have fingerprints of their own, and whoever asks for one does not change as others come. */
const withoutEngines: Boundary = (path) =>
  path.replace(/\.js$/, '.ts') === join(packageRoot, 'src/engine/engines.ts') ? 'engine:any' : undefined;

const cache = new Map<string, Promise<CodeFingerprint>>();
/** Of engines that nothing is built of. */
const ofEngines = new Map<Engine, Promise<EngineFingerprint>>();
let built: BuiltFingerprints | undefined;

/**
 * The fingerprint of a stage's code.
 *
 * @param folder of the pipeline file
 * @throws UserError if a file of the user's has a mistake
 */
export async function stageFingerprint(uses: string, folder: string): Promise<CodeFingerprint> {
  if (!isUserStage(uses)) {
    if (!isBuilt) return remember(uses, () => builtInFingerprint(uses));
    const known = builtFingerprints().stages[uses];
    if (known === undefined) throw new TypeError(`no fingerprint of the built-in stage "${uses}"`);
    return known;
  }
  const file = stageFile(uses, folder);
  return remember(file, () => codeFingerprint(file, dirname(file)));
}

/** The fingerprint of a file of the user's as it is now, even if it changed since this process began. */
export async function currentFingerprint(uses: string, folder: string): Promise<CodeFingerprint> {
  if (isUserStage(uses)) cache.delete(stageFile(uses, folder));
  return stageFingerprint(uses, folder);
}

/** Absolute paths of the user's files that a stage's code consists of; of a built-in one none. */
export async function stageSources(uses: string, folder: string): Promise<readonly string[]> {
  if (!isUserStage(uses)) return [];
  const file = stageFile(uses, folder);
  const { files } = await bundle(file, dirname(file));
  return Object.keys(files).map((path) => resolve(dirname(file), path));
}

/** Forgets fingerprints of users' stages: from now on they are computed anew. */
export function forgetCode(): void {
  cache.clear();
  forgetPackages();
}

/**
 * The fingerprint of an engine: its code, what the build made for it, and the libraries behind it.
 *
 * @param choice what a stage says of its graphics processor
 * @throws {UserError} E_ENGINE when a library is not there
 */
export async function engineFingerprint(engine: Engine, choice?: string): Promise<EngineFingerprint> {
  const code = isBuilt ? builtFingerprints().engines[engine.name] : await rememberedEngine(engine);
  if (code === undefined) throw new TypeError(`no fingerprint of the engine "${engine.name}"`);
  const libraries = await engine.identity.libraries?.(choice);
  return libraries === undefined ? code : { ...code, libraries };
}

/** The fingerprint of what reads pipeline files; undefined where nothing is built. */
export function parserFingerprint(): string | undefined {
  return isBuilt ? builtFingerprints().parser : undefined;
}

/** Takes the fingerprint of what reads pipeline files from its sources. */
export async function takeParserFingerprint(): Promise<string> {
  return (await codeFingerprint(join(packageRoot, 'src/pipeline/text/parse.ts'), packageRoot)).fingerprint;
}

/** Takes the fingerprint of a built-in stage from its sources. The engine stays out where its own fingerprint counts. */
export async function builtInFingerprint(name: string): Promise<CodeFingerprint> {
  const definition = await builtInStage(name);
  const entry = join(packageRoot, 'stages', `${name}.ts`);
  return codeFingerprint(entry, packageRoot, definition?.usesEngine === undefined ? undefined : withoutEngines);
}

/** Takes the fingerprints of all engines from their sources. */
export async function takeEngineFingerprints(): Promise<BuiltFingerprints['engines']> {
  const taken = engines.map(async (engine) => [engine.name, await engineCodeFingerprint(engine)] as const);
  return Object.fromEntries(await Promise.all(taken));
}

/** Takes the fingerprint of an engine's code from its sources and the files that were built for it. */
export async function engineCodeFingerprint({ name, identity }: Engine): Promise<EngineFingerprint> {
  const { sources, files = [] } = identity;
  const boundary = engineBoundary({ identity });
  const code = await Promise.all(
    sources.map(async (file) => (await codeFingerprint(join(packageRoot, file), packageRoot, boundary)).fingerprint),
  );
  const built = await Promise.all(
    files.map(async (file) => [file, (await digestFile(join(buildFolder, file))).digest] as const),
  );
  return { name, fingerprint: digestJson({ type: 'spikeline-engine/2', code, files: Object.fromEntries(built) }) };
}

/** Leaves out what changes no result. */
export function engineBoundary({ identity: { ignored = [] } }: Pick<Engine, 'identity'>): Boundary {
  const folders = ignored.map((folder) => join(packageRoot, folder));
  return (path) => (folders.includes(dirname(path)) ? `engine:${basename(dirname(path))}` : undefined);
}

async function codeFingerprint(entry: string, base: string, boundary?: Boundary): Promise<CodeFingerprint> {
  const { code, files, packages } = await bundle(entry, base, boundary);
  const fingerprint = digestJson({ type: 'spikeline-code/1', code: digestBytes(code), packages });
  return { fingerprint, files: { ...files, ...packages } };
}

function remember(name: string, take: () => Promise<CodeFingerprint>): Promise<CodeFingerprint> {
  const known = cache.get(name);
  if (known !== undefined) return known;
  const taken = take();
  cache.set(name, taken);
  // What is wrong with a file may be mended while this process runs.
  taken.catch(() => cache.get(name) === taken && cache.delete(name));
  return taken;
}

/** Of its sources, which stay as they are while this process runs: each task of a pipeline asks. */
function rememberedEngine(engine: Engine): Promise<EngineFingerprint> {
  const known = ofEngines.get(engine) ?? engineCodeFingerprint(engine);
  ofEngines.set(engine, known);
  return known;
}

function builtFingerprints(): BuiltFingerprints {
  built ??= JSON.parse(readFileSync(fingerprintsFile, 'utf8')) as BuiltFingerprints;
  return built;
}
