// native-probe.js for a processor that is emulated: V8's flags are taken as they are, as to try them a process is started, which
// only the machine itself can: node .build/dev/emulated-probe.js LIBRARY LEVEL
import { flagSets, useFlags } from '../../src/engine/wasm/compiler/flags.js';

useFlags(flagSets()[0]!);
await import('../../src/engine/wasm/native/probe.js');
