import { BlockList, isIP } from 'node:net';
import { NetworkError } from './fault.js';

export type Variables = Readonly<Record<string, string | undefined>>;

/**
 * The proxy that the environment names for an address, as most programs read it: `HTTPS_PROXY` for https, `HTTP_PROXY`
 * for http, in small letters before large ones, and none for what `NO_PROXY` lists, nor for this machine itself.
 *
 * @throws NetworkError if it is no address of a proxy; the message does not show it, as it may hold a password
 */
export function proxyOf(url: URL, env: Variables = process.env): URL | undefined {
  const name = `${url.protocol.slice(0, -1)}_proxy`;
  const spelled = said(env[name]) === undefined ? name.toUpperCase() : name;
  const text = said(env[spelled]);
  if (text === undefined || isLoopback(url) || isExempt(url, said(env.no_proxy) ?? env.NO_PROXY ?? ''))
    return undefined;
  const address = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  const proxy = URL.canParse(address) ? new URL(address) : undefined;
  if (proxy === undefined || !/^https?:$/.test(proxy.protocol) || proxy.hostname === '')
    throw new NetworkError('denied', `${spelled} is not the address of an HTTP proxy`, addressHint(spelled));
  return proxy;
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

/** Is it this machine? A proxy could only reach itself by that name. */
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
