import { UserError } from '../error.js';
import { type Able, type Capability, type Engine, isAble } from './engine.js';
import { tensorflowEngine } from './tensorflow/engine.js';
import { wasmEngine } from './wasm/engine.js';
import { webgpuEngine } from './webgpu/engine.js';

/** What computes where nobody chooses. It can do everything. */
export const defaultEngine: Able<Capability> = wasmEngine;

/** All engines. A new one is added here, and nowhere else. */
export const engines: readonly Engine[] = [defaultEngine, tensorflowEngine, webgpuEngine];

/** @throws {UserError} E_ENGINE for a name that no engine has */
export function engineNamed(name: string): Engine {
  const engine = engines.find((known) => known.name === name);
  if (engine !== undefined) return engine;
  const names = engines.map((known) => known.name).join(', ');
  throw new UserError('E_ENGINE', `There is no engine "${name}".`, `There are: ${names}.`);
}

/**
 * What computes something that needs these capabilities: the engine that was chosen, if it has them all, or else the
 * default one.
 */
export function engineFor<C extends Capability>(needs: readonly C[], chosen?: string): Able<C> {
  const engine = chosen === undefined ? defaultEngine : engineNamed(chosen);
  return isAble(engine, needs) ? engine : (defaultEngine as Engine as Able<C>);
}
