import type { Change } from "@usermeta/core";
import { toRow } from "@usermeta/core/storing";
import type { SqliteValue } from "./connection.ts";
import { type Lines, linesOf } from "./journal/lines.ts";

/** A change whose document is serialized to the columns of its row. An array is a quicker message than an object. */
export type EncodedChange = readonly [
  userId: string,
  expected: number,
  values: readonly SqliteValue[] | null,
  /** The least and the greatest version that the change gives. */
  least: number,
  greatest: number,
  lines: Lines | undefined,
];

export const encode = (change: Change): EncodedChange => {
  const { userId, expected, next } = change;
  return [
    userId,
    expected,
    next && toRow(next),
    change.least ?? next?.version ?? Number.POSITIVE_INFINITY,
    change.greatest ?? expected,
    linesOf(change),
  ];
};
