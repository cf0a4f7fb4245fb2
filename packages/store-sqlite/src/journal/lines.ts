import type { Change } from "@usermeta/core";

/** What the journal keeps of a change. An array is a quicker message than an object. */
export type Lines = readonly [
  entries: readonly (readonly [subject: string, version: number, at: number, body: string])[],
  erasure: readonly [digest: string, at: number, body: string] | undefined,
];

/** `undefined` if there is nothing to keep. */
export const linesOf = ({ entries = [], erasure }: Change): Lines | undefined =>
  entries.length > 0 || erasure
    ? [
        entries.map(({ subject, version, at, body }) => [subject, version, at, body] as const),
        erasure && [erasure.digest, erasure.at, erasure.body],
      ]
    : undefined;
