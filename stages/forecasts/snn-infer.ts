import { simulationWork } from '../../src/experiment/expected-work.js';
import { measureWork } from '../../src/experiment/measure-work.js';
import type { StageForecast } from '../../src/stage/forecast.js';

export default { work: simulationWork, measure: measureWork } satisfies StageForecast;
