import type { JsonValue } from "../document/json.ts";
import { copyJson } from "../document/json-profile.ts";
import { doubtOf } from "../document/number.ts";
import { UserMetadataError } from "../errors.ts";
import type { RequestBody } from "../transport/request-view.ts";

const UTF8 = new TextDecoder("utf-8", { fatal: true });

/**
 * Parses a request's body (RFC 8259) and checks it against the JSON profile. A number is refused if JavaScript would
 * write another one of it. If the app's own parser has read the body, every integer beyond `Number.MAX_SAFE_INTEGER` is
 * refused, because its literal is lost.
 * @throws UserMetadataError `body_missing`, `json_invalid`, `json_value_refused`, `json_too_deep` beyond 256 levels
 *
 * @example
 * ```ts
 * import { parseJson } from "@usermeta/core";
 *
 * console.log(parseJson('{"theme":"dark"}')); // { theme: "dark" }
 * ```
 */
export function parseJson(body: RequestBody): JsonValue {
  if (typeof body === "object" && "parsed" in body) {
    if (body.parsed === undefined) throw missing();
    return copyJson(body.parsed, [], { doubt: roundedProblem });
  }
  const text = typeof body === "string" ? body.replace(/^\uFEFF/, "") : decode(body);
  if (text === "") throw missing();
  return copyJson(parseText(text), [], {
    own: true,
    // JSON text has no raw control characters: without an escape, only these two can be wrong.
    cleanText: !text.includes("\\u") && !text.includes("__proto__") && text.isWellFormed(),
    doubt: doubtOf(text),
  });
}

const missing = () => new UserMetadataError("body_missing", "The body is missing. Send JSON.");

const roundedProblem = (value: number): string | undefined =>
  Number.isInteger(value) && !Number.isSafeInteger(value)
    ? "the app's body parser may have rounded the integer; send a string"
    : undefined;

function decode(bytes: Uint8Array): string {
  try {
    return UTF8.decode(bytes);
  } catch {
    throw new UserMetadataError("json_invalid", "The body is not UTF-8. Encode it as UTF-8.");
  }
}

function parseText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    // The engine's own message quotes the body, so neither it nor the error goes any further.
    const at = / at position \d+(?= \(|$)/.exec(String(error))?.[0] ?? "";
    throw new UserMetadataError("json_invalid", `The body is not JSON (RFC 8259)${at}.`);
  }
}
