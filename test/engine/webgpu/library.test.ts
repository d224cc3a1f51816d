import { expect, it } from 'vitest';
import { type Device, DeviceWatch } from '../../../src/engine/webgpu/library.js';

/** Errors of these names are WebGPU's. */
class GPUInternalError extends Error {}
class GPUOutOfMemoryError extends Error {}

/** A device that is lost when somebody says so. */
function device() {
  let lose = (_: { reason: string; message: string }) => {};
  const lost = new Promise<{ reason: string; message: string }>((resolve) => {
    lose = resolve;
  });
  let finish = () => {};
  const done = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const target: Device = Object.assign(new EventTarget(), { lost, queue: { onSubmittedWorkDone: () => done } });
  const report = (message: string, Kind = GPUInternalError) =>
    target.dispatchEvent(Object.assign(new Event('uncapturederror'), { error: new Kind(message) }));
  return { target, lose, report, finish };
}

it('hands on what a device has computed, and what went wrong with it', async () => {
  const watch = new DeviceWatch(device().target, 'Example 1');
  expect(await watch.guard(Promise.resolve(7))).toBe(7);
  await expect(watch.guard(Promise.reject(new Error('mine')))).rejects.toThrow('mine');
});

it('ends work on a device that is lost, and begins no more', async () => {
  const { target, lose } = device();
  const watch = new DeviceWatch(target, 'Example 1');
  const work = [watch.guard(new Promise(() => {})), watch.guard(new Promise(() => {}))];
  lose({ reason: 'unknown', message: 'reset by the driver\nand more' });
  for (const one of [...work, watch.guard(Promise.resolve(7))])
    await expect(one).rejects.toMatchObject({
      code: 'E_GPU_LOST',
      message: 'The graphics processor was lost (Example 1): reset by the driver',
      hint: expect.stringContaining('resumes after its last whole epoch') as string,
    });
});

it('does without what a lost device does not take, and tells of it where something needs the device', async () => {
  const { target, lose } = device();
  const watch = new DeviceWatch(target, 'Example 1');
  const work: string[] = [];
  watch.tried(() => work.push('there'));
  watch.tried(() => {
    throw new RangeError('createBuffer failed');
  });
  lose({ reason: 'unknown', message: '' });
  await target.lost;
  watch.tried(() => work.push('lost'));
  expect(work).toEqual(['there']);
  await expect(watch.guard(Promise.resolve(7))).rejects.toMatchObject({ code: 'E_GPU_LOST' });
});

it.each([
  ['E_GPU_MEMORY', 'The graphics processor is out of memory (Example 1): No room.', GPUOutOfMemoryError],
  ['E_GPU', 'The graphics processor reports an error (Example 1): No room.', GPUInternalError],
] as const)('takes no result from a device that reports an error: %s', async (code, message, kind) => {
  const { target, report } = device();
  const watch = new DeviceWatch(target, 'Example 1');
  const work = watch.guard(new Promise(() => {}));
  report('No room.\n - While calling CreateBuffer', kind);
  await expect(work).rejects.toMatchObject({ code, message });
  report('another one, which follows from the first');
  await expect(watch.guard(Promise.resolve(7))).rejects.toMatchObject({ code, message });
});

it('tells of the device where work fails because of it, and fails first', async () => {
  const { target, lose } = device();
  const work = new DeviceWatch(target, 'Example 1').guard(Promise.reject(new Error('AbortError')));
  setTimeout(() => lose({ reason: 'unknown', message: '' }), 10);
  await expect(work).rejects.toMatchObject({
    code: 'E_GPU_LOST',
    message: expect.stringMatching(/: unknown$/) as string,
  });
});

it('keeps no result before all work is done: an error that spoilt it may come until then', async () => {
  const good = device();
  const kept = new DeviceWatch(good.target, 'Example 1').settled(Promise.resolve(7));
  good.finish();
  expect(await kept).toBe(7);
  const bad = device();
  const spoilt = new DeviceWatch(bad.target, 'Example 1').settled(Promise.resolve(7));
  await Promise.resolve();
  bad.report('No room.', GPUOutOfMemoryError);
  bad.finish();
  await expect(spoilt).rejects.toMatchObject({ code: 'E_GPU_MEMORY' });
});
