import type { CollectedHeaders, Outcome } from "@usermeta/core";
import { answerable, type UnavailableOptions } from "@usermeta/node";
import { type LambdaEvent, type LambdaEventV2, pairsOf } from "./event.ts";

type Answer = { statusCode: number; headers: Record<string, string>; body: string; isBase64Encoded: boolean };

/** An answer in the format of the event. */
export type LambdaResult<E = LambdaEvent> = E extends LambdaEventV2
  ? Answer & { cookies: string[] }
  : Answer & { multiValueHeaders: Record<string, string[]> };

/**
 * Answers an event in its own format. A 503 is answered too, and the app is told: a gateway would make of a failure a
 * bare 500 or 502.
 * @throws UserMetadataError any other failure of 500 and above, for the Lambda runtime to report; not on Netlify, which
 * would show it to the client
 */
export const toResult = <E extends LambdaEvent>(
  event: E,
  outcome: Outcome,
  options: UnavailableOptions,
): LambdaResult<E> => {
  const { status: statusCode, body = "", headers, error } = outcome;
  if (error && statusCode !== 503 && "rawUrl" in event) console.error(error);
  else answerable(outcome, options);
  const sent = toFormat(event, headers);
  return { statusCode, body, isBase64Encoded: false, ...sent } as LambdaResult<E>;
};

/** Adds headers to an answer of the app's own. */
export const withHeaders = <E extends LambdaEvent, R>(event: E, result: R, more: CollectedHeaders): R => {
  if (more.headers.size === 0) return result;
  const own: Partial<Sent> = toStructured(result);
  const { headers, cookies = [], multiValueHeaders = {} } = toFormat(event, Object.fromEntries(more.headers));
  if ("rawPath" in event) {
    const all = [...(own.cookies ?? []), ...cookies];
    return { ...own, headers: { ...own.headers, ...headers }, cookies: all } as R;
  }
  const single = { ...own.headers, ...headers };
  const lists = { ...own.multiValueHeaders };
  for (const [name, values] of Object.entries(multiValueHeaders)) {
    const same = (each: string) => each.toLowerCase() === name;
    // A gateway sends a name that is in both from the lists only.
    const before = pairsOf(lists, null)
      .concat(pairsOf(null, single))
      .filter(([each]) => same(each));
    for (const each of Object.keys(lists).filter(same)) delete lists[each];
    for (const each of Object.keys(single).filter(same)) delete single[each];
    lists[name] = [...before.map(([, value]) => value), ...values];
  }
  return { ...own, headers: single, multiValueHeaders: lists } as R;
};

/** Gives a result without a status the status, type and body that a gateway gives it in format 2.0: 200, JSON. */
const toStructured = (result: unknown): Partial<Sent> => {
  if (typeof result === "object" && result !== null && "statusCode" in result) return result as Partial<Sent>;
  const json = { statusCode: 200, headers: { "content-type": "application/json" }, body: toBody(result) };
  return json;
};

const toBody = (result: unknown): string =>
  typeof result === "string" ? result : (JSON.stringify(result) ?? "");

interface Sent {
  readonly headers: Record<string, string>;
  readonly cookies?: readonly string[];
  readonly multiValueHeaders?: Readonly<Record<string, readonly string[]>>;
}

const toFormat = (event: LambdaEvent, from: Outcome["headers"]): Sent => {
  const isV2 = "rawPath" in event;
  // A load balancer that sends only lists reads only lists.
  const onlyLists = "multiValueHeaders" in event && !event.headers;
  const headers: Record<string, string> = {};
  const lists: Record<string, readonly string[]> = {};
  for (const [name, value] of Object.entries(from)) {
    const values = [value].flat();
    const isList = name === "set-cookie" || (!isV2 && (onlyLists || values.length > 1));
    if (isList) lists[name] = values;
    else headers[name] = values.join(", ");
  }
  return { headers, ...(isV2 ? { cookies: lists["set-cookie"] ?? [] } : { multiValueHeaders: lists }) };
};

/** The answer to any other path, if there is no `next`. */
export const NOT_FOUND: Outcome = {
  status: 404,
  headers: { "content-type": "application/problem+json", "cache-control": "no-store" },
  body: '{"type":"about:blank","status":404,"title":"Not Found"}',
};
