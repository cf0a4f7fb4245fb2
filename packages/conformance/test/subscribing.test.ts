/** The cases of `subscribe()` pass with stores that keep to its contract, and each fails with one that does not. */
import { AssertionError } from "node:assert/strict";
import { type Change, memoryStore, type Store, type Swap } from "@usermeta/core";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { STORE_CASES, type StoreUnderTest, testStore } from "../src/store/index.ts";

// A store that is waited for in vain, and one that tells late, cost no time: each question is a tenth of a second.
beforeAll(() => void vi.useFakeTimers({ toFake: ["performance"] }));
afterAll(() => void vi.useRealTimers());

type Changed = Parameters<NonNullable<Store["subscribe"]>>[0];
type Versions = Parameters<Changed>[0];

/** Documents that several stores share, and a line to all who have subscribed, which can be cut. */
class Shared {
  readonly documents: Store = memoryStore();
  readonly line: Set<Changed> = new Set();
  cut = false;

  tell(versions: Versions): void {
    if (!this.cut) for (const changed of this.line) changed(versions);
  }

  mend(): void {
    this.cut = false;
    this.tell(undefined);
  }
}

const versionsOf = (changes: readonly Change[], swapped?: readonly Swap[]): Map<string, number> =>
  new Map(
    changes.flatMap(({ userId, next }, index) =>
      swapped && swapped[index] !== true ? [] : [[userId, next?.version ?? 0] as const],
    ),
  );

const open = (shared: Shared): Required<Pick<Store, "read" | "write" | "subscribe" | "close">> => {
  const own = new Set<Changed>();
  let closed = false;
  return {
    read: shared.documents.read,
    write: async (changes) => {
      const swapped = await shared.documents.write(changes);
      shared.tell(versionsOf(changes, swapped));
      return swapped;
    },
    subscribe: (changed) => {
      own.add(changed);
      shared.line.add(changed);
      return () => {
        vi.advanceTimersByTime(100);
        return !closed && !shared.cut;
      };
    },
    close: async () => {
      closed = true;
      for (const changed of own) shared.line.delete(changed);
    },
  };
};

type Opened = ReturnType<typeof open>;
type Kind = (store: Opened, shared: Shared) => Partial<Store>;

const NAMES = STORE_CASES.filter(({ needs }) => needs === "subscribable" || needs === "interruptible").map(
  ({ name }) => name,
);

/** Runs the cases on stores of a kind, and answers which fail. */
const failing = async (kind: Kind, parts: Partial<StoreUnderTest> = {}): Promise<string[]> => {
  const create = () => {
    const shared = new Shared();
    const reopen = (): Store => {
      const store = open(shared);
      return { ...store, ...kind(store, shared) };
    };
    const interrupt = () => {
      shared.cut = true;
      return () => shared.mend();
    };
    return { store: reopen(), reopen, interrupt, ...parts };
  };
  const runs = new Map<string, () => Promise<void>>();
  const note = (name: string, run: () => Promise<void>) => runs.set(name, run);
  testStore({
    test: Object.assign(note, { skip: () => undefined }),
    create,
    capabilities: ["persistent", "closable", "subscribable", "interruptible"],
  });
  const failed: string[] = [];
  for (const name of NAMES) {
    try {
      await runs.get(name)?.();
    } catch (error) {
      if (!(error instanceof AssertionError)) throw error;
      failed.push(name);
    }
  }
  return failed;
};

/** A store between whose line and subscribers something is done. */
const between =
  (wrap: (changed: Changed) => Changed): Kind =>
  ({ subscribe }) => ({ subscribe: (changed) => subscribe(wrap(changed)) });

/** A store that is told of nothing in particular. */
const unspecific = between((changed) => () => changed(undefined));

/** A store that tells some questions later. */
const late =
  (questions: number): Kind =>
  ({ subscribe }) => ({
    subscribe: (changed) => {
      const waiting: { versions: Versions; questions: number }[] = [];
      const isLive = subscribe((versions) => void waiting.push({ versions, questions }));
      return () => {
        const live = isLive();
        for (const each of waiting) each.questions--;
        while (live && waiting[0] && waiting[0].questions <= 0) changed(waiting.shift()?.versions);
        return live;
      };
    },
  });

describe("stores that keep to the contract pass", () => {
  const kinds: readonly [string, Kind, Partial<StoreUnderTest>?][] = [
    ["at once, with the versions", () => ({})],
    ["at once, that anything may have changed", unspecific],
    ["within a bound", late(10), { toldWithinMs: 1000 }],
  ];
  test.each(kinds)("%s", async (_, kind, parts) => {
    expect(await failing(kind, parts)).toEqual([]);
  });
});

/** A store that tells of each user of a write, with what a function makes of the version; of none without one. */
const telling = (versionFor: (version: number, userId: string, index: number) => number | undefined): Kind =>
  between((changed) => (versions) => {
    if (versions === undefined) return changed(undefined);
    const told = [...versions].flatMap(([userId, version], index) => {
      const other = versionFor(version, userId, index);
      return other === undefined ? [] : [[userId, other] as const];
    });
    if (told.length > 0) changed(new Map(told));
  });

/** A store that answers something else. */
const answering =
  (answer: (shared: Shared) => boolean): Kind =>
  ({ subscribe }, shared) => ({
    subscribe: (changed) => {
      const isLive = subscribe(changed);
      return () => {
        isLive();
        return answer(shared);
      };
    },
  });

const withholding = (when: (versions: Versions) => boolean): Kind =>
  between((changed) => (versions) => {
    if (!when(versions)) changed(versions);
  });

const [UNTIL_TRUE, IN_TURN, ALL_USERS, AMONG_OWN, EACH, ENGINES, WHILE_FALSE, AFTER_CLOSE] = NAMES;

/** What a store does wrong, and cases that find it out. That of the engines may too, if it has the luck. */
const broken: readonly [string, Kind, (string | undefined)[]][] = [
  [
    "never answers true",
    answering(() => false),
    [UNTIL_TRUE, IN_TURN, ALL_USERS, AMONG_OWN, EACH, WHILE_FALSE, AFTER_CLOSE],
  ],
  ["always answers true", answering(() => true), [WHILE_FALSE, AFTER_CLOSE]],
  [
    "never tells",
    withholding(() => true),
    [UNTIL_TRUE, IN_TURN, ALL_USERS, AMONG_OWN, EACH, ENGINES, WHILE_FALSE, AFTER_CLOSE],
  ],
  [
    "tells of insertions alone",
    telling((version) => (version === 1 ? 1 : undefined)),
    [IN_TURN, ALL_USERS, AMONG_OWN, ENGINES, AFTER_CLOSE],
  ],
  ["tells of no removals", telling((version) => version || undefined), [IN_TURN, ALL_USERS]],
  [
    "tells the version that was",
    telling((version) => version - 1),
    [UNTIL_TRUE, IN_TURN, ALL_USERS, AMONG_OWN, EACH, ENGINES, AFTER_CLOSE],
  ],
  [
    "tells of a hundred users of a write",
    telling((version, _, index) => (index < 100 ? version : undefined)),
    [ALL_USERS],
  ],
  [
    "takes user ids for the names of properties",
    telling((version, userId) => (userId === "__proto__" ? undefined : version)),
    [ALL_USERS],
  ],
  [
    "tells later than it says",
    late(10),
    [UNTIL_TRUE, IN_TURN, ALL_USERS, AMONG_OWN, EACH, WHILE_FALSE, AFTER_CLOSE],
  ],
  [
    "tells the last version of each user when it is asked",
    ({ subscribe }) => ({
      subscribe: (changed) => {
        const versions = new Map<string, number>();
        const isLive = subscribe((told) => {
          if (told) for (const [userId, version] of told) versions.set(userId, version);
          else changed(undefined);
        });
        return () => {
          if (versions.size > 0) changed(versions);
          versions.clear();
          return isLive();
        };
      },
    }),
    [IN_TURN],
  ],
  [
    "tells of two writes in the wrong order",
    ({ subscribe }) => ({
      subscribe: (changed) => {
        const waiting: Versions[] = [];
        const tell = (): void => {
          while (waiting.length > 0) changed(waiting.pop());
        };
        const isLive = subscribe((told) => {
          waiting.push(told);
          if (waiting.length === 2) tell();
        });
        return () => {
          tell();
          return isLive();
        };
      },
    }),
    [IN_TURN],
  ],
  [
    "tells of forty writes and no more",
    (store, shared) => {
      let told = 0;
      return withholding((versions) => versions !== undefined && told++ >= 40)(store, shared);
    },
    [ENGINES],
  ],
  [
    "tells of swaps that were not applied",
    (_, shared) => ({
      write: async (changes) => {
        const swapped = await shared.documents.write(changes);
        shared.tell(versionsOf(changes));
        return swapped;
      },
    }),
    [ALL_USERS],
  ],
  [
    "tells before it writes",
    (_, shared) => ({
      write: async (changes) => {
        shared.tell(versionsOf(changes));
        await new Promise(setImmediate);
        return shared.documents.write(changes);
      },
    }),
    [ALL_USERS, AMONG_OWN],
  ],
  [
    "takes what it is told after a write of its own for that",
    ({ subscribe, write }) => {
      let own = 0;
      return {
        write: async (changes) => {
          own = 2;
          return write(changes);
        },
        subscribe: (changed) =>
          subscribe((versions) => {
            if (own === 0 || versions === undefined) changed(versions);
            else own--;
          }),
      };
    },
    [AMONG_OWN, ENGINES],
  ],
  [
    "tells who subscribed last",
    ({ subscribe }) => {
      let last: Changed | undefined;
      return {
        subscribe: (changed) => {
          last = changed;
          return subscribe((versions) => {
            if (last === changed) changed(versions);
          });
        },
      };
    },
    [EACH],
  ],
  [
    "listens from the first question on",
    ({ subscribe }) => ({
      subscribe: (changed) => {
        let isLive: (() => boolean) | undefined;
        return () => {
          isLive ??= subscribe(changed);
          return isLive();
        };
      },
    }),
    [UNTIL_TRUE],
  ],
  [
    "trusts a line that was cut as soon as it is back",
    withholding((versions) => versions === undefined),
    [WHILE_FALSE],
  ],
  ["answers true after close", answering(({ cut }) => !cut), [AFTER_CLOSE]],
  [
    "tells after close",
    ({ subscribe }, shared) => ({
      subscribe: (changed) => {
        shared.line.add((versions) => changed(versions));
        return subscribe(() => undefined);
      },
    }),
    [AFTER_CLOSE],
  ],
];

test.each(broken)("a store that %s fails", async (_, kind, cases) => {
  expect(await failing(kind)).toEqual(expect.arrayContaining(cases));
});
