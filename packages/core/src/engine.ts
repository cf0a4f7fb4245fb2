import type { MetadataDocument } from "./document/document.ts";
import { createGuard } from "./document/guard.ts";
import type { JsonObject, JsonValue } from "./document/json.ts";
import type { FindOptions } from "./document/types.ts";
import { checkOptions, type Limits, type UserMetadataOptions } from "./options.ts";
import type { Session } from "./sessions/session.ts";
import type { FoundPage } from "./storing/find.ts";
import { ReadPath } from "./storing/read-path.ts";
import { type Mutation, WritePath } from "./storing/write-path.ts";
import { createClaims } from "./tokens/claims.ts";
import type { TokenIssuer } from "./tokens/token-issuer.ts";

/** What the methods and the routes stand on. */
export interface Engine {
  read(userId: string): Promise<MetadataDocument>;
  mutate(userId: string, mutation: Mutation): Promise<MetadataDocument>;
  /** What of a document goes into a token, beside its version. */
  claims(document: MetadataDocument): JsonObject;
  /** Searches. @throws UserMetadataError `search_unsupported` where the store cannot, `query_invalid` */
  find(query: FindOptions): Promise<FoundPage>;
  /** How many users have a document. @throws UserMetadataError `search_unsupported` */
  count(): Promise<number>;
  close(): Promise<void>;
  readonly limits: Limits;
  readonly issuer: TokenIssuer | undefined;
  /** Decides what `POST /updateinfo` writes. */
  readonly updateInfo: UpdateInfo | undefined;
}

/** Makes an update of the caller's session and body; `body` is `undefined` where none was sent. */
export type UpdateInfo = (session: Session, body: JsonValue | undefined) => unknown;

/** The engine behind the options. @throws UserMetadataError `options_invalid` */
export const createEngine = (options: UserMetadataOptions): Engine => {
  const limits = checkOptions(options);
  const claims = createClaims(options.claims ?? {});
  const { store, cache, schemas = {}, issuer, updateInfo } = options;
  const cached = cache && import("./storing/cache.ts").then(({ Cache }) => new Cache(options));
  const reads = new ReadPath(cached ? { read: async (userIds) => (await cached).read(userIds) } : store);
  const writes = new WritePath(
    // A mutation is applied to what is stored, whatever is in memory.
    cached
      ? {
          remote: !!store.remote,
          read: (userIds) => store.read(userIds),
          write: async (changes) => (await cached).write(changes),
        }
      : store,
    createGuard({ ...limits, schemas, claims }),
  );
  let closing: Promise<void> | undefined;
  return {
    read: (userId) => reads.read(userId),
    mutate: (userId, mutation) => writes.mutate(userId, mutation),
    find: async (query) => (await import("./storing/find.ts")).find(store, query),
    count: async () => (await import("./storing/find.ts")).count(store),
    claims: claims.build,
    close: () => {
      closing ??= writes.finish().then(() => store.close?.());
      return closing;
    },
    limits,
    issuer,
    updateInfo,
  };
};
