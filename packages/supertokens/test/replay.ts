/** What a real SuperTokens core 11.4.7 answered, and how it is asked again. */
import { readFileSync } from "node:fs";
import { type IncomingMessage, request } from "node:http";
import { text } from "node:stream/consumers";

/** A request, and its answer. Those of one case go one after the other. */
export interface CoreAnswer {
  readonly case: string;
  readonly step: number;
  readonly method: string;
  readonly path: string;
  readonly body?: string;
  /** Beside those that each request has; `null`: without it. */
  readonly headers?: Readonly<Record<string, string | null>>;
  readonly status: number;
  readonly json?: unknown;
  readonly text?: string;
}

/** What is compared of an answer. */
export type Answer = Pick<CoreAnswer, "status" | "json" | "text">;

export const CORE_ANSWERS: readonly CoreAnswer[] = JSON.parse(
  readFileSync(new URL("core-answers.json", import.meta.url), "utf8"),
);

/** Asks again. Not by `fetch`, which would tidy paths. */
export const ask = async (url: string, asked: CoreAnswer, apiKey?: string): Promise<Answer> => {
  const { hostname, port, pathname } = new URL(url);
  const sent = {
    "cdi-version": "5.4",
    rid: "usermetadata",
    ...(apiKey && { "api-key": apiKey }),
    ...(asked.body !== undefined && {
      "content-type": "application/json; charset=utf-8",
      "content-length": String(Buffer.byteLength(asked.body)),
    }),
    ...asked.headers,
  };
  const headers = Object.fromEntries(Object.entries(sent).filter(([, value]) => value !== null));
  const path = pathname.replace(/\/$/, "") + asked.path;
  const outgoing = request({
    hostname,
    port,
    path,
    method: asked.method,
    headers: headers as Record<string, string>,
  });
  outgoing.end(asked.body);
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    outgoing.on("response", resolve).on("error", reject);
  });
  const { statusCode: status = 0, headers: answered } = response;
  const body = await text(response);
  return body && answered["content-type"]?.startsWith("application/json")
    ? { status, json: JSON.parse(body) }
    : { status, text: body };
};
