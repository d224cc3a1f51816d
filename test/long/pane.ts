import { execFileSync, spawnSync } from 'node:child_process';
import type { Sandbox } from '../e2e/program.js';

export const hasTmux = spawnSync('tmux', ['-V']).status === 0;

/** A real terminal, by tmux, in which a line of `sh` runs in a sandbox. */
export class Pane {
  readonly #server = `spikeline-${process.pid}-${Math.random().toString(36).slice(2)}`;

  /** @param command of the shell; what is shown goes when it ends */
  constructor(box: Sandbox, width: number, command: string) {
    const line = `cd '${box.folder}'; ${command}`;
    this.#tmux('-f', '/dev/null', 'new-session', '-d', '-x', String(width), '-y', '60', '-s', 'pane', line);
  }

  /** One in which the program runs. */
  static running(box: Sandbox, width: number, args: string): Pane {
    // The shell outlives a Ctrl-C, and with it what is shown.
    const environment = 'env -u CI TERM=xterm-256color LANG=C.UTF-8';
    const command = `trap : INT; ${environment} '${process.execPath}' '${box.program}' ${args}; sleep 600`;
    return new Pane(box, width, command);
  }

  get lines(): readonly string[] {
    return this.#tmux('capture-pane', '-p', '-t', 'pane').trimEnd().split('\n');
  }

  /** Lines as they were written, before the terminal broke them: so they are copied. */
  get written(): readonly string[] {
    return this.#tmux('capture-pane', '-p', '-J', '-t', 'pane')
      .split('\n')
      .map((line) => line.trimEnd());
  }

  /** Presses a key by its name, such as `Tab`. */
  press(key: string): void {
    this.#tmux('send-keys', '-t', 'pane', key);
  }

  /** Types a text as it is. */
  type(text: string): void {
    this.#tmux('send-keys', '-t', 'pane', '-l', '--', text);
  }

  resize(width: number): void {
    this.#tmux('resize-window', '-t', 'pane', '-x', String(width));
  }

  close(): void {
    this.#tmux('kill-server');
  }

  #tmux(...args: readonly string[]): string {
    return execFileSync('tmux', ['-L', this.#server, ...args], {
      encoding: 'utf8',
      env: { ...process.env, LANG: 'C.UTF-8' },
    });
  }
}
