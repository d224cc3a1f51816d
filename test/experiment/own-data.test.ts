import { describe, expect, it } from 'vitest';
import { isOwn, ownName, ownProblems } from '../../src/experiment/own-data.js';

describe('data of the user’s own', () => {
  it('are called as they are named, and where they are where they are just custom', () => {
    const names = ['a/x.npy', 'b/x.npy'].map((images) => ownName('custom', { images, labels: 'y.npy' }));
    expect(names).toEqual(['custom (a/x.npy)', 'custom (b/x.npy)']);
    expect(ownName('custom', { folder: 'photos/train' })).toBe('custom (photos/train)');
    expect(ownName('custom', { npz: 'digits.npz' })).toBe('custom (digits.npz)');
    expect(ownName('digits', { images: 'x.npy', labels: 'y.npy' })).toBe('digits');
    expect([isOwn('digits'), isOwn('custom'), isOwn('mnist')]).toEqual([true, true, false]);
  });
});

it('says of a name that is none of a data set what data of the user’s own need', () => {
  const hintOf = (name: string) => ownProblems(name, {})[0]?.hint;
  expect(hintOf('my-photos')).toBe(
    'data of your own need `train` and `test`, each one of { images, labels }, { folder } or { npz }, such as train: { folder: photos, labels: photos.csv }, test: { share: 0.2 }',
  );
  expect(hintOf('cifar-10')).toMatch(/^did you mean "cifar10"\? data of your own need /);
});
