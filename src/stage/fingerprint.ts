import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { type EngineName, engineNames } from '../engine/engines.js';
import { describeLibrary } from '../engine/tensorflow/describe.js';
import { digestBytes, digestFile, digestJson } from '../files/digest.js';
import { type Boundary, bundle } from '../fingerprint/bundle.js';
import { buildFolder, isBuilt, packageRoot } from '../paths.js';
import { builtInStage, isUserStage } from './registry.js';

/** What identifies the code of a stage. */
export interface CodeFingerprint {
  /** Changes with whatever in the code can change a result, and with nothing else. */
  readonly fingerprint: string;
  /** Digests of the source files and versions of the packages, by name: they tell what changed. */
  readonly files: Readonly<Record<string, string>>;
}

/** Which arithmetic. */
export interface EngineFingerprint {
  readonly name: EngineName;
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
  readonly engines: Readonly<Record<EngineName, EngineFingerprint>>;
  readonly stages: Readonly<Record<string, CodeFingerprint>>;
}

export const fingerprintsFile = join(buildFolder, 'fingerprints.json');

const enginesFolder = join(packageRoot, 'src/engine');

/** Engines have fingerprints of their own. */
const withoutEngines: Boundary = (path) => {
  const engine = dirname(path);
  return dirname(engine) === enginesFolder && /^engine\.[jt]s$/.test(basename(path))
    ? `engine:${basename(engine)}`
    : undefined;
};

/** How kernels are compiled changes how fast they are and no result: nothing is stale because a version of Node is new. */
export const withoutCompiler: Boundary = (path) =>
  dirname(path) === join(enginesFolder, 'compiler') ? 'engine:compiler' : undefined;

const cache = new Map<string, Promise<CodeFingerprint>>();
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
  const file = resolve(folder, uses);
  return remember(file, () => codeFingerprint(file, dirname(file)));
}

/** The fingerprint of a file of the user's as it is now, even if it changed since this process began. */
export async function currentFingerprint(uses: string, folder: string): Promise<CodeFingerprint> {
  if (isUserStage(uses)) cache.delete(resolve(folder, uses));
  return stageFingerprint(uses, folder);
}

/**
 * The fingerprint of an engine: its code – of the default one with its worker and its kernels –, and the library behind it.
 *
 * @throws {UserError} E_ENGINE when its library is not there
 */
export async function engineFingerprint(name: EngineName): Promise<EngineFingerprint> {
  const code = isBuilt ? builtFingerprints().engines[name] : await engineCodeFingerprint(name);
  if (name === 'wasm') return code;
  const { package: binding, version, tensorflow, device } = await describeLibrary();
  return { ...code, libraries: { TensorFlow: tensorflow, [binding]: version, device } };
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
  return codeFingerprint(entry, packageRoot, (definition?.usesEngine ?? false) === false ? undefined : withoutEngines);
}

/** Takes the fingerprints of all engines from their sources. */
export async function takeEngineFingerprints(): Promise<BuiltFingerprints['engines']> {
  const engines = engineNames.map(async (name) => [name, await engineCodeFingerprint(name)] as const);
  return Object.fromEntries(await Promise.all(engines)) as BuiltFingerprints['engines'];
}

/** Takes the fingerprint of an engine's code from its sources and, of the default one, the built kernels. */
async function engineCodeFingerprint(name: EngineName): Promise<EngineFingerprint> {
  const folder = join(enginesFolder, name);
  const entries = ['engine.ts', 'worker.ts'].map((name) => join(folder, name)).filter(existsSync);
  const code = await Promise.all(
    entries.map(async (entry) => (await codeFingerprint(entry, packageRoot, withoutCompiler)).fingerprint),
  );
  const kernels = name === 'wasm' ? { kernels: (await digestFile(join(buildFolder, 'kernels.wasm'))).digest } : {};
  return { name, fingerprint: digestJson({ type: 'spikeline-engine/1', code, ...kernels }) };
}

async function codeFingerprint(entry: string, base: string, boundary?: Boundary): Promise<CodeFingerprint> {
  const { code, files, packages } = await bundle(entry, base, boundary);
  const fingerprint = digestJson({ type: 'spikeline-code/1', code: digestBytes(code), packages });
  return { fingerprint, files: { ...files, ...packages } };
}

function remember(name: string, take: () => Promise<CodeFingerprint>): Promise<CodeFingerprint> {
  const known = cache.get(name) ?? take();
  cache.set(name, known);
  return known;
}

function builtFingerprints(): BuiltFingerprints {
  built ??= JSON.parse(readFileSync(fingerprintsFile, 'utf8')) as BuiltFingerprints;
  return built;
}
