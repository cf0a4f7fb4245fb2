import type { Outcome } from "@usermeta/core";
import type { LambdaEvent, LambdaEventV2 } from "./event.ts";

type Answer = { statusCode: number; headers: Record<string, string>; body: string; isBase64Encoded: boolean };

/** An answer in the format of the event. */
export type LambdaResult<E = LambdaEvent> = E extends LambdaEventV2
  ? Answer & { cookies: string[] }
  : Answer & { multiValueHeaders: Record<string, string[]> };

/**
 * Answers an event in its own format.
 * @throws UserMetadataError the failure behind a 5xx, for the Lambda runtime to report; not on Netlify, whose clients see it
 */
export const toResult = <E extends LambdaEvent>(event: E, outcome: Outcome): LambdaResult<E> => {
  const { status: statusCode, body = "", error } = outcome;
  if (error && !("rawUrl" in event)) throw error;
  if (error) console.error(error);
  const isV2 = "rawPath" in event;
  // A load balancer that sends lists alone reads nothing else.
  const onlyLists = "multiValueHeaders" in event && !event.headers;
  const headers: Record<string, string> = {};
  const lists: Record<string, string[]> = {};
  for (const [name, value] of Object.entries(outcome.headers)) {
    const values = [value].flat();
    const isList = isV2 ? name === "set-cookie" : onlyLists || values.length > 1;
    if (isList) lists[name] = values;
    else headers[name] = values.join(", ");
  }
  const rest = isV2 ? { cookies: lists["set-cookie"] ?? [] } : { multiValueHeaders: lists };
  return { statusCode, headers, body, isBase64Encoded: false, ...rest } as LambdaResult<E>;
};

/** Where there is no app behind the routes. */
export const NOT_FOUND: Outcome = {
  status: 404,
  headers: { "content-type": "application/problem+json", "cache-control": "no-store" },
  body: '{"type":"about:blank","status":404,"title":"Not Found"}',
};
