import type { StageForecast } from '../../src/stage/forecast.js';

export default { seconds: 1 } satisfies StageForecast;
