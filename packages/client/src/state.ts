import type { JsonObject } from "@usermeta/core";
import type { Edit } from "./edit.ts";
import type { MetadataClientError } from "./errors.ts";
import { isSame } from "./merge-patch.ts";
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

/** A tier is the object of before until something in it changes, so that who depends on it is not told of others. */
const withTiersOf = (before: MetadataSnapshot, after: MetadataSnapshot): MetadataSnapshot => ({
  ...after,
  publicMetadata: kept(before.publicMetadata, after.publicMetadata),
  unsafeMetadata: kept(before.unsafeMetadata, after.unsafeMetadata),
});

const kept = (before: JsonObject, after: JsonObject): JsonObject => (isSame(before, after) ? before : after);

/** @param listen called for the first who subscribes; what it returns, after the last has gone */
export const createState = (listen: () => () => void): State => {
  const listeners = new Set<() => void>();
  let end = (): void => undefined;
  let known = UNKNOWN;
  let snapshot = toSnapshot(known);
  return {
    known: () => known,
    change(next) {
      known = { ...known, ...next };
      const after = withTiersOf(snapshot, toSnapshot(known));
      const names = Object.keys(after) as (keyof MetadataSnapshot)[];
      if (names.every((name) => Object.is(after[name], snapshot[name]))) return;
      snapshot = after;
      for (const listener of [...listeners]) listener();
    },
    getSnapshot: () => snapshot,
    subscribe(listener) {
      // A function of its own, so that a listener given twice is called, and goes, twice.
      const own = (): void => listener();
      if (listeners.size === 0) end = listen();
      listeners.add(own);
      return () => {
        if (listeners.delete(own) && listeners.size === 0) end();
      };
    },
  };
};
