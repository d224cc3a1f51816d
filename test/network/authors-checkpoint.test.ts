import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { strToU8, zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import type { Network } from '../../src/network/architecture.js';
import { decodeAuthorsCheckpoint } from '../../src/network/authors/checkpoint.js';
import { readPickle } from '../../src/network/authors/pickle.js';
import { network as preset } from '../../src/network/presets.js';
import { packageRoot } from '../../src/paths.js';
import { StageError } from '../../src/stage/definition.js';
import { readNpz } from '../spiking/npz.js';

const published = join(packageRoot, '..', 'shared', 'reference', 'model_mnist.npz');

/** One block of 1×1 from one channel to one, and two classes. */
const tiny: Network = {
  name: 'tiny',
  input: [1, 1, 1],
  classes: 2,
  precision: { kind: 'quantised', k: 0, B: 1 },
  layers: [
    {
      ...{ name: 'conv1', kernel: [1, 1], stride: 1, padding: [0, 0], input: [1, 1, 1], output: [1, 1, 1] },
      weights: 'float',
    },
  ],
};

/*
 * Made by NumPy 2.4 and Python 3.11:
 *   f = lambda shape, *v: numpy.array(v, numpy.float32).reshape(shape)
 *   params = numpy.empty(6, dtype=object)
 *   params[:] = [f((1,1,1,1), 1.5), f(1, 2), f(1, 3), f(1, 4), f(1, 5), f((1,2), -1, 0.25)], one by one
 *   pickle.dumps(params, protocol) in base64
 */
const pickles: Readonly<Record<number, string>> = {
  2:
    'gAJjbnVtcHkuX2NvcmUubXVsdGlhcnJheQpfcmVjb25zdHJ1Y3QKcQBjbnVtcHkKbmRhcnJheQpxAUsAhXECY19jb2RlY3MKZW5jb2RlCnED' +
    'WAEAAABicQRYBgAAAGxhdGluMXEFhnEGUnEHh3EIUnEJKEsBSwaFcQpjbnVtcHkKZHR5cGUKcQtYAgAAAE84cQyJiIdxDVJxDihLA1gBAAAA' +
    'fHEPTk5OSv////9K/////0s/dHEQYoldcREoaABoAUsAhXESaAeHcRNScRQoSwEoSwFLAUsBSwF0cRVoC1gCAAAAZjRxFomIh3EXUnEYKEsD' +
    'WAEAAAA8cRlOTk5K/////0r/////SwB0cRpiiWgDWAUAAAAAAMOAP3EbaAWGcRxScR10cR5iaABoAUsAhXEfaAeHcSBScSEoSwFLAYVxImgY' +
    'iWgDWAQAAAAAAABAcSNoBYZxJFJxJXRxJmJoAGgBSwCFcSdoB4dxKFJxKShLAUsBhXEqaBiJaANYBAAAAAAAQEBxK2gFhnEsUnEtdHEuYmgA' +
    'aAFLAIVxL2gHh3EwUnExKEsBSwGFcTJoGIloA1gFAAAAAADCgEBxM2gFhnE0UnE1dHE2YmgAaAFLAIVxN2gHh3E4UnE5KEsBSwGFcTpoGIlo' +
    'A1gFAAAAAADCoEBxO2gFhnE8UnE9dHE+YmgAaAFLAIVxP2gHh3FAUnFBKEsBSwFLAoZxQmgYiWgDWAsAAAAAAMKAwr8AAMKAPnFDaAWGcURS' +
    'cUV0cUZiZXRxR2Iu',
  3:
    'gANjbnVtcHkuX2NvcmUubXVsdGlhcnJheQpfcmVjb25zdHJ1Y3QKcQBjbnVtcHkKbmRhcnJheQpxAUsAhXECQwFicQOHcQRScQUoSwFLBoVx' +
    'BmNudW1weQpkdHlwZQpxB1gCAAAATzhxCImIh3EJUnEKKEsDWAEAAAB8cQtOTk5K/////0r/////Sz90cQxiiV1xDShoAGgBSwCFcQ5oA4dx' +
    'D1JxEChLAShLAUsBSwFLAXRxEWgHWAIAAABmNHESiYiHcRNScRQoSwNYAQAAADxxFU5OTkr/////Sv////9LAHRxFmKJQwQAAMA/cRd0cRhi' +
    'aABoAUsAhXEZaAOHcRpScRsoSwFLAYVxHGgUiUMEAAAAQHEddHEeYmgAaAFLAIVxH2gDh3EgUnEhKEsBSwGFcSJoFIlDBAAAQEBxI3RxJGJo' +
    'AGgBSwCFcSVoA4dxJlJxJyhLAUsBhXEoaBSJQwQAAIBAcSl0cSpiaABoAUsAhXEraAOHcSxScS0oSwFLAYVxLmgUiUMEAACgQHEvdHEwYmgA' +
    'aAFLAIVxMWgDh3EyUnEzKEsBSwFLAoZxNGgUiUMIAACAvwAAgD5xNXRxNmJldHE3Yi4=',
  4:
    'gASVhwEAAAAAAACMFm51bXB5Ll9jb3JlLm11bHRpYXJyYXmUjAxfcmVjb25zdHJ1Y3SUk5SMBW51bXB5lIwHbmRhcnJheZSTlEsAhZRDAWKU' +
    'h5RSlChLAUsGhZRoA4wFZHR5cGWUk5SMAk84lImIh5RSlChLA4wBfJROTk5K/////0r/////Sz90lGKJXZQoaAJoBUsAhZRoB4eUUpQoSwEo' +
    'SwFLAUsBSwF0lGgMjAJmNJSJiIeUUpQoSwOMATyUTk5OSv////9K/////0sAdJRiiUMEAADAP5R0lGJoAmgFSwCFlGgHh5RSlChLAUsBhZRo' +
    'GYlDBAAAAECUdJRiaAJoBUsAhZRoB4eUUpQoSwFLAYWUaBmJQwQAAEBAlHSUYmgCaAVLAIWUaAeHlFKUKEsBSwGFlGgZiUMEAACAQJR0lGJo' +
    'AmgFSwCFlGgHh5RSlChLAUsBhZRoGYlDBAAAoECUdJRiaAJoBUsAhZRoB4eUUpQoSwFLAUsChpRoGYlDCAAAgL8AAIA+lHSUYmV0lGIu',
};

function npz(pickle: Uint8Array, header = "{'descr': '|O', 'fortran_order': False, 'shape': (6,), }\n"): Uint8Array {
  const magic = Uint8Array.of(0x93, ...strToU8('NUMPY'), 1, 0, header.length, 0);
  return zipSync({ 'params.npy': Uint8Array.from([...magic, ...strToU8(header), ...pickle]) });
}

const pickle = (protocol: number) => new Uint8Array(Buffer.from(pickles[protocol]!, 'base64'));

describe("import of the authors' checkpoints", () => {
  it.each([2, 3, 4])('reads pickles of protocol %i', (protocol) => {
    expect(decodeAuthorsCheckpoint(npz(pickle(protocol)), tiny, 'model.npz')).toEqual({
      network: tiny,
      parameters: new Map([
        ['conv1.weight', Float32Array.of(1.5)],
        ['conv1.beta', Float32Array.of(2)],
        ['conv1.gamma', Float32Array.of(3)],
        ['conv1.mean', Float32Array.of(4)],
        ['conv1.variance', Float32Array.of(5)],
        ['dense.weight', Float32Array.of(-1, 0.25)],
      ]),
      epoch: 0,
      seed: 0,
    });
  });

  it.skipIf(!existsSync(published))('reads the published LeNet', () => {
    const lenet = preset('lenet', { precision: { kind: 'quantised', k: 1, B: 2 } });
    const { parameters } = decodeAuthorsCheckpoint(readFileSync(published), lenet, 'model_mnist.npz');
    const plain = readNpz(published.replace('model_mnist', 'lenet_weights_plain'));
    for (const [theirs, ours] of [
      ['conv1_w', 'conv1.weight'],
      ['bn1_beta', 'conv1.beta'],
      ['bn4_gamma', 'conv4.gamma'],
      ['bn6_mean', 'conv6.mean'],
      ['bn2_var', 'conv2.variance'],
      ['conv6_w', 'conv6.weight'],
      ['fc_w', 'dense.weight'],
    ] as const)
      expect(Buffer.compare(Buffer.from(plain.get(theirs)!.buffer), Buffer.from(parameters.get(ours)!.buffer))).toBe(0);
  });

  const wider: Network = { ...tiny, classes: 3 };
  it.each<[string, Uint8Array, Network, string]>([
    ['no archive', strToU8('no zip file at all'), tiny, 'it is not an .npz file'],
    ['no params', zipSync({ 'a.npy': strToU8('') }), tiny, 'it is not an .npz file with the one array "params"'],
    ['an array of numbers', npz(pickle(2), "{'descr': '<f4'}\n"), tiny, 'its array "params" does not hold objects'],
    ['a truncated pickle', npz(pickle(2).subarray(0, 300)), tiny, 'it ends too early'],
    [
      'a pickle that runs programs',
      npz(Uint8Array.of(0x80, 2, ...strToU8('cos\nsystem\n'))),
      tiny,
      'it refers to "os.system", which is no part of an array',
    ],
    ['another network', npz(pickle(2)), { ...tiny, layers: [] }, 'it holds 6 arrays and not 1'],
    ['another shape', npz(pickle(2)), wider, 'its array 6, dense.weight, has the shape [1, 2] instead of [1, 3]'],
  ])('refuses %s', (_, bytes, network, problem) => {
    expect(() => decodeAuthorsCheckpoint(bytes, network, 'model.npz')).toThrow(
      new StageError('E_IMPORT', `model.npz can't be imported as a tiny: ${problem}.`),
    );
  });

  it('ends with a value or a message whatever the bytes', () => {
    const sound = pickle(4);
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(sound.length - 1), fc.nat(255)), { minLength: 1, maxLength: 5 }),
        (edits) => {
          const bytes = sound.slice();
          for (const [at, value] of edits) bytes[at] = value;
          try {
            readPickle(bytes);
          } catch (error) {
            expect((error as Error).message).toMatch(/^it(s| is| ends| holds| refers) /);
          }
        },
      ),
      { numRuns: 2000 },
    );
  });
});
