import { TIERS, type Tier } from "../document/document.ts";
import type { HistoryChange } from "../document/history-types.ts";
import { isJsonObject, type JsonValue } from "../document/json.ts";
import { type Path, toPointer } from "../document/json-profile.ts";
import type { Delta } from "./delta.ts";
import type { Deltas } from "./entry.ts";

/** The parts of a document that a history tells of. */
export type Part = Tier | "claims";

/** All parts, in the order in which they are told. */
export const PARTS: readonly Part[] = [...TIERS, "claims"];

/** What users may see of themselves. */
export const SHOWN: readonly Part[] = ["public", "unsafe"];

/** Changes as operations of a JSON Patch, each with the value that was there before. */
export const changesOf = (deltas: Deltas, parts: readonly Part[]): readonly HistoryChange[] =>
  parts.flatMap((part) => {
    const delta = deltas[part];
    return delta ? [...operations([part === "claims" ? part : `${part}Metadata`], delta)] : [];
  });

function* operations(path: Path, delta: Delta): Generator<HistoryChange> {
  if ("in" in delta) {
    for (const [key, inner] of Object.entries(delta.in)) yield* operations([...path, key], inner);
  } else if ("from" in delta) yield* itemOperations(path, delta.from, delta["-"], delta["+"]);
  else yield operation(path, delta["-"], delta["+"]);
}

/** Items that take the place of others, then those that are left over, then those that are more. */
function* itemOperations(
  path: Path,
  from: number,
  removed: readonly JsonValue[],
  added: readonly JsonValue[],
): Generator<HistoryChange> {
  const both = Math.min(removed.length, added.length);
  for (let index = 0; index < both; index += 1)
    yield operation([...path, from + index], removed[index], added[index]);
  for (const was of removed.slice(both)) yield operation([...path, from + both], was, undefined);
  for (const [index, value] of added.slice(both).entries())
    yield operation([...path, from + both + index], undefined, value);
}

/** A tier is always there, so it is never added or removed. */
const operation = (path: Path, was: JsonValue | undefined, value: JsonValue | undefined): HistoryChange => {
  const pointer = { path: toPointer(path) };
  if (value === undefined) return { op: "remove", ...pointer, was: was as JsonValue };
  if (was !== undefined) return { op: "replace", ...pointer, value, was };
  return { op: path.length === 1 && isJsonObject(value) ? "replace" : "add", ...pointer, value };
};
