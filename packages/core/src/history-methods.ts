import { toAuthor } from "./document/actor.ts";
import { requireVersion } from "./document/condition.ts";
import type {
  DiffOptions,
  ErasureReceipt,
  FollowedEntry,
  FollowOptions,
  HistoryChange,
  HistoryOptions,
  HistoryPage,
  PastMetadata,
  PastOptions,
  RollbackOptions,
  UserExport,
} from "./document/history-types.ts";
import type { TierTypes, UserMetadata, WriteOptions } from "./document/types.ts";
import { checkUserId } from "./document/user-id.ts";
import { toAdminView, toUserMetadata } from "./document/views.ts";
import type { Engine } from "./engine.ts";
import { conceal } from "./errors.ts";
import type { Write } from "./storing/write.ts";

/** What an app calls about the past. All of it needs a store with a journal, else it is `history_unsupported`. */
export interface HistoryMethods<T extends TierTypes> {
  /**
   * A page of a user's history, the newest entry first: of each write who made it, why, and what changed. Empty if the
   * engine keeps no history.
   * @throws UserMetadataError `query_invalid`
   */
  history(userId: string, options?: HistoryOptions): Promise<HistoryPage>;
  /**
   * What makes one version of a user's metadata another, as a JSON Patch (RFC 6902) in which each operation has the value
   * of before. Version 0 is that of nothing.
   * @throws UserMetadataError `version_unknown`, `query_invalid`
   */
  diff(userId: string, from: number, to: number, options?: DiffOptions): Promise<readonly HistoryChange[]>;
  /**
   * Writes a new version that equals an old one; the old one stays in the history. Limits, schemas and the claims' budget
   * hold as for any write.
   * @throws UserMetadataError `version_unknown`, and whatever an update throws
   */
  rollbackUserMetadata(userId: string, version: number, options?: RollbackOptions): Promise<UserMetadata<T>>;
  /**
   * Removes what is stored of a user and the user's history, for good. What stays is a receipt, in which a digest stands for
   * the user id. Give no user's name as the reason.
   */
  eraseUserMetadata(userId: string, options?: WriteOptions): Promise<ErasureReceipt>;
  /** The receipts of a user's erasures, the oldest first. */
  erasures(userId: string): Promise<readonly ErasureReceipt[]>;
  /**
   * All that is stored of a user, the private tier and the history included, for the user's request for it. Unlike other
   * answers it has the private tier in plain sight.
   */
  exportUserMetadata(userId: string): Promise<UserExport>;
  /**
   * The entries of all users, each once it is committed, none left out, and those of one user in order; it goes on until
   * it is ended, by the signal, by `break` or by `close()`.
   * @throws UserMetadataError `position_trimmed` if entries after the position are gone, `query_invalid` if the history did not give it
   */
  follow(options?: FollowOptions): AsyncGenerator<FollowedEntry, void>;
}

/** The methods of an engine about the past. */
export const historyMethods = <T extends TierTypes>(engine: Engine): HistoryMethods<T> => ({
  history: async (userId, options) => (await engine.history()).page(checkUserId(userId), options),
  diff: async (userId, from, to, options) =>
    (await engine.history()).diff(checkUserId(userId), [from, to], options),
  rollbackUserMetadata: async (userId, version, { tiers, ...options } = {}) => {
    const authored = toAuthored(options);
    try {
      const history = await engine.history();
      const document = await history.rollback(checkUserId(userId), version, { ...authored, tiers });
      return toUserMetadata(userId, document);
    } catch (error) {
      throw conceal(error);
    }
  },
  eraseUserMetadata: async (userId, options = {}) =>
    (await engine.history()).erase(checkUserId(userId), toAuthored(options)),
  erasures: async (userId) => (await engine.history()).erasures(checkUserId(userId)),
  exportUserMetadata: async (userId) => {
    const history = await engine.history();
    const document = await engine.read(checkUserId(userId));
    return { ...toAdminView(userId, document), history: await history.entries(userId) };
  },
  async *follow(options = {}) {
    yield* (await engine.history()).follow(options);
  },
});

/** What the options of a write say. @throws UserMetadataError `options_invalid` */
export const toAuthored = (options: WriteOptions): Pick<Write, "by" | "reason" | "condition" | "signal"> => {
  const { ifVersion, signal } = options;
  const condition = ifVersion === undefined ? undefined : requireVersion({ match: [ifVersion] });
  return { ...toAuthor(options), condition, signal };
};

/** Reads metadata of the past. @throws UserMetadataError `version_unknown`, `options_invalid` */
export const readPast = async <T extends TierTypes>(
  engine: Engine,
  userId: string,
  options: PastOptions,
): Promise<PastMetadata<T>> => {
  const past = await (await engine.history()).past(checkUserId(userId), options);
  const shown = {
    userId,
    publicMetadata: copyOf(past.tiers.public),
    unsafeMetadata: copyOf(past.tiers.unsafe),
    version: past.version,
    createdAt: past.createdAt || null,
    updatedAt: past.updatedAt || null,
  };
  Object.defineProperty(shown, "privateMetadata", { value: copyOf(past.tiers.private) });
  return Object.defineProperty(shown, "claims", { value: past.claims && [...past.claims] }) as never;
};

const copyOf = <T>(tier: T): T => structuredClone(tier);
