// What the confined process is at, which is told while it takes long, and when it is given up.
import { isComputing } from '../../files/process-identity.js';
import type { StageProblem } from '../load.js';
import type { Phase } from './messages.js';

/** How long nothing is told, in milliseconds. */
const quietMs = 3000;
const lookMs = 100;

let listener: ((line: string) => void) | undefined;

/** @param tell gets a sentence or two on what a command is waiting for */
export function tellOfWaiting(tell: (line: string) => void): void {
  listener = tell;
}

/** Watches a process that runs code of the user's. */
export class Patience {
  #phase: Phase | undefined;
  /** How often it was looked at, and seen to compute. */
  #looks = 0;
  #computing = 0;
  #telling: NodeJS.Timeout | undefined;
  readonly #looking = setInterval(() => this.#look(), lookMs);

  /** @param seconds after which it is given up */
  constructor(
    readonly uses: string,
    readonly pid: number | undefined,
    readonly seconds: number,
  ) {}

  /** Notes what the process begins with. Calls of one function are one thing. */
  begin(phase: Phase): void {
    if (phase === this.#phase) return;
    this.#phase = phase;
    this.#looks = 0;
    this.#computing = 0;
    clearTimeout(this.#telling);
    this.#telling = setTimeout(() => this.#tell(phase), quietMs);
  }

  end(): void {
    clearTimeout(this.#telling);
    clearInterval(this.#looking);
  }

  /** False if the process has not come to any of the user's code. */
  get hasBegun(): boolean {
    return this.#phase !== undefined;
  }

  /** Why it is given up. */
  get late(): StageProblem {
    const { uses, seconds } = this;
    if (this.#phase === undefined) return { error: `The process that loads ${uses} had not begun after ${seconds} s.` };
    const isLoading = this.#phase === 'load';
    const what = isLoading ? `${uses} was not loaded` : `${this.#phase}() of ${uses} had not ended`;
    const who = isLoading ? 'its top level' : 'it';
    const did = { computing: 'was computing all the time', waiting: 'was waiting all the time', '': 'went on and on' };
    const question = {
      computing: 'Is there a loop without an end? ',
      waiting: 'Does it await what never comes? ',
      '': '',
    };
    const doing = this.#doing;
    return { error: `${what} after ${seconds} s: ${who} ${did[doing]}.`, hint: question[doing] + hints[this.#phase] };
  }

  #tell(phase: Phase): void {
    const isLoading = phase === 'load';
    const what = isLoading ? `${this.uses} is still being loaded` : `${phase}() of ${this.uses} has not ended yet`;
    const doing = this.#doing;
    const did = doing === '' ? '' : `: ${isLoading ? 'its top level' : 'it'} has been ${doing} for ${quietMs / 1000} s`;
    listener?.(`${what}${did}. It is given up after ${this.seconds} s.`);
  }

  #look(): void {
    const computes = this.pid === undefined ? undefined : isComputing(this.pid);
    if (computes === undefined) return;
    this.#looks++;
    if (computes) this.#computing++;
  }

  /** What it did for the most part; empty where nobody can tell. */
  get #doing(): 'computing' | 'waiting' | '' {
    if (this.#looks === 0) return '';
    return 2 * this.#computing > this.#looks ? 'computing' : 'waiting';
  }
}

const hints: Readonly<Record<Phase, string>> = {
  load: 'Move what it does while it is loaded into run().',
  check: 'It is asked about parameters, and must answer soon.',
  files: 'It is asked for paths, and must answer soon.',
};
