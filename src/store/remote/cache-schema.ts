import { type Static, Type } from '@sinclair/typebox';
import { timePattern } from '../../schema/units.js';

/** What is accepted as a remote. Credentials have no place in it: it is shown, and pipeline files are shared. */
export const remotePattern = '^(file:(?!//[^/]).+|https?://[^\\s/@?#]+(/[^\\s@?#]*)?)$';
export const remoteTitle = 'an address such as https://cache.example.org/ or file:/shared/cache, without credentials';

/** Where results are shared: a section of pipeline files, and of the user's configuration. */
export const CacheSchema = Type.Object(
  {
    remote: Type.Optional(
      Type.String({
        pattern: remotePattern,
        title: remoteTitle,
        description: 'A server of the Bazel HTTP cache protocol (http:, https:), or a folder (file:).',
      }),
    ),
    requireSigned: Type.Optional(
      Type.Boolean({ description: 'Use it only with a key to sign results with: SPIKELINE_REMOTE_SIGNING_KEY.' }),
    ),
    readOnly: Type.Optional(Type.Boolean({ description: 'Fetch results from it, but upload none.' })),
    timeout: Type.Optional(
      Type.Union([Type.Number({ exclusiveMinimum: 0 }), Type.String({ pattern: timePattern })], {
        title: 'a time in seconds, or such as 30s',
        description: 'How long it may send nothing: seconds, or text such as 30s. Default: 15s.',
      }),
    ),
  },
  {
    additionalProperties: false,
    description: 'A cache that is shared with other machines; SPIKELINE_REMOTE comes before it.',
  },
);

export type CacheFile = Static<typeof CacheSchema>;

/** The same in the user's configuration, where the user says more. */
export const OwnCacheSchema = Type.Object(
  {
    ...CacheSchema.properties,
    trusted: Type.Optional(
      Type.Array(
        Type.String({ pattern: '^https?://[^\\s/@?#]+/?$', title: 'a server such as https://cache.example.org' }),
        {
          description: 'Servers that get credentials even where only a pipeline file names them.',
        },
      ),
    ),
  },
  { additionalProperties: false },
);
