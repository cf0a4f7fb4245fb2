import type { JsonValue } from "../document/json.ts";
import { copyJson } from "../document/json-profile.ts";
import { doubtOf } from "../document/number.ts";
import { UserMetadataError } from "../errors.ts";
import type { RequestBody } from "../transport/request-view.ts";

const UTF8 = new TextDecoder("utf-8", { fatal: true });

/**
 * Parses a request's body (RFC 8259) and checks it against the JSON profile. A number is refused if JavaScript would
 * write another one of it. If the app's own parser has read the body, what it may have changed is refused: every integer
 * beyond `Number.MAX_SAFE_INTEGER`, because its literal is lost, and U+FFFD, because it may stand for other bytes.
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
    const value = copyJson(body.parsed, [], { doubt: roundedProblem });
    checkReplaced(JSON.stringify(value));
    return value;
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

/**
 * Checks a body that came as text, not as bytes: a gateway or a parser puts U+FFFD where the bytes are not UTF-8. Its
 * escape is accepted, because nobody else writes it.
 * @throws UserMetadataError `json_invalid`
 */
export function checkSent(body: RequestBody): RequestBody {
  if (typeof body === "string") checkReplaced(body);
  return body;
}

/** Refuses a text in which U+FFFD may stand for bytes that were not UTF-8. */
export function checkReplaced(text: string): void {
  if (!text.includes("\uFFFD")) return;
  throw new UserMetadataError(
    "json_invalid",
    "The body has the character U+FFFD, or it is not UTF-8. Send UTF-8 without it, or let usermeta read the bytes.",
  );
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
