/** What an app's own middleware does with an `AsyncLocalStorage`, before any framework sees the request. */
import { AsyncLocalStorage } from "node:async_hooks";
import { subscribe } from "node:diagnostics_channel";
import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import type { Dialect, StandardSchema } from "@usermeta/core";

const storage = new AsyncLocalStorage<string | undefined>();

/** The request header that names the context of the request. */
export const CONTEXT_HEADER = "x-context";

/** The context of whoever calls this. */
export const currentContext = (): string | undefined => storage.getStore();

interface Started {
  /** Of HTTP/1.1. */
  readonly request?: IncomingMessage;
  /** Of HTTP/2. */
  readonly headers?: IncomingHttpHeaders;
}

const enter = (message: unknown): void => {
  const { request, headers = request?.headers } = message as Started;
  storage.enterWith(headers?.[CONTEXT_HEADER] as string | undefined);
};

/** Node tells of each request of the servers in this process before they handle it. */
export const enterContexts = (): void => {
  subscribe("http.server.request.start", enter);
  subscribe("http2.server.stream.start", enter);
};

/** Refuses a tier whose `context` is not that of the request which wrote it. */
export const contextSchema: StandardSchema = {
  "~standard": {
    version: 1,
    vendor: "usermeta",
    validate: (value) => {
      const { context = currentContext() } = value as { readonly context?: unknown };
      if (context === currentContext()) return { value };
      return {
        issues: [{ message: `the schema runs in the context ${currentContext()}`, path: ["context"] }],
      };
    },
  },
};

/** Answers the context after a read, and after a write the one in which the change ran. */
export const contextDialect: Dialect = {
  name: "context",
  routes: (engine) => {
    const route = { path: "/context", who: "session", reads: [], answers: "object" } as const;
    const answer = (context: string | undefined) => ({
      status: 200,
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ context }),
    });
    return [
      {
        ...route,
        method: "GET",
        handle: async ({ userId }) => {
          await engine.read(userId);
          return answer(currentContext());
        },
      },
      {
        ...route,
        method: "POST",
        handle: async ({ userId, author }) => {
          let context: string | undefined;
          await engine.write(userId, {
            ...author,
            change: (current) => {
              context = currentContext();
              return { ...current, private: { ...current.private, [String(context)]: true } };
            },
          });
          return answer(context);
        },
      },
    ];
  },
};
