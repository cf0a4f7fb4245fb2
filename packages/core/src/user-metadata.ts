import { createClaims, VERSION_CLAIM } from "./claims.ts";
import type { DocumentContent, MetadataDocument } from "./document.ts";
import { UserMetadataError } from "./errors.ts";
import { createGuard } from "./guard.ts";
import { createAdminCheck } from "./http/admin-keys.ts";
import { versionMismatch } from "./http/conditions.ts";
import { createHandler } from "./http/handler.ts";
import { nativeDialect, type UpdateInfo } from "./http/native-dialect.ts";
import type { Outcome } from "./http/outcome.ts";
import type { RequestView } from "./http/request-view.ts";
import type { RouteInfo } from "./http/route.ts";
import { copyJson } from "./json-profile.ts";
import type { JsonObject, JsonValue } from "./json.ts";
import { checkOptions, type UserMetadataOptions } from "./options.ts";
import { ReadPath } from "./read-path.ts";
import type { Session } from "./session.ts";
import { createVerifySession, type VerifySession } from "./verify-session.ts";
import { tellStoreErrors } from "./store-errors.ts";
import type {
  JsonPatchOperation,
  MetadataReplacement,
  MetadataUpdate,
  Schemas,
  TiersOf,
  TierTypes,
  UpdateOptions,
  UserMetadata,
  WriteOptions,
} from "./types.ts";
import { applyUpdate, type Merge, patchDocument, toUpdate } from "./update.ts";
import { checkUserId } from "./user-id.ts";
import { toUserMetadata } from "./views.ts";
import { type Mutation, WritePath } from "./write-path.ts";

/** What an adapter needs of the engine: the routes, and the sessions. */
export interface MetadataHttp {
  /** The route table, for adapters that mount route by route and for documentation. */
  readonly routes: readonly RouteInfo[];
  /** Answers a request to one of the routes; resolves to `undefined` for any other path, which is the app's. Never rejects. */
  handle(request: RequestView): Promise<Outcome | undefined>;
  /** The session of a request to the app's own routes. `errorOutcome` makes an answer of what it throws. */
  verifySession: VerifySession;
}

/** The engine: what an app calls, and what an adapter mounts. */
export interface UserMetadataEngine<T extends TierTypes = TiersOf<Schemas>> extends MetadataHttp {
  /** Reads a user's metadata; empty, with `version` 0, where nothing is stored. */
  getUserMetadata(userId: string): Promise<UserMetadata<T>>;
  /**
   * Merges into each tier named: deeply as RFC 7396 does, or `{ merge: "shallow" }`. `null` removes a key.
   * @throws UserMetadataError `version_mismatch` under `ifVersion`, and whatever the limits and schemas refuse
   */
  updateUserMetadata(userId: string, update: MetadataUpdate<T>, options?: UpdateOptions): Promise<UserMetadata<T>>;
  /** Replaces each tier named; a tier left out stays. */
  replaceUserMetadata(userId: string, tiers: MetadataReplacement<T>, options?: WriteOptions): Promise<UserMetadata<T>>;
  /**
   * Applies a JSON Patch (RFC 6902), all of it or nothing. Pointers begin with `/publicMetadata`, `/privateMetadata`,
   * `/unsafeMetadata` or `/claims`.
   * @throws UserMetadataError `patch_invalid`, `patch_conflict`
   */
  patchUserMetadata(userId: string, operations: readonly JsonPatchOperation[], options?: WriteOptions): Promise<UserMetadata<T>>;
  /**
   * The atomic read-modify-write, for counters and lists: merges deeply what the function makes of the document. It
   * must be synchronous and free of effects, because after a lost swap it runs again.
   */
  mutateUserMetadata(userId: string, change: (current: UserMetadata<T>) => MetadataUpdate<T>): Promise<UserMetadata<T>>;
  /** Removes everything that is stored for a user. */
  clearUserMetadata(userId: string, options?: WriteOptions): Promise<void>;
  /** What of the user's metadata goes into a token: flagged keys, the template, and the document's version as `metadataVersion`. */
  claims(userId: string): Promise<JsonObject>;
  /**
   * A signed access token for a user, with the user's claims. For apps with their own sign-in: whoever calls this
   * has made sure who the user is.
   * @throws UserMetadataError `options_invalid` where the engine has no `issuer`
   */
  issueToken(userId: string, options?: IssueOptions): Promise<string>;
  /** Waits for the writes under way, then closes the store. */
  close(): Promise<void>;
}

/** What a token says beside the user and the claims. */
export interface IssueOptions {
  /** @default "public" */
  readonly tenantId?: string;
  /** The session's own id. @default a random one */
  readonly handle?: string;
}

/**
 * Makes the engine: user metadata over a store, behind sessions.
 * @throws UserMetadataError `options_invalid`
 */
export const createUserMetadata = <const S extends Schemas = Schemas>(
  options: UserMetadataOptions<S>,
): UserMetadataEngine<TiersOf<S>> => {
  type T = TiersOf<S>;
  const limits = checkOptions(options as UserMetadataOptions);
  const claims = createClaims(options.claims ?? {});
  const guard = createGuard({ ...limits, schemas: options.schemas ?? {}, claims });
  const store = tellStoreErrors(options.store);
  const reads = new ReadPath(store);
  const writes = new WritePath(store);
  const { issuer, sessions = [], adminKeys = [] } = options;
  const verifySession = createVerifySession(typeof sessions === "function" ? [sessions] : sessions);

  const read = (userId: string): Promise<MetadataDocument> => reads.read(userId);
  const mutate = (userId: string, mutation: Mutation): Promise<MetadataDocument> =>
    writes.mutate(userId, guarded(mutation, guard));
  const change = async (
    userId: string,
    make: (current: MetadataDocument) => DocumentContent | null,
    { ifVersion }: WriteOptions = {},
  ): Promise<UserMetadata<T>> => {
    const document = await mutate(checkUserId(userId), (current) => {
      if (ifVersion !== undefined && ifVersion !== current.version) throw versionMismatch(current.version);
      return make(current);
    });
    return toUserMetadata(userId, document);
  };
  // A body of tiers has one level around them.
  const copy = (value: unknown): JsonValue => copyJson(value, limits.maxDepth + 1);
  const merged = async (userId: string, value: unknown, { merge, ...options }: WriteOptions & { merge: Merge }) => {
    const update = toUpdate(copy(value));
    return change(userId, (current) => applyUpdate(current, update, merge), options);
  };

  const routes = nativeDialect({
    read,
    mutate,
    limits,
    issuer,
    updateInfo: options.updateInfo as UpdateInfo | undefined,
  });
  const handle = createHandler(routes, { verifySession, checkAdmin: createAdminCheck(adminKeys) });

  return {
    routes,
    handle,
    verifySession,
    getUserMetadata: async (userId) => toUserMetadata(userId, await read(checkUserId(userId))),
    updateUserMetadata: (userId, update, options) => merged(userId, update, { merge: "deep", ...options }),
    replaceUserMetadata: (userId, tiers, options) => merged(userId, tiers, { ...options, merge: "replace" }),
    patchUserMetadata: async (userId, operations, options) => {
      const patch = copyJson(operations, limits.maxDepth + 3);
      return change(userId, (current) => patchDocument(current, patch, limits.maxDepth), options);
    },
    mutateUserMetadata: (userId, make) =>
      change(userId, (current) => applyUpdate(current, toUpdate(copy(make(toUserMetadata(userId, current)))), "deep")),
    clearUserMetadata: async (userId, options) => void (await change(userId, () => null, options)),
    claims: async (userId) => withVersion(await read(checkUserId(userId))),
    issueToken: async (userId, { tenantId = "public", handle: sid = crypto.randomUUID() } = {}) => {
      if (issuer === undefined) throw noIssuer();
      const document = await read(checkUserId(userId));
      return issuer.sign(userId, { ...withVersion(document), tId: tenantId, sid });
    },
    close: async () => {
      await writes.idle();
      await store.close?.();
    },
  };

  function withVersion(document: MetadataDocument): JsonObject {
    return { ...claims.build(document), [VERSION_CLAIM]: document.version };
  }
};

const guarded =
  (mutation: Mutation, guard: ReturnType<typeof createGuard>): Mutation =>
  (current) => {
    const judge = (content: DocumentContent | null) => {
      const verdict = content && guard(current, content);
      return verdict instanceof Promise ? verdict.then(() => content) : content;
    };
    const content = mutation(current);
    return content instanceof Promise ? content.then(judge) : judge(content);
  };

const noIssuer = (): UserMetadataError =>
  new UserMetadataError("options_invalid", "There is no issuer to sign tokens with. Pass issuer: tokenIssuer({ issuer, audience }).");
