import { describeExecutor } from '../run/contract.js';
import { asSandboxTest, describeOnCluster } from './rig.js';

describeOnCluster('on a cluster', (test) => describeExecutor('slurm', asSandboxTest(test)));
