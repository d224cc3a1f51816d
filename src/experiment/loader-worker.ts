// The thread that prepares batches.
import { getPriority, setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { ImageSource } from './images.js';
import type { LoaderRequest, LoaderSetup } from './loader.js';

/** It has batches of time, and each request would take the core from the thread that goes on with the next step. */
const nicer = 5;
// Elsewhere than on Linux a priority is the whole process's.
if (process.platform === 'linux') setPriority(Math.min(19, getPriority() + nicer));

const { network, dataset, augmentation, buffers } = workerData as LoaderSetup;
const source = new ImageSource(network, dataset, augmentation);

parentPort!.on('message', ({ buffer, order }: LoaderRequest) => {
  source.fill(order, buffers[buffer]!);
  parentPort!.postMessage(buffer);
});
