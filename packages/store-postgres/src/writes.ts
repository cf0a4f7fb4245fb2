import type { Store, Swap } from "@usermeta/core";
import { columnsOf, type EncodedChange, encode, hasLines, lineColumnsOf } from "./changes.ts";
import { recordStatement } from "./journal-tables.ts";
import { LockedUsers } from "./locked-users.ts";
import type { PostgresQuery } from "./options.ts";
import { type Outcomes, type OutcomesOptions, outcomesOf } from "./outcomes.ts";
import { isLocked, isLost, isOvertaken, locked, toStoreError } from "./postgres-errors.ts";
import type { Run } from "./schema.ts";
import { type Answer, PATIENCE_MS, writeStatement } from "./write-function.ts";

/** Bound the size of a statement. */
const MAX_USERS = 1000;
const MAX_CHARACTERS = 8 * 1024 * 1024;
/** The patience that skips who is locked. */
const SKIP = 0;

/** What writing needs, besides what asking for outcomes does. */
export interface WriteOptions extends OutcomesOptions {
  /** Sends ahead; rejects if the commit may not be on a synchronous standby. */
  readonly quickly: Run;
  /** Is done before lines of the journal are written for the first time. */
  readonly begin: () => Promise<void>;
  /** Under which the statements are prepared, if they are. */
  readonly named: (name: string) => Pick<PostgresQuery, "name">;
}

const sizeOf = ({ values, entries }: EncodedChange): number =>
  values.reduce<number>((sum, value) => sum + (typeof value === "string" ? value.length : 0), 0) +
  (entries?.reduce((sum, { body }) => sum + body.length, 0) ?? 0);

/** Changes that together are small enough for one statement; one that is too large is alone. */
const batchesOf = (changes: readonly EncodedChange[]): EncodedChange[][] => {
  const batches: EncodedChange[][] = [];
  let room = 0;
  for (const change of changes) {
    const size = sizeOf(change);
    const last = batches.at(-1);
    if (last && last.length < MAX_USERS && size <= room) last.push(change);
    else {
      batches.push([change]);
      room = MAX_CHARACTERS;
    }
    room -= size;
  }
  return batches;
};

/** `undefined` if no swap was lost. */
const answerOf = (rows: readonly (readonly unknown[])[]): Answer | undefined =>
  JSON.parse(String(rows[0]?.[0] ?? null)) ?? undefined;

type Send = (changes: readonly EncodedChange[], patienceMs: number) => Promise<Answer | undefined>;

/** Sends a statement, and finds out what became of it if its answer is lost. */
const senderOf = (options: WriteOptions, outcomes: Outcomes, name: "write" | "together"): Send => {
  const write = { ...options.named(name), text: writeStatement(options.tables[name]) };
  const record = { ...options.named("record"), text: recordStatement(options.tables) };
  return async (changes, patienceMs) => {
    const id = outcomes.next();
    const isRecorded = changes.some(hasLines);
    if (isRecorded) await options.begin();
    const all = (): Answer => ({ lost: changes.map(({ userId }) => userId) });
    try {
      const values = [...columnsOf(changes), id, patienceMs];
      // Who keeps no journal pays for none.
      if (!isRecorded) return answerOf(await options.quickly({ ...write, values }));
      values.push(name === "together", ...lineColumnsOf(changes));
      return answerOf(await options.quickly({ ...record, values }));
    } catch (error) {
      if (isOvertaken(error)) return all();
      if (!isLost(error)) throw error;
      // One that was held up is forbidden thereby, unless it was done.
      const lost = await outcomes.find(id, error);
      return lost ? { lost } : all();
    }
  };
};

/** Writes changes, as `Store` has it. */
export const writerOf = (options: WriteOptions): Required<Pick<Store, "write" | "writeTogether">> => {
  const outcomes = outcomesOf(options);
  return {
    write: writeOf(senderOf(options, outcomes, "write"), options.tables.documents),
    writeTogether: togetherOf(senderOf(options, outcomes, "together")),
  };
};

/** Who is locked by another transaction for longer is the trouble of all: the engine tries them again. */
const togetherOf =
  (send: Send): NonNullable<Store["writeTogether"]> =>
  async (changes) => {
    const answer = await send(changes.map(encode), PATIENCE_MS);
    const isApplied = !answer || answer.lost.length === 0;
    const old = new Set(answer?.old);
    return changes.map(({ userId }) => isApplied || (old.has(userId) && (answer.removed ?? false)));
  };

const writeOf = (send: Send, where: string): Store["write"] => {
  const lockedUsers = new LockedUsers();

  const swapsOf = (changes: readonly EncodedChange[], answer: Answer | undefined): readonly Swap[] => {
    if (!answer && lockedUsers.isEmpty) return changes.map(() => true);
    const [lost, skipped, old] = [answer?.lost, answer?.locked, answer?.old].map((ids) => new Set(ids));
    return changes.map(({ userId }) => {
      if (skipped?.has(userId)) {
        lockedUsers.add(userId);
        return locked(userId, where);
      }
      lockedUsers.delete(userId);
      return old?.has(userId) ? (answer?.removed ?? false) : !lost?.has(userId);
    });
  };

  const skip = async (changes: readonly EncodedChange[]): Promise<readonly Swap[]> =>
    swapsOf(changes, await send(changes, SKIP));

  const wait = async (changes: readonly EncodedChange[]): Promise<readonly Swap[]> => {
    try {
      return swapsOf(changes, await send(changes, PATIENCE_MS));
    } catch (error) {
      if (isLocked(error)) return skip(changes);
      throw error;
    }
  };

  /** One statement after the other; one that fails fails its own changes. */
  const writeEach = async (
    batches: readonly EncodedChange[][],
    write: typeof wait,
  ): Promise<(readonly [string, Swap])[]> => {
    const swaps: (readonly [string, Swap])[] = [];
    for (const batch of batches) {
      const answers = await write(batch).catch((cause: unknown) => {
        const error = toStoreError(cause, where);
        return batch.map(() => error);
      });
      for (const [index, { userId }] of batch.entries()) swaps.push([userId, answers[index] ?? false]);
    }
    return swaps;
  };

  return async (changes) => {
    const { free, apart } = lockedUsers.divide(changes.map(encode));
    const [batches, lockedBatches] = [batchesOf(free), batchesOf(apart)];
    const [first] = batches;
    if (first && batches.length + lockedBatches.length === 1) return wait(first);
    const swaps = await Promise.all([writeEach(batches, wait), writeEach(lockedBatches, skip)]);
    const byUser = new Map(swaps.flat());
    return changes.map(({ userId }) => byUser.get(userId) ?? false);
  };
};
