import { test } from '../e2e/program.js';
import { describeExecutor } from './contract.js';

describeExecutor('local', test);
