import type { Journal, PlacedEntry, StoredEntry, StoredErasure } from "./journal.ts";
import { invalidPosition, positionTrimmed } from "./journal-errors.ts";
import type { Change } from "./store.ts";

/** A journal in memory. */
export interface MemoryJournal extends Journal {
  /** Keeps the lines of a change that was applied. */
  add(change: Change): void;
}

/** A worker may draw no random numbers while it starts. */
const saltWhenNeeded = (): Journal["salt"] => {
  let salt: string | undefined;
  return async () => {
    salt ??= crypto.randomUUID();
    return salt;
  };
};

/** Makes an empty one. Positions are numbers, one for each line. */
export const memoryJournal = (): MemoryJournal => {
  const lines = new Map<number, PlacedEntry>();
  /** By subject, the newest first. */
  const bySubject = new Map<string, readonly PlacedEntry[]>();
  const erasures: StoredErasure[] = [];
  let last = 0;
  let trimmed = 0;

  const ofSubject = (subject: string): readonly PlacedEntry[] => bySubject.get(subject) ?? [];
  const keep = (subject: string, kept: readonly PlacedEntry[]): void => {
    if (kept.length > 0) bySubject.set(subject, kept);
    else bySubject.delete(subject);
  };
  const append = (entry: StoredEntry): void => {
    const others = ofSubject(entry.subject);
    if (others.some(({ version }) => version === entry.version)) return;
    last += 1;
    const line = { ...entry, position: String(last) };
    lines.set(last, line);
    const isNewest = entry.version > (others[0]?.version ?? 0);
    const all = [line, ...others];
    keep(entry.subject, isNewest ? all : all.sort((a, b) => b.version - a.version));
  };
  const removeOf = (subject: string, removed: readonly PlacedEntry[]): void => {
    for (const { position } of removed) lines.delete(Number(position));
    keep(
      subject,
      ofSubject(subject).filter(({ position }) => lines.has(Number(position))),
    );
  };
  const trim = (subject: string, removed: readonly PlacedEntry[]): void => {
    for (const { position } of removed) trimmed = Math.max(trimmed, Number(position));
    removeOf(subject, removed);
  };

  return {
    add({ userId, entries = [], erasure }) {
      if (erasure) {
        removeOf(userId, ofSubject(userId));
        erasures.push(erasure);
      }
      entries.forEach(append);
    },
    read: async ({ subject, before, limit }) =>
      ofSubject(subject)
        .filter(({ version }) => version < before)
        .slice(0, limit)
        .map(({ position: _, ...entry }) => entry),
    async follow(after, limit) {
      const from = Number(after);
      if (!/^\d*$/.test(after) || from > last) throw invalidPosition();
      if (after !== "" && from < trimmed) throw positionTrimmed();
      const found: PlacedEntry[] = [];
      for (let at = from + 1; at <= last && found.length < limit; at += 1) {
        const line = lines.get(at);
        if (line) found.push(line);
      }
      return found;
    },
    end: async () => String(last),
    async trim(before, limit) {
      const old = [...lines.values()].slice(0, limit).filter(({ at }) => at < before);
      for (const line of old) trim(line.subject, [line]);
      return old.length;
    },
    async trimSubjects(subjects, most) {
      for (const subject of subjects) trim(subject, ofSubject(subject).slice(most));
    },
    erasures: async (digest) => erasures.filter((erasure) => erasure.digest === digest),
    salt: saltWhenNeeded(),
  };
};
