import type { Intent, MetadataDocument } from "./document/document.ts";
import { createGuard } from "./document/guard.ts";
import type { JsonObject } from "./document/json.ts";
import { checkLeast } from "./document/least.ts";
import type { FindOptions, Schemas } from "./document/types.ts";
import type { History } from "./history/history.ts";
import type { Keeping } from "./history/keeping.ts";
import { LazyHistory } from "./history/lazy-history.ts";
import type { VerifySession } from "./sessions/verify-session.ts";
import { Cache } from "./storing/cache.ts";
import { Deadlines } from "./storing/deadlines.ts";
import { count, type FoundPage, find } from "./storing/find.ts";
import { createMover, type Mover } from "./storing/move.ts";
import { ReadPath } from "./storing/read-path.ts";
import type { Store } from "./storing/store.ts";
import { isolatesRequests, ownTurns, requestTurns, type Turns } from "./storing/turn.ts";
import { Versions } from "./storing/versions.ts";
import { WaitingRoom, type WaitLimits } from "./storing/waiting-room.ts";
import type { Write, Written } from "./storing/write.ts";
import { WritePath } from "./storing/write-path.ts";
import type { Claims } from "./tokens/claims.ts";
import type { TokenIssuer } from "./tokens/token-issuer.ts";

/** Limits with their defaults. */
export interface Limits extends WaitLimits {
  /** Bytes of UTF-8 JSON in a tier. */
  readonly maxTierBytes: number;
  /** Levels of objects and arrays in a tier. */
  readonly maxDepth: number;
  /** Bytes in a request's body. */
  readonly maxBodyBytes: number;
}

/** The parts of an engine, each checked already. */
export interface EngineParts {
  readonly store: Store;
  readonly limits: Limits;
  readonly schemas: Schemas;
  readonly claims: Claims;
  readonly issuer: TokenIssuer | undefined;
  /** The most users whose documents are kept in memory; `undefined`: no cache. */
  readonly maxCachedUsers: number | undefined;
  /** What is kept of writes; `undefined`: nothing. */
  readonly keeping: Keeping | undefined;
}

/** The ground of the methods and of the routes. */
export interface Engine {
  /** Reads a user's document; `EMPTY_DOCUMENT` if nothing is stored. */
  read(userId: string): Promise<MetadataDocument>;
  /**
   * Writes a user's document. The one way to write: every method, route and dialect calls it.
   * @throws what the condition, the change and the guard throw, what the store throws, `write_contended`,
   * `write_not_sent`, `engine_overloaded`, and the reason of the signal
   */
  write(userId: string, write: Write): Promise<Written>;
  /**
   * Moves a user's document to another user, both changes or neither; of a user who has none nothing is moved.
   * @throws as `write` does, and `move_unsupported`
   */
  readonly move: Mover;
  /** The claims that a document puts into a token, without its version. */
  claims(document: MetadataDocument): JsonObject;
  /** Searches. @throws UserMetadataError `search_unsupported` if the store cannot search, `query_invalid` */
  find(query: FindOptions): Promise<FoundPage>;
  /** How many users have a document. @throws UserMetadataError `search_unsupported` */
  count(): Promise<number>;
  /** The history of users. @throws UserMetadataError `history_unsupported` if the store has no journal */
  history(): Promise<History>;
  /** Whether the history of writes is kept. */
  readonly keepsHistory: boolean;
  close(): Promise<void>;
  readonly limits: Limits;
  readonly issuer: TokenIssuer | undefined;
  /** Finds the session of a request to a route for anyone. */
  readonly verifySession: VerifySession;
}

/** Makes an engine of its parts; who is calling is not known to it. */
export const createEngine = ({
  store,
  limits,
  claims,
  issuer,
  ...rest
}: EngineParts): Omit<Engine, "verifySession"> => {
  const { schemas, maxCachedUsers, keeping } = rest;
  const cache = maxCachedUsers === undefined ? undefined : new Cache(store, maxCachedUsers);
  const guard = createGuard({ ...limits, schemas, checkClaims: claims.check });
  const versions = new Versions(claims.areSame);
  const weigh = (intent: Intent): number => checkLeast(intent, limits);
  const room = new WaitingRoom(limits);
  const { timeoutMs } = limits;
  const reading = { store: cache ?? store, room, timeoutMs };
  const read: Engine["read"] = (userId) => reads().read(userId);
  const write: Engine["write"] = (userId, write) =>
    history.keep([userId], () => writes().path.write(userId, write));
  const history = new LazyHistory(store.journal, { read, write, keeping });
  const writing = {
    store: cache ? writeThrough(store, cache) : store,
    guard,
    weigh,
    versions,
    record: history.record,
    room,
    timeoutMs,
  };
  const reads = pathsOf((turns) => new ReadPath({ ...reading, turns }));
  const writes = pathsOf((turns) => {
    const path = new WritePath({ ...writing, turns });
    return { path, move: createMover({ ...writing, turns }, path) };
  });
  const searches = pathsOf(() => new Deadlines(timeoutMs));
  let closing: Promise<void> | undefined;
  return {
    read,
    write,
    move: (from, to, move) => history.keep([from, to], async () => writes().move(from, to, move)),
    find: (query) => find(store, searches(), query),
    count: () => count(store, searches()),
    claims: claims.build,
    history: () => history.load(),
    keepsHistory: keeping !== undefined,
    close: () => {
      history.close();
      closing ??= writes()
        .path.finish()
        .then(() => store.close?.());
      return closing;
    },
    limits,
    issuer,
  };
};

/** One path for all callers; where requests are kept apart, one for each request. */
const pathsOf = <P>(create: (turns: Turns) => P): (() => P) => {
  if (!isolatesRequests()) {
    const path = create(ownTurns);
    return () => path;
  }
  let current: P | undefined;
  const forget = requestTurns(() => {
    current = undefined;
  });
  return () => {
    forget();
    current ??= create(requestTurns);
    return current;
  };
};

/** The store for writes: a mutation is applied to the stored document, never to one in memory. */
const writeThrough = (store: Store, cache: Cache): Store => {
  const together = store.writeTogether?.bind(store);
  return {
    remote: !!store.remote,
    read: (userIds) => store.read(userIds),
    write: (changes) => cache.write(changes),
    ...(together && { writeTogether: (changes) => cache.swap(changes, () => together(changes)) }),
  };
};
