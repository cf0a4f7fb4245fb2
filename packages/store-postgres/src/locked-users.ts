/** How long a user who was found locked is written apart from the others, in ms: longer than the engine's pauses. */
const APART_MS = 1000;

/** Users whose rows other transactions have locked, as far as is known. */
export class LockedUsers {
  /** Until when, by user id; the soonest first. */
  readonly #until: Map<string, number> = new Map();

  get isEmpty(): boolean {
    return this.#until.size === 0;
  }

  add(userId: string): void {
    this.#until.delete(userId);
    this.#until.set(userId, performance.now() + APART_MS);
  }

  delete(userId: string): void {
    this.#until.delete(userId);
  }

  /** Divides changes into those of users who are not known to be locked, and those of users who are. */
  divide<T extends { readonly userId: string }>(changes: readonly T[]): { free: readonly T[]; apart: T[] } {
    this.#forget();
    if (this.isEmpty) return { free: changes, apart: [] };
    const apart = changes.filter(({ userId }) => this.#until.has(userId));
    return { free: changes.filter(({ userId }) => !this.#until.has(userId)), apart };
  }

  #forget(): void {
    const now = performance.now();
    for (const [userId, until] of this.#until) {
      if (until > now) return;
      this.#until.delete(userId);
    }
  }
}
