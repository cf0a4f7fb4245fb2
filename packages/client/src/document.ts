/** One user's document: its reads and writes are in order, so that what is shown never goes back. */
import type { Edit } from "./edit.ts";
import { createElsewhere } from "./elsewhere.ts";
import { MetadataClientError } from "./errors.ts";
import { isSame } from "./merge-patch.ts";
import { createQueue, type Queue, type Turn } from "./queue.ts";
import { createState, type Known, type State, UNKNOWN } from "./state.ts";
import type { Transport } from "./transport.ts";
import type { UserView } from "./types.ts";

/** One user's document, with the edits that are under way. */
export interface DocumentStore extends Pick<State, "getSnapshot" | "subscribe"> {
  load(signal: AbortSignal | undefined): Promise<void>;
  write(edit: Edit, signal: AbortSignal | undefined): Promise<void>;
  hydrate(view: UserView | null): void;
  reset(): void;
}

/** What a document is made of. */
export interface DocumentParts {
  readonly send: Transport;
  /** Gets a fresh token: called after a write that changed what tokens say. */
  readonly refresh: () => Promise<void>;
  /** Of the routes: tabs with the same name tell each other what they have seen. */
  readonly name: string;
}

export const createDocument = ({ send, refresh, name }: DocumentParts): DocumentStore => {
  const state = createState(() => elsewhere.listen());
  const { known, getSnapshot, subscribe } = state;
  const change = (next: Partial<Known>): void => {
    const before = known();
    state.change(next);
    elsewhere.tell(before, known());
  };
  const { read, store } = createExchange(send, known, change);
  const queue = createQueue();
  const catchUp = createCatchUp(queue, read, { known, change });
  const elsewhere = createElsewhere(name, known, catchUp);
  let nextLoad: Promise<void> | undefined;

  const load = (signal: AbortSignal | undefined): Promise<void> =>
    queue.run(signal, async (turn) => {
      if (!signal) nextLoad = undefined;
      try {
        await read(turn);
      } catch (error) {
        if (!turn.isOver()) change(toChange(error));
        if (!MetadataClientError.is(error, "session_missing")) throw error;
      }
    });

  const write = (edit: Edit, signal: AbortSignal | undefined): Promise<void> => {
    const { base, edits } = known();
    change({ edits: [...edits, edit], error: undefined });
    return queue.run(signal, async (turn) => {
      const finish = (next: Partial<Known>): void => {
        if (!turn.isOver()) change({ ...next, edits: known().edits.filter((each) => each !== edit) });
      };
      try {
        const { view, claimsChanged } = await store(edit, base?.userId, turn);
        finish({ base: view });
        if (claimsChanged) await refresh().catch((error) => finish({ error }));
      } catch (error) {
        finish(toChange(error));
        throw error;
      }
    });
  };

  return {
    getSnapshot,
    subscribe,
    load(signal) {
      change({ error: undefined });
      if (signal) return load(signal);
      // Not the one that is under way: it may have read what the app has changed since.
      nextLoad ??= load(undefined);
      return nextLoad;
    },
    write,
    hydrate(view) {
      const { base } = known();
      const isOlder = base && base.userId === view?.userId && base.version >= view.version;
      if (!isOlder) change({ base: view && toView(view) });
    },
    reset() {
      queue.reset();
      nextLoad = undefined;
      change(UNKNOWN);
    },
  };
};

/** Reads for nobody who waits: what fails is not shown, but that nobody is signed in is. */
const createCatchUp =
  (
    queue: Queue,
    read: (turn: Turn) => Promise<unknown>,
    { known, change }: Pick<State, "known" | "change">,
  ) =>
  (isBehind: () => boolean): Promise<void> =>
    queue.run(undefined, async (turn) => {
      if (known().base === undefined || !isBehind()) return;
      await read(turn).catch((error) => {
        const { base } = toChange(error);
        if (base === null && !turn.isOver()) change({ base });
      });
    });

/** How often a merge patch is sent anew on top of what others have written. */
const MAX_REBASES = 5;

interface Stored {
  readonly view: UserView;
  readonly claimsChanged: boolean | undefined;
}

type Mismatch = MetadataClientError<"version_mismatch">;

/** What goes to the server and comes back. */
const createExchange = (send: Transport, known: State["known"], change: State["change"]) => {
  const read = async (turn: Turn): Promise<UserView> => {
    const { base } = known();
    const headers = base?.version ? { "if-none-match": toETag(base) } : {};
    const body = await send({ method: "GET", headers, signal: turn.signal });
    const view = body === undefined && base ? base : toView(body);
    if (!turn.isOver()) change({ base: view });
    return view;
  };

  /** Sends an edit for one version; that it is not the one any more is an answer too. */
  const sendFor = async (base: UserView, edit: Edit, { signal }: Turn): Promise<Stored | Mismatch> => {
    const { method, type, body } = edit;
    const headers = { "content-type": type, "if-match": toETag(base) };
    try {
      const answer = await send({ method, headers, body, signal });
      return { view: toView(answer), claimsChanged: (answer as { claimsChanged?: boolean }).claimsChanged };
    } catch (error) {
      if (MetadataClientError.is(error, "version_mismatch")) return error;
      throw error;
    }
  };

  /** Sends an edit until it is stored on top of all that others have written. */
  const store = async (edit: Edit, userId: string | undefined, turn: Turn): Promise<Stored> => {
    let base = known().base ?? (await read(turn));
    for (let left = MAX_REBASES; ; left--) {
      if (userId !== undefined && userId !== base.userId) throw userChanged(userId);
      const answer = await sendFor(base, edit, turn);
      if (!(answer instanceof MetadataClientError)) return answer;
      const { outcomeUnknown } = answer;
      const { unsafeMetadata: before } = base;
      base = await read(turn);
      const { unsafeMetadata: after } = base;
      // An earlier try got through, and its answer did not; or others have made the same of it.
      if (isSame(edit.apply(after), after)) return { view: base, claimsChanged: outcomeUnknown };
      if (left === 0 || !edit.canRebase(before, after, outcomeUnknown)) throw answer;
    }
  };
  return { read, store };
};

const toETag = ({ version }: UserView): string => `"${version}"`;

/** These alone, whatever else an answer has. @throws MetadataClientError `answer_unexpected` */
const toView = (body: unknown): UserView => {
  const { userId, publicMetadata, unsafeMetadata, version, createdAt, updatedAt } = Object(body) as UserView;
  if (typeof version === "number")
    return { userId, publicMetadata, unsafeMetadata, version, createdAt, updatedAt };
  const message =
    "The answer is not user metadata. Check that baseUrl is the address where the routes are mounted.";
  throw new MetadataClientError("answer_unexpected", message, { status: 200 });
};

/** What a failure means. A 401 means that nobody is signed in. That, and a call that the app ended, is not an error to show. */
const toChange = (failure: unknown): Partial<Known> => {
  const error = failure as MetadataClientError;
  const isShown = error.code !== "aborted" && error.code !== "session_missing";
  return { ...(isShown && { error }), ...(error.status === 401 && { base: null }) };
};

const userChanged = (userId: string): MetadataClientError =>
  new MetadataClientError(
    "user_changed",
    `The change was made for ${userId}, who is not signed in any more.`,
  );
