// native-probe.js for a processor that is emulated: without flags for V8, as to try them a process is started, which only the
// machine itself can, and as V8's baseline compiler is the quicker one there: node .build/dev/emulated-probe.js LIBRARY LEVEL
import { useFlags } from '../../src/engine/wasm/compiler/flags.js';

useFlags([]);
await import('../../src/engine/wasm/native/probe.js');
