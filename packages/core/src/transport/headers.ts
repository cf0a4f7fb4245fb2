import type { Outcome } from "./outcome.ts";
import type { ResponseHeaders } from "./request-view.ts";

/** What a session verifier wants to be sent, kept until there is an answer to send it with. */
export interface CollectedHeaders extends ResponseHeaders {
  /** By lower-case name. */
  readonly headers: ReadonlyMap<string, readonly string[]>;
}

const NONE: ReadonlyMap<string, readonly string[]> = new Map();

/**
 * For a framework whose answer is made after the session is verified: `response` of a `RequestView`.
 *
 * @example
 * ```ts
 * import { collectHeaders } from "@usermeta/core";
 *
 * const collected = collectHeaders();
 * collected.setHeader("st-access-token", "new");
 * console.log(collected.headers.get("st-access-token")); // [ "new" ]
 * ```
 */
export const collectHeaders = (): CollectedHeaders => new Collected();

class Collected implements CollectedHeaders {
  #headers: Map<string, readonly string[]> | undefined;

  get headers(): ReadonlyMap<string, readonly string[]> {
    return this.#headers ?? NONE;
  }

  setHeader(name: string, value: string): void {
    this.#headers ??= new Map();
    this.#headers.set(name.toLowerCase(), [value]);
  }

  appendHeader(name: string, value: string): void {
    const key = name.toLowerCase();
    this.#headers ??= new Map();
    this.#headers.set(key, [...(this.#headers.get(key) ?? []), value]);
  }
}

/**
 * An outcome with what was collected, beside its own headers.
 *
 * @example
 * ```ts
 * import { addHeaders, collectHeaders } from "@usermeta/core";
 *
 * const collected = collectHeaders();
 * collected.appendHeader("set-cookie", "session=; Max-Age=0");
 * const outcome = addHeaders({ status: 401, headers: {}, body: undefined }, collected);
 * console.log(outcome.headers["set-cookie"]); // [ "session=; Max-Age=0" ]
 * ```
 */
export const addHeaders = (outcome: Outcome, { headers }: CollectedHeaders): Outcome => {
  if (headers.size === 0) return outcome;
  const all: Record<string, string | readonly string[]> = { ...outcome.headers };
  for (const [name, values] of headers) all[name] = [...[all[name] ?? []].flat(), ...values];
  return { ...outcome, headers: all };
};
