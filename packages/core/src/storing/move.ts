import type { Author } from "../document/actor.ts";
import { type DocumentContent, EMPTY_DOCUMENT, type MetadataDocument } from "../document/document.ts";
import { UserMetadataError } from "../errors.ts";
import { Deadlines } from "./deadlines.ts";
import { hanging, readEach, toStoreError } from "./read-each.ts";
import type { Change, Swap } from "./store.ts";
import type { Turns } from "./turn.ts";
import { contended, MAX_LOST, type WritePath, type WritePathParts } from "./write-path.ts";

/** A document that goes from one user to another. */
export interface Move extends Author {
  /** Makes the content of both documents, of which the first is stored; the other may be empty. */
  readonly merge: (from: MetadataDocument, to: MetadataDocument) => DocumentContent;
  readonly signal?: AbortSignal | undefined;
}

/** Resolves to the document of the user to whom the other has moved. */
export type Mover = (from: string, to: string, move: Move) => Promise<MetadataDocument>;

/** Pauses after a swap that was lost, or a store that was busy. In ms. */
const MAX_PAUSE_MS = 32;

/**
 * Makes a mover. Two documents change in one `writeTogether`, both or neither. Writes of the two users by this process wait
 * meanwhile; other processes may be faster, and then all is done again.
 */
export const createMover = (parts: WritePathParts, path: WritePath): Mover => {
  const { store, guard, versions, record, room, timeoutMs, turns } = parts;
  const deadlines = new Deadlines(timeoutMs);
  const inTurn = errandsIn(turns);
  const bound = <T>(work: () => Promise<T>): Promise<T> => inTurn(() => deadlines.bound(work, hanging));

  const changesOf = async (from: string, to: string, move: Move) => {
    const [source = EMPTY_DOCUMENT, target = EMPTY_DOCUMENT] = (
      await bound(() => readEach(store, [from, to]))
    ).map(readable);
    if (source.version === 0) return { target, changes: [] };
    const content = move.merge(source, target);
    const intent = { change: () => content };
    await guard(target, content, intent);
    const left = record?.(from, [source, EMPTY_DOCUMENT], move);
    const greatest = left?.version ?? source.version;
    versions.removed(greatest);
    const next = versions.stamp(target, content, intent);
    const changes: Change[] = [
      { userId: from, expected: source.version, next: null, greatest, ...(left && { entries: [left] }) },
    ];
    if (next !== target) {
      const entries = record && { entries: [record(to, [target, next], move)] };
      changes.unshift({ userId: to, expected: target.version, next, ...entries });
    }
    return { target: next, changes };
  };

  /** `false`: somebody else was faster. An error: the store was busy. */
  const swap = async (changes: readonly Change[]): Promise<boolean | UserMetadataError> => {
    if (changes.length === 0) return true;
    const together = store.writeTogether?.bind(store);
    if (!together) throw unsupported();
    const swaps = await bound(() => together(changes)).catch((error): Swap[] => [toStoreError(error)]);
    let busy: UserMetadataError | undefined;
    for (const each of swaps) {
      if (typeof each === "number") versions.removed(each);
      if (!UserMetadataError.is(each)) continue;
      if (each.code !== "store_busy") throw each;
      busy = each;
    }
    return busy ?? swaps.every((each) => each === true);
  };

  return async (from, to, move) => {
    if (!store.writeTogether) throw unsupported();
    const { signal } = move;
    signal?.throwIfAborted();
    room.enter(0);
    let release = (): void => undefined;
    const deadline = performance.now() + timeoutMs;
    try {
      release = path.hold([from, to]);
      for (let lost = 0; ; lost += 1) {
        const { target, changes } = await changesOf(from, to, move);
        signal?.throwIfAborted();
        const swapped = await swap(changes);
        if (swapped === true) return target;
        if (lost === MAX_LOST || performance.now() > deadline) throw swapped || contended();
        await new Promise((resolve) => setTimeout(resolve, Math.random() * MAX_PAUSE_MS));
      }
    } finally {
      release();
      room.leave(0);
    }
  };
};

/** Has work begun in the context of the engine, not in that of who asks for it. */
const errandsIn = (turns: Turns): (<T>(work: () => Promise<T>) => Promise<T>) => {
  let errands: (() => unknown)[] = [];
  const askTurn = turns(() => {
    const all = errands;
    errands = [];
    for (const errand of all) errand();
  });
  return (work) =>
    new Promise((resolve, reject) => {
      errands.push(() => work().then(resolve, reject));
      askTurn();
    });
};

const readable = (document: MetadataDocument | UserMetadataError): MetadataDocument => {
  if (UserMetadataError.is(document)) throw document;
  return document;
};

const unsupported = (): UserMetadataError =>
  new UserMetadataError(
    "move_unsupported",
    "The store cannot write two users together. Use one that has writeTogether, as SQLite or PostgreSQL.",
  );
