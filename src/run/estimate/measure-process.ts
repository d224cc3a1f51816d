// Entry of the process that measures a few steps of work: a task has one of its own, too, which has to load and compile all
// that it needs.
import { stageForecast } from '../../stage/forecast.js';
import type { Measured, ToMeasure } from './messages.js';

process.once('message', (asked: ToMeasure) => void answer(asked));
process.on('disconnect', () => process.exit(1));

async function answer(asked: ToMeasure): Promise<void> {
  const found = await measure(asked).catch((error: unknown): Measured => ({ problem: (error as Error).message }));
  process.send!(found, undefined, {}, () => process.exit(0));
}

async function measure({ stage, work, options }: ToMeasure): Promise<Measured> {
  const forecast = await stageForecast(stage);
  const times = await forecast!.measure!(work, options);
  const { user, system } = process.cpuUsage();
  return { ...times, used: (user + system) / 1e3 };
}
