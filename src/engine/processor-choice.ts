/** The environment variable that chooses a graphics processor: a part of its name, or its number from 1 on. */
export const choiceVariable = 'SPIKELINE_GPU';

/** What chooses a graphics processor, if anything does: the environment, or else what its stage says. */
export function processorChoice(ofStage?: string): string | undefined {
  const { [choiceVariable]: ofEnvironment = '' } = process.env;
  return ofEnvironment === '' ? ofStage : ofEnvironment;
}

/** Variables of a process that is to compute on the one that its stage says, if it says one. */
export function choosing(ofStage: string | undefined): Readonly<Record<string, string>> {
  const choice = processorChoice(ofStage);
  return choice === undefined ? {} : { [choiceVariable]: choice };
}
