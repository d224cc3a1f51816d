/** The environment variable that chooses a graphics processor: a part of its name, or its number from 1 on. */
export const choiceVariable = 'SPIKELINE_GPU';

/**
 * What chooses a graphics processor, as variables of a process that is to compute on it: what this one's environment says, or
 * else what a stage does; nothing where neither says anything.
 */
export function choosing(ofStage?: string): { readonly [choiceVariable]?: string } {
  const choice = process.env[choiceVariable] || ofStage;
  return choice === undefined ? {} : { [choiceVariable]: choice };
}
