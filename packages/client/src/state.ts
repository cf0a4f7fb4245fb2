import type { JsonObject } from "@usermeta/core";
import type { Edit } from "./edit.ts";
import type { MetadataClientError } from "./errors.ts";
import type { MetadataSnapshot, UserView } from "./types.ts";

/** What is known: `base` is what the server told last, `null` that nobody is signed in. */
export interface Known {
  readonly base: UserView | null | undefined;
  /** Under way, in their order. */
  readonly edits: readonly Edit[];
  readonly error: MetadataClientError | undefined;
}

/** What is known, as others see it. */
export interface State {
  known(): Known;
  /** Changes some of it at once. */
  change(next: Partial<Known>): void;
  getSnapshot(): MetadataSnapshot;
  subscribe(listener: () => void): () => void;
}

/** Nothing is known. */
export const UNKNOWN: Known = { base: undefined, edits: [], error: undefined };

const NOBODY = {
  userId: undefined,
  publicMetadata: {},
  unsafeMetadata: {},
  version: 0,
  createdAt: null,
  updatedAt: null,
};

const toSnapshot = ({ base, edits, error }: Known): MetadataSnapshot => {
  const shown = base ?? NOBODY;
  return {
    ...shown,
    unsafeMetadata: edits.reduce<JsonObject>((unsafe, edit) => edit.apply(unsafe), shown.unsafeMetadata),
    isLoaded: base !== undefined,
    isSignedIn: base === undefined ? undefined : base !== null,
    isSaving: edits.length > 0,
    error,
  };
};

export const createState = (): State => {
  const listeners = new Set<() => void>();
  let known = UNKNOWN;
  let snapshot = toSnapshot(known);
  return {
    known: () => known,
    change(next) {
      known = { ...known, ...next };
      const after = toSnapshot(known);
      const names = Object.keys(after) as (keyof MetadataSnapshot)[];
      if (names.every((name) => Object.is(after[name], snapshot[name]))) return;
      snapshot = after;
      for (const listener of [...listeners]) listener();
    },
    getSnapshot: () => snapshot,
    subscribe(listener) {
      // A function of its own, so that a listener given twice is called, and goes, twice.
      const own = (): void => listener();
      listeners.add(own);
      return () => {
        listeners.delete(own);
      };
    },
  };
};
