import { conversionWork } from '../../src/experiment/expected-work.js';
import { measureWork } from '../../src/experiment/measure-work.js';
import type { StageForecast } from '../../src/stage/forecast.js';

export default { work: conversionWork, measure: measureWork } satisfies StageForecast;
