/** What went wrong between this machine and a server, which decides what is done about it. */
export type FaultKind =
  /** Another attempt may do better: a connection that broke, a server that is overloaded. */
  | 'transient'
  /** The same, after nothing was heard for a while: each further attempt costs as much time. */
  | 'silent'
  /** It won't work that way, and never will. */
  | 'refused'
  /** The same, because of who we are, for lack of credentials, or for what this machine has set. */
  | 'denied';

/** A failed connection in words that can follow the address of the server and a colon. They hold no credentials. */
export class NetworkError extends Error {
  override readonly name = 'NetworkError';
  constructor(
    readonly kind: FaultKind,
    message: string,
    readonly hint?: string,
  ) {
    super(message);
  }
}

/** Codes of certificates that are not believed. */
const certificate = /^(CERT_|DEPTH_|SELF_SIGNED|UNABLE_TO_|ERR_TLS_|HOSTNAME_MISMATCH)/;
const certificateHint = 'NODE_EXTRA_CA_CERTS=FILE names a certificate authority of your own.';

const words: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing is listening there',
  EHOSTUNREACH: 'there is no route to it',
  ENETUNREACH: 'there is no route to it',
  ENOTFOUND: 'there is no such host',
  EAI_AGAIN: 'its name can’t be looked up',
  ECONNRESET: 'the connection broke',
  EPIPE: 'the connection broke',
  ETIMEDOUT: 'no connection was made in time',
  EPROTO: 'TLS could not be agreed on with it',
  ERR_SSL_WRONG_VERSION_NUMBER: 'it does not speak TLS: should its address begin with http, not https?',
  UND_ERR_SOCKET: 'the connection broke',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'the connection broke',
  UND_ERR_CONNECT_TIMEOUT: 'no connection was made in time',
  UND_ERR_HEADERS_TIMEOUT: 'it does not answer',
  UND_ERR_BODY_TIMEOUT: 'it stopped sending',
  UND_ERR_HEADERS_OVERFLOW: 'its answer has too many headers',
};
const silent = /TIMEOUT$|^ETIMEDOUT$/;

/**
 * What an error of undici's, or of Node's `fetch`, means. Whether the caller wanted the end is the caller's to know, by
 * its own signal: the names of errors don't tell, as undici has an `AbortError` for a proxy that refuses, too.
 */
export function networkError(error: unknown): NetworkError {
  if (error instanceof NetworkError) return error;
  const inner = innermost(error);
  if (inner instanceof NetworkError) return inner;
  const code = codeOf(inner) ?? '';
  if (code === 'ERR_INVALID_URL') return new NetworkError('denied', 'its address is not valid');
  if (certificate.test(code))
    return new NetworkError('refused', `its certificate is not trusted (${code})`, certificateHint);
  const message =
    /^HPE_/.test(code) || (inner as Error | undefined)?.name === 'HTTPParserError'
      ? 'it does not speak HTTP as it should'
      : words[code];
  const text = message ?? (inner instanceof Error ? inner.message : String(inner));
  return new NetworkError(silent.test(code) ? 'silent' : 'transient', code === '' ? text : `${text} (${code})`);
}

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException | undefined)?.code;

/** Several addresses of a host that all failed count as the first; `fetch` has the reason inside. */
function innermost(error: unknown): unknown {
  if (error instanceof AggregateError && error.errors.length > 0) return innermost(error.errors[0]);
  const cause = (error as Error | undefined)?.cause;
  return cause instanceof Error && codeOf(error) === undefined ? innermost(cause) : error;
}
