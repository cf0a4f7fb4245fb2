import type { Change, FindQuery, FoundDocument, MetadataDocument } from "@usermeta/core";
import { columnsOf, type EncodedChange, encode } from "./changes.ts";
import { lostOf, outcomesOf } from "./outcomes.ts";
import { HeldUpError } from "./pipeline.ts";
import { isLost, isOvertaken, notOurs, partlyWritten } from "./postgres-errors.ts";
import { decode, findStatement, preparedReadStatement, readStatement } from "./reads.ts";
import type { Run } from "./schema.ts";
import type { Tables } from "./tables.ts";
import { writeStatement } from "./write-function.ts";

/** Bound the size of a statement. */
const MAX_USERS = 1000;
const MAX_CHARACTERS = 8 * 1024 * 1024;

/** What is done with the table of documents, without its lifetime and its errors. */
export interface Documents {
  read(userIds: readonly string[]): Promise<readonly (MetadataDocument | undefined)[]>;
  write(changes: readonly Change[]): Promise<readonly boolean[]>;
  find(query: FindQuery): Promise<readonly FoundDocument[]>;
  count(): Promise<number>;
}

const slices = <T>(all: readonly T[]): T[][] =>
  Array.from({ length: Math.ceil(all.length / MAX_USERS) }, (_, index) =>
    all.slice(index * MAX_USERS, (index + 1) * MAX_USERS),
  );

const sizeOf = ({ values }: EncodedChange): number =>
  values.reduce<number>((sum, value) => sum + (typeof value === "string" ? value.length : 0), 0);

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

/**
 * @param runs for statements that may take long, and for those that may wait for another
 * @param named the name of the prepared statement, if it is prepared
 */
export const documentsOf = (
  { run, quickly }: { readonly run: Run; readonly quickly: Run },
  tables: Tables,
  named: (name: string) => { readonly name?: string },
): Documents => {
  const { documents: table } = tables;
  const outcomes = outcomesOf(run, tables);
  const { name } = named("read");
  const reading =
    name === undefined ? { text: readStatement(table) } : { name, text: preparedReadStatement(table) };
  const writeText = writeStatement(tables);
  const decodeRow = (row: readonly unknown[]): MetadataDocument => {
    try {
      return decode(row);
    } catch (error) {
      throw notOurs(String(row[0]), table, error);
    }
  };

  const readSome = async (userIds: readonly string[]): Promise<readonly (MetadataDocument | undefined)[]> => {
    const query = { ...reading, values: [userIds] };
    const rows = await quickly(query).catch((error: unknown) => {
      if (error instanceof HeldUpError) return run(query);
      throw error;
    });
    const byId = new Map(rows.map((row) => [row[0], row]));
    return userIds.map((userId) => {
      const row = byId.get(userId);
      return row && decodeRow(row);
    });
  };

  const swap = async (changes: readonly EncodedChange[]): Promise<readonly boolean[]> => {
    const id = outcomes.next();
    const query = { ...named("write"), text: writeText, values: [...columnsOf(changes), id] };
    const lost = await quickly(query).then(lostOf, (error) => {
      if (isOvertaken(error)) return null;
      // One that was held up is forbidden thereby, unless it was done.
      if (isLost(error)) return outcomes.find(id, error);
      throw error;
    });
    if (lost === null) return changes.map(() => false);
    const losers = new Set(lost);
    return changes.map(({ userId }) => !losers.has(userId));
  };

  return {
    read: async (userIds) => (await Promise.all(slices(userIds).map(readSome))).flat(),
    write: async (changes) => {
      const answers: boolean[] = [];
      for (const batch of batchesOf(changes.map(encode))) {
        try {
          answers.push(...(await swap(batch)));
        } catch (error) {
          throw answers.includes(true) ? partlyWritten(error, table) : error;
        }
      }
      return answers;
    },
    find: async ({ tier, where, after, limit }) => {
      const all = Object.keys(where).length === 0;
      const text = findStatement(table, all ? undefined : tier);
      const rows = await run({ text, values: [after, limit, ...(all ? [] : [JSON.stringify(where)])] });
      return rows.map((row) => ({ userId: String(row[0]), document: decodeRow(row) }));
    },
    count: async () => Number((await run({ text: `SELECT count(*) FROM ${table}`, values: [] }))[0]?.[0]),
  };
};
