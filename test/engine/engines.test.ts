import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../src/engine/engine.js';
import { defaultEngine, engineFor, engineNamed, engines } from '../../src/engine/engines.js';
import { wasmEngine } from '../../src/engine/wasm/engine.js';
import { engineCodeFingerprint, takeEngineFingerprints } from '../../src/stage/fingerprint.js';
import { describeEngine } from './contract.js';
import { referenceEngine } from './reference-engine.js';

describe('the default engine, beside plain loops', () => {
  describeEngine(wasmEngine, referenceEngine);
});

describe('what computes', () => {
  it('is the default engine, or the one that was chosen where it can', () => {
    expect(engines[0]).toBe(defaultEngine);
    expect(engineFor(['train', 'simulate']).name).toBe('wasm');
    expect(engineFor(['train', 'evaluate'], 'tensorflow').name).toBe('tensorflow');
    expect(engineFor(['evaluate', 'simulate'], 'tensorflow').name).toBe('wasm');
    expect(engineFor(['simulate'], 'webgpu').name).toBe('webgpu');
  });

  it('is the default engine where neurons are held to each other, and the one that was chosen may round them', () => {
    expect(engineFor(['evaluate', 'simulate'], 'webgpu').name).toBe('wasm');
  });

  it('has in its fingerprint what was built for it', () => {
    const built = engines.map(({ name, identity }) => [name, identity.files ?? []]);
    expect(Object.fromEntries(built)).toEqual({
      ...{ wasm: ['kernels.wasm'], tensorflow: [], webgpu: ['webgpu-gradients.js', 'kernels.wasm'] },
    });
  });

  it('is not an engine that nobody knows', () => {
    expect(() => engineFor(['train'], 'abacus')).toThrow(
      expect.objectContaining({ code: 'E_ENGINE', message: 'There is no engine "abacus".' }) as Error,
    );
  });
});

describe('a third engine', () => {
  const all = engines as Engine[];
  beforeAll(() => void all.push(referenceEngine));
  afterAll(() => void all.pop());

  it('computes what it can, simulation too', () => {
    expect(engineNamed('reference')).toBe(referenceEngine);
    for (const need of ['train', 'evaluate', 'simulate'] as const)
      expect(engineFor([need], 'reference')).toBe(referenceEngine);
  });

  it('is taken for no other: its fingerprint is that of its own code, without libraries', async () => {
    const fingerprints = await takeEngineFingerprints();
    expect(Object.keys(fingerprints)).toEqual(engines.map(({ name }) => name));
    expect(new Set(Object.values(fingerprints).map(({ fingerprint }) => fingerprint)).size).toBe(engines.length);
    expect(fingerprints.reference).toEqual(await engineCodeFingerprint(referenceEngine));
    expect(fingerprints.reference!.libraries).toBeUndefined();
  });
});
