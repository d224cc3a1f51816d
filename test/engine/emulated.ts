import { flagSets, useFlags } from '../../src/engine/wasm/compiler/flags.js';

useFlags(flagSets()[0]!);
await import('../../src/engine/wasm/native/probe.js');
