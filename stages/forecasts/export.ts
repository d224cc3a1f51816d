import { exportWork } from '../../src/experiment/expected-work.js';
import { measureWork } from '../../src/experiment/measure-work.js';
import type { StageForecast } from '../../src/stage/forecast.js';

export default { seconds: 2, work: exportWork, measure: measureWork } satisfies StageForecast;
