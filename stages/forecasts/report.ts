import type { StageForecast } from '../../src/stage/forecast.js';

export default { seconds: 2 } satisfies StageForecast;
