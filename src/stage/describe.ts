import { join } from 'node:path';
import { cacheFolder } from '../data/locations.js';
import { UserError } from '../error.js';
import { writeAtomically } from '../files/atomic.js';
import { digestJson, hexOf } from '../files/digest.js';
import { readSealed, sealed } from '../files/sealed.js';
import { bundle } from '../fingerprint/bundle.js';
import { version } from '../version.js';
import { definitionProblems } from './check.js';
import type { Answer, PlainDefinition, Question, ReaderFailure, Reply } from './confined/messages.js';
import { costProblems } from './cost.js';
import type { InputOrigin, InputProblem, ParameterProblem, StageDefinition } from './definition.js';
import { currentFingerprint, stageFingerprint } from './fingerprint.js';
import { findBuiltInStage, findUserStage, type StageProblem } from './load.js';
import { isUserStage } from './registry.js';

/** What is remembered of a stage's code, by its content. */
interface Memory {
  readonly definition: PlainDefinition;
  readonly answers: Readonly<Record<string, Answer>>;
}

/** What is remembered of code that can't be described, for a while: what it says depends on where the file is. */
interface RememberedFailure extends ReaderFailure {
  readonly at: number;
  readonly uses: string;
  readonly folder: string;
}

/** How long a failure counts, in minutes: packages that a file imports may be mended under the same name. */
const failureMinutes = 10;
/** More answers than a sweep has points. */
const mostAnswers = 20_000;
const described = new Map<string, Promise<StageDefinition | StageProblem>>();
const open = new Set<Promise<unknown>>();

/**
 * What `uses:` names, without running any of its code in this process: of a file of the user's the definition is read
 * in a confined one, and remembered for as long as the code stays the same; for a while, too, that it can't be. Its
 * `run` can't be called; see `loadUserStage`.
 */
export async function describeStage(uses: string, folder: string): Promise<StageDefinition | StageProblem> {
  if (!isUserStage(uses)) return findBuiltInStage(uses, folder);
  const file = findUserStage(uses, folder);
  if (typeof file !== 'string') return file;
  try {
    // The fingerprint leaves out what changes no result.
    const { fingerprint, files } = await stageFingerprint(uses, folder);
    const id = hexOf(
      digestJson({ type: 'spikeline-definition/4', version, node: process.version, fingerprint, files }),
    );
    const name = `${id} ${file}`;
    const stage = described.get(name) ?? new Described(uses, folder, id, fingerprint).definition();
    described.set(name, stage);
    return await stage;
  } catch (error) {
    if (!(error instanceof UserError) || error.code !== 'E_STAGE_CODE') throw error;
    // The same with paths from where the pipeline is.
    const { message, hint } = await bundle(file, folder).then(
      () => error,
      (again: Pick<UserError, 'message' | 'hint'>) => again,
    );
    return { error: message, ...(hint === undefined ? {} : { hint }) };
  }
}

/**
 * Waits for what stages' own checks had to be asked in their process since the last call. True if there was anything:
 * then a pipeline that was loaded meanwhile has to be loaded again, as the checks counted for passed.
 */
export async function answersArrived(): Promise<boolean> {
  if (open.size === 0) return false;
  await Promise.all(open);
  open.clear();
  return true;
}

class Described {
  #memory: Memory | undefined;
  /** Answers that are not to be remembered: the next process asks again. */
  #passing: Memory['answers'] = {};
  #queue: { readonly question: Question; take(answer: Answer): void }[] = [];

  constructor(
    readonly uses: string,
    readonly folder: string,
    readonly id: string,
    readonly fingerprint: string,
  ) {}

  async definition(): Promise<StageDefinition | StageProblem> {
    this.#memory = this.#remembered();
    if (this.#memory === undefined) {
      const before = this.#rememberedFailure();
      if (before !== undefined) return before;
      const reply = await this.#ask([]);
      if ('problem' in reply) {
        const { uses, folder } = this;
        const failure: RememberedFailure = { ...reply, at: Date.now(), uses, folder };
        if (!reply.passing) await this.#remember(failure);
        return reply.problem;
      }
      this.#memory = { definition: reply.definition, answers: {} };
      await this.#remember(this.#memory);
    }
    const { has, ...rest } = this.#memory.definition;
    const hasFunction = (name: (typeof has)[number]) => has.includes(name);
    return {
      ...rest,
      run: () => Promise.reject<undefined>(new TypeError('a description of a stage can’t be run')),
      ...(hasFunction('check')
        ? { check: (parameters, inputs, given) => this.#check([parameters, told(inputs), given]) }
        : {}),
      ...(hasFunction('files') ? { files: (...args) => this.#files(args) } : {}),
    };
  }

  /** What the stage's check says, if it has been asked: checks are called one by one, and a process is started for many. */
  #check(args: readonly unknown[]): readonly (ParameterProblem | InputProblem)[] {
    const question: Question = { name: 'check', args };
    const answer = this.#known(question);
    if (answer === undefined) {
      open.add(this.#answer(question));
      return [];
    }
    if ('failed' in answer) throw new Error(answer.failed);
    return answer.value as readonly (ParameterProblem | InputProblem)[];
  }

  async #files(args: readonly unknown[]): Promise<readonly string[]> {
    const question: Question = { name: 'files', args };
    const answer = this.#known(question) ?? (await this.#answer(question));
    if ('failed' in answer)
      throw new UserError('E_STAGE_CRASHED', `The files of "${this.uses}" can't be listed: ${answer.failed}`);
    return answer.value as readonly string[];
  }

  #known(question: Question): Answer | undefined {
    const name = hexOf(digestJson(question));
    const answer = this.#passing[name] ?? this.#memory?.answers[name];
    return answer !== undefined && 'failed' in answer && answer.at !== undefined && isOver(answer.at)
      ? undefined
      : answer;
  }

  /** All that is asked in one go is answered by one process. */
  #answer(question: Question): Promise<Answer> {
    return new Promise((take) => {
      if (this.#queue.push({ question, take }) === 1) setImmediate(() => void this.#flush());
    });
  }

  async #flush(): Promise<void> {
    const asked = this.#queue;
    this.#queue = [];
    const reply = await this.#ask(asked.map(({ question }) => question));
    const answers = asked.map(({ question }, at) => {
      if ('problem' in reply) return { failed: reply.problem.error, at: Date.now() };
      return sound(question, reply.answers[at]);
    });
    const entries = asked.map(({ question }, at) => [hexOf(digestJson(question)), answers[at]!] as const);
    const heard = Object.fromEntries(entries);
    if ('passing' in reply) this.#passing = { ...this.#passing, ...heard };
    else {
      const known = this.#memory!.answers;
      const before = Object.keys(known).length + asked.length > mostAnswers ? {} : known;
      this.#memory = { ...this.#memory!, answers: { ...before, ...heard } };
      await this.#remember(this.#memory);
    }
    for (const [at, { take }] of asked.entries()) take(answers[at]!);
  }

  async #ask(questions: readonly Question[]): Promise<Reply> {
    const { askReader } = await import('./confined/process.js');
    const { uses, folder } = this;
    const reply = await askReader({ uses, folder, questions });
    if ('problem' in reply) return reply;
    const run = () => undefined;
    const { cost, ...definition } = reply.definition;
    const problems = [...definitionProblems({ ...definition, run }), ...costProblems(cost)];
    if (problems.length === 0 && reply.answers.length === questions.length) return reply;
    return { problem: { error: `The default export of ${uses} is not a stage: ${problems.join('; ')}.` } };
  }

  get #path(): string {
    return join(cacheFolder(), 'definitions', this.id);
  }

  #remembered(): Memory | undefined {
    const memory = this.#read();
    return memory !== undefined && 'definition' in memory ? memory : undefined;
  }

  /** Why the code couldn't be described a while ago, with when it is tried again. */
  #rememberedFailure(): StageProblem | undefined {
    const failure = this.#read();
    if (failure === undefined || !('problem' in failure)) return undefined;
    const { problem, at, uses, folder } = failure;
    if (uses !== this.uses || folder !== this.folder || isOver(at)) return undefined;
    const left = Math.ceil(failureMinutes - (Date.now() - at) / 60_000);
    const again = `It is tried again once its code changes, or in ${left} min.`;
    return { error: problem.error, hint: problem.hint === undefined ? again : `${problem.hint} ${again}` };
  }

  #read(): Memory | RememberedFailure | undefined {
    const content = readSealed(this.#path);
    return content === undefined ? undefined : (JSON.parse(content) as Memory | RememberedFailure);
  }

  /** Unless the code is no longer what its name says. Where it can't be written, it is asked anew next time. */
  async #remember(what: Memory | RememberedFailure): Promise<void> {
    const { fingerprint } = await currentFingerprint(this.uses, this.folder);
    if (fingerprint !== this.fingerprint) return;
    const folder = join(cacheFolder(), 'definitions');
    await writeAtomically(this.#path, [sealed(JSON.stringify(what))], folder).catch(() => undefined);
  }
}

/** What stages of the user's are told of what makes their inputs: of that what JSON holds. */
function told(inputs: Readonly<Record<string, InputOrigin>>): Readonly<Record<string, InputOrigin>> {
  const entries = Object.entries(inputs).map(([name, { uses, parameters }]) => [name, { uses, parameters }] as const);
  return Object.fromEntries(entries);
}

/** True if a failure is too old to count, or its time is none, or yet to come. */
function isOver(at: number): boolean {
  const minutes = (Date.now() - at) / 60_000;
  return !(minutes >= 0 && minutes < failureMinutes);
}

/** An answer of the form that its question wants; whatever else was said is no answer. */
function sound({ name }: Question, answer: Answer | undefined): Answer {
  if (answer === undefined || 'failed' in answer) return answer ?? { failed: 'it gave no answer' };
  const isText = (value: unknown): value is string => typeof value === 'string';
  const isProblem = (value: unknown) => {
    const { parameter, input, message } = (value ?? {}) as Partial<ParameterProblem & InputProblem>;
    return isText(parameter ?? input) && isText(message);
  };
  const { value } = answer;
  if (Array.isArray(value) && value.every(name === 'files' ? isText : isProblem)) return answer;
  return { failed: name === 'files' ? 'it gave no list of paths' : 'it gave no list of problems' };
}
