import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exportedTensors } from '../../src/exchange/arrays.js';
import { importCheckpoint } from '../../src/exchange/import.js';
import { writeTensorLayer } from '../../src/exchange/tensorlayer/checkpoint.js';
import { npyHeader } from '../../src/formats/npy.js';
import type { PickledArray } from '../../src/formats/pickle/pickled.js';
import { readPickle } from '../../src/formats/pickle/read-pickle.js';
import { writePickle } from '../../src/formats/pickle/write-pickle.js';
import { zip } from '../../src/formats/zip.js';
import type { Network } from '../../src/network/architecture.js';
import { blocksOf, chainLayers } from '../../src/network/layers.js';
import { network as preset } from '../../src/network/presets.js';
import { authorsParameters, digestOf, weightDigests } from '../spiking/authors-lenet.js';
import { tiny, tinyParameters } from './tiny.js';

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

const pickle = (protocol: number) => new Uint8Array(Buffer.from(pickles[protocol]!, 'base64'));
/** Where the second size of the last array stands in the pickle of protocol 4. */
const hugeAt = 377;
const text = (value: string) => Buffer.from(value, 'latin1');

function npz(pickled: Uint8Array, descr = '|O'): Promise<Uint8Array> {
  return zip(new Map([['params.npy', Buffer.concat([npyHeader(descr, [6]), pickled])]]));
}

describe("import of the authors' checkpoints", () => {
  it.each([2, 3, 4])('reads pickles of protocol %i', async (protocol) => {
    expect(await importCheckpoint(await npz(pickle(protocol)), tiny, 'model.npz')).toEqual({
      checkpoint: { network: tiny, parameters: tinyParameters, epoch: 0, seed: 0 },
      format: 'tensorlayer',
    });
  });

  it('reads the published LeNet', async () => {
    const lenet = preset('lenet', { precision: { kind: 'quantised', k: 1, B: 2 } });
    const parameters = await authorsParameters(lenet);
    const theirDigests = weightDigests();
    for (const [theirs, ours] of [
      ['conv1_w', 'conv1.weight'],
      ['bn1_beta', 'conv1.beta'],
      ['bn4_gamma', 'conv4.gamma'],
      ['bn6_mean', 'conv6.mean'],
      ['bn2_var', 'conv2.variance'],
      ['conv6_w', 'conv6.weight'],
      ['fc_w', 'dense.weight'],
    ] as const)
      expect([theirs, digestOf(parameters.get(ours)!)]).toEqual([theirs, theirDigests[theirs]]);
  });

  const wider: Network = { ...tiny, classes: 3, layers: chainLayers(blocksOf(tiny), tiny.input, 3) };
  // A text that is recalled again and again, and made into bytes each time: [text, text, …].
  const repeated = Buffer.concat([
    text(`\x80\x02X\x00\x01\x00\x00${'a'.repeat(256)}q\x00`),
    ...Array.from({ length: 30 }, () => text('c_codecs\nencode\nh\x00X\x06\x00\x00\x00latin1\x86R')),
    text('.'),
  ]);
  it.each<[string, Promise<Uint8Array>, Network, string, string]>([
    ['no archive', Promise.resolve(text('no zip file at all')), tiny, 'E_IMPORT_FORMAT', 'it is not an .npz file'],
    [
      'no params',
      zip(new Map([['a.npy', text('')]])),
      tiny,
      'E_IMPORT_FORMAT',
      'it is not an .npz file with the one array "params"',
    ],
    ['numbers', npz(pickle(2), '<f4'), tiny, 'E_IMPORT_FORMAT', 'its array "params" does not hold objects'],
    ['half a pickle', npz(pickle(2).subarray(0, 300)), tiny, 'E_IMPORT_FORMAT', 'it ends too early'],
    [
      'programs',
      npz(text('\x80\x02cos\nsystem\n')),
      tiny,
      'E_IMPORT_UNSAFE',
      'it refers to "os.system", which is not part of an array',
    ],
    [
      'other instructions',
      npz(text('\x80\x02(i')),
      tiny,
      'E_IMPORT_UNSAFE',
      'it holds something other than arrays (pickle instruction 0x69)',
    ],
    ['a bomb', npz(repeated), tiny, 'E_IMPORT_UNSAFE', 'it unpacks to more bytes than it holds'],
    [
      'another network',
      npz(pickle(2)),
      { ...tiny, layers: tiny.layers.slice(-1) },
      'E_IMPORT_NAME',
      'it holds 6 arrays instead of 1',
    ],
    [
      'another shape',
      npz(pickle(2)),
      wider,
      'E_IMPORT_SHAPE',
      'its array 6, dense.weight, has the shape [1, 2] instead of [1, 3]',
    ],
    [
      'a shape beyond its bytes',
      npz(pickle(4).map((byte, i) => (i === hugeAt ? 99 : byte))),
      tiny,
      'E_IMPORT_UNSAFE',
      'its array 6, dense.weight, has 8 bytes, but its shape [1, 99] needs 396',
    ],
  ])('refuses %s', async (_, bytes, network, code, problem) => {
    const refused = importCheckpoint(await bytes, network, 'model.npz', 'tensorlayer');
    const message = `model.npz can't be imported as a checkpoint of tiny: ${problem}.`;
    await expect(refused).rejects.toMatchObject({ code, message });
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
            expect((error as Error).message).toMatch(/^it(s| is| ends| holds| refers| makes) /);
          }
        },
      ),
      { numRuns: 2000 },
    );
  });
});

describe("export for the authors' scripts", () => {
  it('is read back', async () => {
    const file = await writeTensorLayer(tiny, exportedTensors(tiny, tinyParameters, 'latent'));
    expect((await importCheckpoint(file, tiny, 'model.npz')).checkpoint.parameters).toEqual(tinyParameters);
  });

  it('pickles arrays of any shape', () => {
    const shapes = fc.array(fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 4 }), { maxLength: 4 });
    fc.assert(
      fc.property(shapes, fc.float({ noNaN: true }), (all, value) => {
        const arrays = all.map((shape) => ({
          shape,
          data: new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(value),
        }));
        const { shape, data } = readPickle(writePickle(arrays)) as PickledArray;
        expect(shape).toEqual([arrays.length]);
        const read = (data as PickledArray[]).map((item) => ({
          shape: item.shape,
          data: new Float32Array(new Uint8Array(item.data as Uint8Array).buffer),
        }));
        expect(read).toEqual(arrays);
      }),
    );
  });
});
