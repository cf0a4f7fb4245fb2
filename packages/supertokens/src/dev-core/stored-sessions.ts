import { randomUUID } from "node:crypto";
import type { JsonObject } from "@usermeta/core";
import { hash } from "./refresh-tokens.ts";

/** How long a session lasts without a refresh, and by which clock. */
export interface SessionLifetime {
  readonly refreshTokenValiditySeconds: number;
  /** In ms since 1970. */
  readonly now: () => number;
}

/** A session as it is kept. */
export interface StoredSession {
  readonly handle: string;
  readonly userId: string;
  readonly tenantId: string;
  /** In ms since 1970. */
  readonly timeCreated: number;
  /** In ms since 1970. */
  expiry: number;
  /** The hash of the hash of the refresh token that was last used or, at first, given out. */
  refreshTokenHash2: string;
  userDataInJWT: JsonObject;
  userDataInDatabase: JsonObject;
}

/** What a stored session begins with. */
export type NewStoredSession = Pick<
  StoredSession,
  "userId" | "tenantId" | "userDataInJWT" | "userDataInDatabase"
>;

/** Sessions in memory. One that has expired is forgotten when it is looked for. */
export class StoredSessions {
  readonly #lifetime: SessionLifetime;
  readonly #sessions: Map<string, StoredSession> = new Map();

  constructor(lifetime: SessionLifetime) {
    this.#lifetime = lifetime;
  }

  /** A new session, which is found only after `add`. */
  create(begin: NewStoredSession): StoredSession {
    const now = this.#lifetime.now();
    return {
      ...begin,
      handle: begin.tenantId === "public" ? randomUUID() : `${randomUUID()}_${begin.tenantId}`,
      timeCreated: now,
      expiry: this.expiryFrom(now),
      refreshTokenHash2: "",
    };
  }

  add(session: StoredSession): void {
    this.#sessions.set(session.handle, session);
  }

  find(handle: string): StoredSession | undefined {
    const session = this.#sessions.get(handle);
    if (!session || session.expiry > this.#lifetime.now()) return session;
    this.#sessions.delete(handle);
    return undefined;
  }

  /** The handles of a user's sessions, of one tenant or of all. */
  handlesOf(userId: string, tenantId: string | undefined): readonly string[] {
    return [...this.#sessions.keys()].filter((handle) => {
      const session = this.find(handle);
      return session?.userId === userId && (tenantId === undefined || session.tenantId === tenantId);
    });
  }

  /** Ends sessions; answers those that there were. */
  remove(handles: readonly string[]): readonly string[] {
    return handles.filter((handle) => this.#sessions.delete(handle));
  }

  /** A refresh token was used, or an access token that came with it: the refresh token before it is now invalid. */
  promote(session: StoredSession, refreshTokenHash1: string): void {
    session.refreshTokenHash2 = hash(refreshTokenHash1);
    session.expiry = this.expiryFrom(this.#lifetime.now());
  }

  /** When a refresh token expires that is issued now, in ms since 1970. */
  expiryFrom(now: number): number {
    return now + this.#lifetime.refreshTokenValiditySeconds * 1000;
  }
}
