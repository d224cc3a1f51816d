import { UserError } from '../../error.js';
import { choiceVariable } from '../processor-choice.js';

/** A graphics processor as Dawn lists it, through one of the system's interfaces. */
export interface ListedAdapter {
  /** Such as `vulkan`, `metal`, `d3d12`. */
  readonly backend: string;
  readonly name: string;
}

/** What is used of Dawn's `GPU`. */
export interface Gpu<Adapter = unknown> {
  requestAdapter(options?: { readonly powerPreference: string }): Promise<Adapter | null>;
}

const whoChooses = `${choiceVariable} chooses by name or number, and \`resources: { gpu: … }\` of a stage by name.`;

/** No processor is called so: Dawn then lists those that there are. */
const unknownName = 'SPIKELINE_LISTS_ADAPTERS';

/** The graphics processors that Dawn can use, in its order. It tells of them only in what it throws at an unknown name. */
export async function listAdapters(create: (options: readonly string[]) => Gpu): Promise<readonly ListedAdapter[]> {
  const told = await create([`adapter=${unknownName}`])
    .requestAdapter()
    .then(() => '', String);
  return [...told.matchAll(/^ \* backend: '(.+?)', name: '(.*)'$/gm)].map(([, backend, name]) => ({
    backend: backend!,
    name: name!,
  }));
}

/** Drivers, `doctor` and clusters write one name in several ways: `RTX 4090`, `rtx-4090`, `rtx_4090`. */
const words = (name: string) =>
  name
    .toLowerCase()
    .match(/[\p{L}\p{N}]+/gu)
    ?.join(' ') ?? '';

/**
 * The one that is chosen: by its number in the list, or by a part of its name, of which letters and
 * digits count; the first that fits.
 * @throws {UserError} E_GPU_CHOICE when there is none
 */
export function chosenAdapter(listed: readonly ListedAdapter[], choice: string): ListedAdapter {
  const part = words(choice);
  const named = part === '' ? undefined : listed.find(({ name }) => words(name).includes(part));
  const found = /^\d{1,3}$/.test(choice) ? listed[Number(choice) - 1] : named;
  if (found === undefined)
    throw new UserError(
      'E_GPU_CHOICE',
      `There is no graphics processor "${choice}".`,
      listed.length === 0
        ? 'None was found. Is its driver installed?'
        : `There are: ${listed.map(({ name }, i) => `${i + 1} ${name}`).join(', ')}. ${whoChooses}`,
    );
  const first = listed.find(({ backend, name }) => backend === found.backend && name === found.name);
  if (first !== found)
    throw new UserError(
      'E_GPU_CHOICE',
      `"${choice}" is no graphics processor that can be used: WebGPU for Node takes the first of several called ${found.name}.`,
      'Let the process see no other: by a container, a job of a cluster, or a setting of the driver.',
    );
  return found;
}

/** Options with which Dawn takes that one. */
export const adapterOptions = ({ backend, name }: ListedAdapter): readonly string[] => [
  `backend=${backend}`,
  `adapter=${name}`,
];
