// Loaded before a program: has its graphics processor fail once, as it reads back for the READS-th time.
// Environment: READS; MARK, a file that says it has happened; TROUBLE, `loss` or `memory`.
import { existsSync, writeFileSync } from 'node:fs';

const { READS, MARK, TROUBLE } = process.env;
let device;
let reads = 0;

const trouble = {
  loss: () => device.destroy(),
  // More than the process may have (ulimit -v). Nothing is written there, so that little memory is really taken.
  memory() {
    const { maxBufferSize: size } = device.limits;
    for (let i = 0; i < 100; i++) device.createBuffer({ size, usage: GPUBufferUsage.STORAGE });
  },
};

const changes = {
  GPUAdapter(prototype) {
    const { requestDevice } = prototype;
    prototype.requestDevice = async function (...given) {
      device = await requestDevice.apply(this, given);
      return device;
    };
  },
  GPUBuffer(prototype) {
    const { mapAsync } = prototype;
    prototype.mapAsync = function (...given) {
      if (++reads === Number(READS) && !existsSync(MARK)) {
        writeFileSync(MARK, '');
        trouble[TROUBLE]();
      }
      return mapAsync.apply(this, given);
    };
  },
};

for (const [name, change] of Object.entries(changes))
  Object.defineProperty(globalThis, name, {
    configurable: true,
    // WebGPU's classes become global as Spikeline loads it.
    set(value) {
      change(value.prototype);
      Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
    },
  });
