import dgram from 'node:dgram';
import dns from 'node:dns';
import { syncBuiltinESMExports } from 'node:module';
import net from 'node:net';
import v8 from 'node:v8';
import threads from 'node:worker_threads';

/**
 * Takes from this process what Node's permission model leaves it: the network, which it knows from Node 25 on only,
 * signals to other processes, other users, and files that V8 writes itself; and threads, of which it needs one of its own. Not a wall against whoever knows Node's inside; there is
 * nothing of worth in this process, either.
 */
export function takeAway(): void {
  for (const name of ['fetch', 'WebSocket', 'EventSource']) Reflect.deleteProperty(globalThis, name);
  close(net.Socket.prototype, ['connect'], 'use the network');
  close(net.Server.prototype, ['listen'], 'use the network');
  close(dgram.Socket.prototype, ['bind', 'connect', 'send'], 'use the network');
  for (const resolver of [dns, dns.promises, dns.Resolver.prototype, dns.promises.Resolver.prototype])
    close(
      resolver,
      ownFunctions(resolver).filter((name) => /^(lookup|resolve|reverse)/.test(name)),
      'use the network',
    );
  close(threads, ['Worker'], 'start threads');
  close(process, ['kill', '_kill', '_debugProcess', 'execve'], 'reach other processes');
  const identities = ['setuid', 'setgid', 'seteuid', 'setegid', 'setgroups', 'initgroups'];
  close(process, identities, 'become another user');
  close(v8, ['setFlagsFromString', 'writeHeapSnapshot', 'startupSnapshot'], 'write files');
  Object.defineProperty(process, 'report', { value: undefined });
  syncBuiltinESMExports();
}

function ownFunctions(object: object): string[] {
  return Object.getOwnPropertyNames(object).filter(
    (name) => typeof (object as Readonly<Record<string, unknown>>)[name] === 'function',
  );
}

function close(object: object, names: readonly string[], what: string): void {
  // No arrow function: some of them are called with `new`.
  function refuse(): never {
    throw Object.assign(new Error(`A stage may not ${what} while it is loaded`), { code: 'ERR_ACCESS_DENIED' });
  }
  for (const name of names)
    if (name in object) Object.defineProperty(object, name, { value: refuse, configurable: false, writable: false });
}
