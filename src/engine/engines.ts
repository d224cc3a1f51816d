import type { Engine } from './engine.js';

/** Engines that can be asked for by name, the default one first. */
export const engineNames = ['wasm', 'tensorflow'] as const;
export type EngineName = (typeof engineNames)[number];

/** The engine of that name; its code is loaded now. */
export async function engineNamed(name: EngineName = 'wasm'): Promise<Engine> {
  switch (name) {
    case 'wasm':
      return (await import('./wasm/engine.js')).wasmEngine;
    case 'tensorflow':
      return (await import('./tensorflow/engine.js')).tensorflowEngine;
    default:
      return name satisfies never;
  }
}
