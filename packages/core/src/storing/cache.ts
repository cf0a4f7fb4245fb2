import { EMPTY_DOCUMENT, type MetadataDocument } from "../document/document.ts";
import { UserMetadataError } from "../errors.ts";
import type { Change, Store, Swap } from "./store.ts";

/** A change of which it is not known what it made. */
const UNKNOWN = Number.NaN;

/** The users of a read or a write under way, each with the version that changes have given it meanwhile. */
type UnderWay = Map<string, number | undefined>;

/** Documents in memory, over a store that tells of what others write. */
export class Cache implements Pick<Store, "read" | "write"> {
  readonly #store: Store;
  readonly #maxUsers: number;
  readonly #isLive: () => boolean;
  /** The one used last comes last. */
  readonly #documents: Map<string, MetadataDocument> = new Map();
  readonly #underWay: Set<UnderWay> = new Set();

  constructor(store: Store, maxUsers: number) {
    this.#store = store;
    this.#maxUsers = maxUsers;
    const subscribed = store.subscribe?.((versions) => {
      if (versions) for (const [userId, version] of versions) this.#change(userId, version);
      else this.#forgetAll();
    });
    this.#isLive = subscribed ?? (() => false);
  }

  /** From memory what is there, the rest from the store. */
  async read(userIds: readonly string[]): Promise<readonly (MetadataDocument | UserMetadataError)[]> {
    const live = this.#isLive();
    const documents = new Map<string, MetadataDocument | UserMetadataError>();
    for (const userId of userIds) {
      const document = live ? this.#use(userId) : undefined;
      if (document) documents.set(userId, document);
    }
    const missing = userIds.filter((userId) => !documents.has(userId));
    if (missing.length > 0) {
      await this.#during(missing, async (underWay) => {
        const read = await this.#store.read(missing);
        missing.forEach((userId, index) => {
          const document = read[index] ?? EMPTY_DOCUMENT;
          documents.set(userId, document);
          if (!UserMetadataError.is(document)) this.#keep(underWay, userId, document);
        });
      });
    }
    return userIds.map((userId) => documents.get(userId) ?? EMPTY_DOCUMENT);
  }

  write(changes: readonly Change[]): Promise<readonly Swap[]> {
    return this.swap(changes, () => this.#store.write(changes));
  }

  /** Has the store write; what it applied is then in memory. */
  async swap(changes: readonly Change[], write: () => Promise<readonly Swap[]>): Promise<readonly Swap[]> {
    const userIds = changes.map(({ userId }) => userId);
    return this.#during(userIds, async (underWay) => {
      try {
        const swapped = await write();
        changes.forEach(({ userId, next }, index) => {
          const document = next ?? EMPTY_DOCUMENT;
          const isApplied = swapped[index] === true;
          this.#change(userId, isApplied ? document.version : UNKNOWN);
          if (isApplied) this.#keep(underWay, userId, document);
        });
        return swapped;
      } catch (error) {
        // It may have been written anyway.
        for (const userId of userIds) this.#change(userId, UNKNOWN);
        throw error;
      }
    });
  }

  async #during<T>(userIds: readonly string[], work: (underWay: UnderWay) => Promise<T>): Promise<T> {
    const underWay: UnderWay = new Map(userIds.map((userId) => [userId, undefined]));
    this.#underWay.add(underWay);
    try {
      return await work(underWay);
    } finally {
      this.#underWay.delete(underWay);
    }
  }

  #use(userId: string): MetadataDocument | undefined {
    const document = this.#documents.get(userId);
    if (document) {
      this.#documents.delete(userId);
      this.#documents.set(userId, document);
    }
    return document;
  }

  /** Keeps what was read or written, unless something else has become of the user meanwhile. */
  #keep(underWay: UnderWay, userId: string, document: MetadataDocument): void {
    const seen = underWay.get(userId) ?? document.version;
    if (!underWay.has(userId) || seen !== document.version) return;
    this.#documents.delete(userId);
    this.#documents.set(userId, document);
    if (this.#documents.size <= this.#maxUsers) return;
    for (const eldest of this.#documents.keys()) {
      this.#documents.delete(eldest);
      break;
    }
  }

  /**
   * A user has a new version. A version is of one document only, so who holds that version holds what is stored; of two
   * changes during a read it is not known which one the read saw.
   */
  #change(userId: string, version: number): void {
    if (this.#documents.get(userId)?.version !== version) this.#documents.delete(userId);
    for (const underWay of this.#underWay) {
      if (!underWay.has(userId)) continue;
      const seen = underWay.get(userId) ?? version;
      underWay.set(userId, seen === version ? version : UNKNOWN);
    }
  }

  #forgetAll(): void {
    this.#documents.clear();
    for (const underWay of this.#underWay) underWay.clear();
  }
}
