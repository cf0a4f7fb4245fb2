import type { FindQuery, FoundDocument, MetadataDocument, Store, UserMetadataError } from "@usermeta/core";
import { HeldUpError } from "./pipeline.ts";
import { corruptDocument, digestOf } from "./postgres-errors.ts";
import { decode, findStatement, preparedReadStatement, readStatement, versionIn } from "./reads.ts";
import type { Run } from "./schema.ts";

/** Bounds the size of a statement. */
const MAX_USERS = 1000;

/** What is read of the table of documents, without its lifetime and its errors. */
export interface Documents {
  read: Store["read"];
  find(query: FindQuery): Promise<readonly FoundDocument[]>;
  count(): Promise<number>;
}

const slices = <T>(all: readonly T[]): T[][] =>
  Array.from({ length: Math.ceil(all.length / MAX_USERS) }, (_, index) =>
    all.slice(index * MAX_USERS, (index + 1) * MAX_USERS),
  );

/**
 * @param runs for statements that may take long, and for those that may wait for another
 * @param table its name
 * @param prepared the name under which a read is prepared, if it is
 */
export const documentsOf = (
  { run, quickly }: { readonly run: Run; readonly quickly: Run },
  table: string,
  { name }: { readonly name?: string },
): Documents => {
  const reading =
    name === undefined ? { text: readStatement(table) } : { name, text: preparedReadStatement(table) };
  const decodeRow = (row: readonly unknown[]): MetadataDocument | UserMetadataError => {
    try {
      return decode(row);
    } catch (error) {
      return corruptDocument({ digest: digestOf(String(row[0])), version: versionIn(row) }, table, error);
    }
  };

  const readSome: Documents["read"] = async (userIds) => {
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

  return {
    read: async (userIds) => (await Promise.all(slices(userIds).map(readSome))).flat(),
    find: async ({ tier, where, after, limit }) => {
      const all = Object.keys(where).length === 0;
      const text = findStatement(table, all ? undefined : tier);
      const rows = await run({ text, values: [after, limit, ...(all ? [] : [JSON.stringify(where)])] });
      return rows.map((row) => ({ userId: String(row[0]), document: decodeRow(row) }));
    },
    count: async () => Number((await run({ text: `SELECT count(*) FROM ${table}`, values: [] }))[0]?.[0]),
  };
};
