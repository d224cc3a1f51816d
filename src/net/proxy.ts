import { BlockList, isIP } from 'node:net';
import { NetworkError } from './fault.js';

export type Variables = Readonly<Record<string, string | undefined>>;

/**
 * The proxy that the environment names for an address, as curl and most programs read it: `HTTPS_PROXY` for https,
 * `HTTP_PROXY` for http, then `ALL_PROXY`, each in small letters before large ones, and none for what `NO_PROXY` lists,
 * nor for this machine itself.
 *
 * @throws NetworkError if it is no address of an HTTP proxy; the message does not show it, as it may hold a password
 */
export function proxyOf(url: URL, env: Variables = process.env): URL | undefined {
  const scheme = url.protocol.slice(0, -1);
  const names = [`${scheme}_proxy`, 'all_proxy'].flatMap((name) => [name, name.toUpperCase()]);
  const name = names.find((each) => said(env[each]) !== undefined);
  if (name === undefined || isLoopback(url) || isExempt(url, said(env.no_proxy) ?? env.NO_PROXY ?? ''))
    return undefined;
  const text = said(env[name])!;
  const [, kind] = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text) ?? [];
  const address = kind === undefined ? `http://${text}` : text;
  if (kind !== undefined && !/^https?$/i.test(kind)) throw ofAnotherKind(name, kind.toLowerCase(), scheme);
  const proxy = URL.canParse(address) ? new URL(address) : undefined;
  if (proxy === undefined || proxy.hostname === '')
    throw new NetworkError('denied', `${name} is not the address of an HTTP proxy`, addressHint(name));
  return proxy;
}

/** Such as SOCKS, by which a tunnel to another machine is often named for all programs. */
function ofAnotherKind(name: string, kind: string, scheme: string): NetworkError {
  const message = `${name} names a proxy of the kind ${kind}://, and only http:// and https:// ones can be used`;
  const own = `${scheme.toUpperCase()}_PROXY`;
  const instead = `Set ${own}=http://HOST:PORT (many SOCKS proxies speak HTTP, too)`;
  return new NetworkError('denied', message, `${instead}, or NO_PROXY=* to go without a proxy.`);
}

export const addressHint = (name: string): string =>
  `Write ${name}=http://HOST:PORT, with a name and a password as in http://NAME:PASSWORD@HOST:PORT.`;

const said = (text: string | undefined): string | undefined => text?.trim() || undefined;

/** A host without the brackets of IPv6 and without the dot that ends a full name. */
const bare = (host: string): string =>
  host
    .toLowerCase()
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '');

/** True for names of this machine: by such a name a proxy could only reach itself. */
export function isLoopback({ hostname }: URL): boolean {
  const host = bare(hostname);
  return host === 'localhost' || host.endsWith('.localhost') || host === '::1' || /^127(\.\d+){3}$/.test(host);
}

/** Names (with all below them), addresses, ranges of addresses (`10.0.0.0/8`), each with a port if need be; `*` is all. */
function isExempt(url: URL, list: string): boolean {
  const host = bare(url.hostname);
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  return list.split(/[\s,]+/).some((entry) => {
    if (entry === '' || entry === '*') return entry === '*';
    // Several colons without brackets are an IPv6 address, and no port.
    const [, name = entry, itsPort] = /^(\[.*\]|[^:]*):(\d+)$/.exec(entry) ?? [];
    if (itsPort !== undefined && itsPort !== port) return false;
    const [address = '', bits] = bare(name).split('/');
    if (bits !== undefined) return isIn(host, address, Number(bits));
    const domain = address.replace(/^\*?\./, '');
    return host === domain || (isIP(host) === 0 && host.endsWith(`.${domain}`));
  });
}

function isIn(host: string, address: string, bits: number): boolean {
  const [ours, theirs] = [isIP(host), isIP(address)];
  if (ours === 0 || ours !== theirs || !(bits >= 0 && bits <= (ours === 4 ? 32 : 128))) return false;
  const family = ours === 4 ? 'ipv4' : 'ipv6';
  const range = new BlockList();
  range.addSubnet(address, bits, family);
  return range.check(host, family);
}
