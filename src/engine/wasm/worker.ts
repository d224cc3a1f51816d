import { parentPort, workerData } from 'node:worker_threads';
import { type SharedSetup, ThreadRunner } from './threads.js';

const { setup, thread } = workerData as { setup: SharedSetup; thread: number };
const runner = new ThreadRunner(setup, thread);
parentPort!.postMessage('ready');
runner.serve();
