import { nativeDialect } from "./dialects/native/native-dialect.ts";
import { toAuthor } from "./document/actor.ts";
import type { Intent, Merge, Mutation } from "./document/document.ts";
import { patchDocument } from "./document/document-patch.ts";
import type { PastMetadata, PastOptions } from "./document/history-types.ts";
import { type JsonObject, jsonBytes } from "./document/json.ts";
import { copyJson } from "./document/json-profile.ts";
import type {
  FindOptions,
  FoundUsers,
  JsonPatchOperation,
  MetadataReplacement,
  MetadataUpdate,
  MoveOptions,
  Schemas,
  TiersOf,
  TierTypes,
  UpdateOptions,
  UserMetadata,
  WriteOptions,
} from "./document/types.ts";
import { applyUpdate, toIntent, toUpdate, united } from "./document/update.ts";
import { checkUserId } from "./document/user-id.ts";
import { toUserMetadata } from "./document/views.ts";
import { createEngine, type Engine } from "./engine.ts";
import { conceal, invalidOption, type UserMetadataError } from "./errors.ts";
import { type HistoryMethods, historyMethods, readPast, toAuthored } from "./history-methods.ts";
import { createAdminCheck } from "./http/admin-keys.ts";
import { createHandler, toEntries } from "./http/handler.ts";
import type { Dialect, MountedRoute } from "./http/route.ts";
import { checkOptions, type UserMetadataOptions } from "./options.ts";
import { createVerifySession, type VerifySession } from "./sessions/verify-session.ts";
import type { Move } from "./storing/move.ts";
import { VERSION_CLAIM } from "./tokens/claims.ts";
import type { Outcome } from "./transport/outcome.ts";
import type { RequestView } from "./transport/request-view.ts";

/** What an adapter needs of the engine: the routes, and the sessions. */
export interface MetadataHttp {
  /** The route table, for adapters that mount route by route and for documentation. */
  readonly routes: readonly MountedRoute[];
  /** Answers a request to one of the routes; resolves to `undefined` for any other path, which is the app's. Never rejects. */
  handle(request: RequestView): Promise<Outcome | undefined>;
  /** The session of a request to the app's own routes. `errorOutcome` makes an answer of what it throws. */
  verifySession: VerifySession;
}

/** The engine: what an app calls, and what an adapter mounts. */
export interface UserMetadataEngine<T extends TierTypes = TiersOf<Schemas>>
  extends MetadataHttp,
    HistoryMethods<T> {
  /**
   * Reads a user's metadata as it was at a version or at a moment.
   * @throws UserMetadataError `version_unknown` if the history does not have it, `history_unsupported`
   */
  getUserMetadata(userId: string, when: PastOptions): Promise<PastMetadata<T>>;
  /** Reads a user's metadata; empty, with `version` 0, if nothing is stored. */
  getUserMetadata(userId: string): Promise<UserMetadata<T>>;
  /**
   * Merges into each tier named: deeply as RFC 7396 does, or `{ merge: "shallow" }`. `null` removes a key.
   * @throws UserMetadataError `version_mismatch` under `ifVersion`, and whatever the limits and schemas refuse
   */
  updateUserMetadata(
    userId: string,
    update: MetadataUpdate<T>,
    options?: UpdateOptions,
  ): Promise<UserMetadata<T>>;
  /**
   * Replaces each tier named; a tier left out stays. All three together replace a document that cannot be read too, and
   * then no key goes into tokens unless claims name it.
   */
  replaceUserMetadata(
    userId: string,
    tiers: MetadataReplacement<T>,
    options?: WriteOptions,
  ): Promise<UserMetadata<T>>;
  /**
   * Applies a JSON Patch (RFC 6902), all of it or nothing. Pointers begin with `/publicMetadata`, `/privateMetadata`,
   * `/unsafeMetadata` or `/claims`.
   * @throws UserMetadataError `patch_invalid`, `patch_conflict`
   */
  patchUserMetadata(
    userId: string,
    operations: readonly JsonPatchOperation[],
    options?: WriteOptions,
  ): Promise<UserMetadata<T>>;
  /**
   * The atomic read-modify-write, for counters and lists: merges deeply what the function makes of the document. It
   * must be synchronous and free of effects, because after a lost swap it runs again. It runs in the asynchronous context
   * of the call.
   */
  mutateUserMetadata(
    userId: string,
    change: (current: UserMetadata<T>) => MetadataUpdate<T>,
    options?: WriteOptions,
  ): Promise<UserMetadata<T>>;
  /** Removes everything that is stored for a user. */
  clearUserMetadata(userId: string, options?: WriteOptions): Promise<void>;
  /**
   * Moves what is stored for one user to another, as from a guest to who has signed up: `from` is removed and `to` has the
   * result, both or neither. If nothing is stored for `from`, or if both are one user, nothing is written, so that it may be
   * repeated.
   * @throws UserMetadataError `move_unsupported` if the store cannot, and whatever the limits and schemas refuse
   */
  moveUserMetadata(from: string, to: string, options?: MoveOptions<T>): Promise<UserMetadata<T>>;
  /**
   * Finds users by what a tier contains, in the order of their ids.
   * @throws UserMetadataError `search_unsupported` if the store cannot search, `query_invalid`
   */
  find(options?: FindOptions): Promise<FoundUsers<T>>;
  /** What of the user's metadata goes into a token: flagged keys, the template, and as `metadataVersion` the document's version when that last changed. */
  claims(userId: string): Promise<JsonObject>;
  /**
   * The same documents and sessions over other dialects, for another mount point or port: an API for servers, say,
   * beside the one for browsers. Only the keys given here open its admin routes.
   * @throws UserMetadataError `options_invalid`
   */
  withDialects(dialects: readonly Dialect[], options?: Pick<UserMetadataOptions, "adminKeys">): MetadataHttp;
  /**
   * A signed access token for a user, with the user's claims. For apps with their own sign-in: whoever calls this
   * has made sure who the user is.
   * @throws UserMetadataError `options_invalid` if the engine has no `issuer`
   */
  issueToken(userId: string, options?: IssueOptions): Promise<string>;
  /** Waits for the writes under way, then closes the store. */
  close(): Promise<void>;
}

/** What a token says beside the user and the claims. */
export interface IssueOptions {
  /** @default "public" */
  readonly tenantId?: string | undefined;
  /** The session's own id. @default a random one */
  readonly handle?: string | undefined;
}

/**
 * Makes the engine: user metadata over a store, behind sessions.
 * @throws UserMetadataError `options_invalid`
 *
 * @example
 * ```ts
 * import { createUserMetadata, memoryStore } from "@usermeta/core";
 * import { z } from "zod";
 *
 * const metadata = createUserMetadata({
 *   store: memoryStore(),
 *   schemas: { unsafe: z.object({ theme: z.enum(["dark", "light"]) }).partial() },
 * });
 * await metadata.updateUserMetadata("jane", { unsafeMetadata: { theme: "dark" } });
 * const { unsafeMetadata } = await metadata.getUserMetadata("jane");
 * console.log(unsafeMetadata.theme); // dark
 * ```
 */
export const createUserMetadata = <const S extends Schemas = Schemas>(
  options: UserMetadataOptions<S>,
): UserMetadataEngine<TiersOf<S>> => {
  const parts = createEngine(checkOptions(options as UserMetadataOptions));
  const { issuer, sessions = [] } = options;
  const verifySession = createVerifySession(
    typeof sessions === "function" ? [sessions] : sessions,
    async (userId) => (await parts.read(userId)).claimsVersion,
    options.onSessionRefused,
  );
  const engine: Engine = { ...parts, verifySession };
  const withDialects: UserMetadataEngine["withDialects"] = (dialects, { adminKeys = [] } = {}) => {
    const routes = toEntries(dialects, engine);
    const handle = createHandler(routes, { verifySession, checkAdmin: createAdminCheck(adminKeys) });
    return { routes, handle, verifySession };
  };
  const claimsOf = async (userId: string): Promise<JsonObject> => {
    const document = await engine.read(checkUserId(userId));
    return { ...engine.claims(document), [VERSION_CLAIM]: document.claimsVersion };
  };
  return {
    ...withDialects(options.dialects ?? [nativeDialect()], options),
    withDialects,
    ...metadataMethods<TiersOf<S>>(engine),
    ...historyMethods<TiersOf<S>>(engine),
    find: async (query = {}) => {
      const { found, corrupt, cursor } = await engine.find(query);
      const users = found.map(({ userId, document }) => toUserMetadata<TiersOf<S>>(userId, document));
      return { users, corrupt, cursor };
    },
    claims: claimsOf,
    issueToken: async (userId, { tenantId = "public", handle: sid = crypto.randomUUID() } = {}) => {
      if (issuer === undefined) throw noIssuer();
      return issuer.sign(userId, { ...(await claimsOf(userId)), tId: tenantId, sid });
    },
    close: engine.close,
  };
};

type Methods<T extends TierTypes> = Pick<
  UserMetadataEngine<T>,
  Exclude<Extract<keyof UserMetadataEngine, `${string}UserMetadata`>, keyof HistoryMethods<T>>
>;

const metadataMethods = <T extends TierTypes>(engine: Engine): Methods<T> => {
  const { read, write, move } = engine;
  const change = async (
    userId: string,
    toIntent: () => Intent,
    options: WriteOptions = {},
  ): Promise<UserMetadata<T>> => {
    try {
      const authored = toAuthored(options);
      const { after } = await write(checkUserId(userId), { ...toIntent(), ...authored });
      return toUserMetadata(userId, after);
    } catch (error) {
      throw conceal(error);
    }
  };
  const merged = (userId: string, value: unknown, options: WriteOptions & { merge: Merge }) =>
    change(userId, () => toIntent(toUpdate(copyJson(value)), options.merge), options);
  return {
    getUserMetadata: (async (userId, when?: PastOptions) =>
      when
        ? readPast(engine, userId, when)
        : toUserMetadata(userId, await read(checkUserId(userId)))) as Methods<T>["getUserMetadata"],
    updateUserMetadata: (userId, update, options) =>
      merged(userId, update, { ...options, merge: options?.merge ?? "deep" }),
    replaceUserMetadata: (userId, tiers, options) => merged(userId, tiers, { ...options, merge: "replace" }),
    patchUserMetadata: (userId, operations, options) => {
      const toPatch = (): Intent => {
        const patch = copyJson(operations);
        return { change: (current) => patchDocument(current, patch), bytes: jsonBytes(patch, 0) };
      };
      return change(userId, toPatch, options);
    },
    mutateUserMetadata: (userId, make, options) => {
      const mutation: Mutation = (current) => {
        const update = toUpdate(copyJson(make(toUserMetadata(userId, current))));
        return applyUpdate(current, update, "deep");
      };
      return change(userId, () => ({ change: mutation }), options);
    },
    moveUserMetadata: async (from, to, { merge, signal, ...options } = {}) => {
      if (checkUserId(from) === checkUserId(to)) return toUserMetadata(to, await read(to));
      const both: Move["merge"] = (source, target) => {
        if (!merge || target.version === 0) return united(source, target);
        const update = merge(toUserMetadata(from, source), toUserMetadata(to, target));
        return applyUpdate(target, toUpdate(copyJson(update)), "replace");
      };
      try {
        return toUserMetadata(to, await move(from, to, { merge: both, signal, ...toAuthor(options) }));
      } catch (error) {
        throw conceal(error);
      }
    },
    clearUserMetadata: async (userId, options) =>
      void (await change(userId, () => ({ change: () => null, isWhole: true }), options)),
  };
};

const noIssuer = (): UserMetadataError =>
  invalidOption("There is no issuer; pass issuer: tokenIssuer({ issuer, audience })");
