import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { context, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import { createUserMetadata, memoryStore, nativeDialect } from "@usermeta/core";
import { sendOutcome, toRequestView } from "@usermeta/node";
import { afterAll, beforeAll, expect, test } from "vitest";

const REQUESTS = 40;

const exporter = new InMemorySpanExporter();
const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
const tracer = provider.getTracer("test");

beforeAll(() => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
});
afterAll(async () => {
  context.disable();
  await provider.shutdown();
});

test("what an app traces within a write hangs under the span of its own request", async () => {
  const metadata = createUserMetadata({
    store: memoryStore(),
    sessions: (request) => ({
      getUserId: () => request.header("x-user") ?? "",
      getTenantId: () => "public",
      getHandle: () => "",
      getAccessTokenPayload: () => ({}),
    }),
    dialects: [
      nativeDialect({
        updateInfo: (session) => {
          tracer.startSpan("updateInfo", { attributes: { user: session.getUserId() } }).end();
          return { privateMetadata: { seen: true } };
        },
      }),
    ],
    schemas: {
      private: {
        "~standard": {
          version: 1,
          vendor: "test",
          validate: async (value) => {
            tracer.startSpan("schema").end();
            return { value: value as { seen?: boolean } };
          },
        },
      },
    },
  });
  const server = createServer((request, response) => {
    const span = tracer.startSpan("request");
    context.with(trace.setSpan(context.active(), span), async () => {
      const outcome = await metadata.handle(toRequestView(request));
      if (outcome) sendOutcome(response, outcome);
      span.end();
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const statuses = await Promise.all(
    Array.from({ length: REQUESTS }, async (_, user) => {
      const headers = { "x-user": `user ${user}` };
      return (await fetch(`http://127.0.0.1:${port}/updateinfo`, { method: "POST", headers })).status;
    }),
  );
  await server[Symbol.asyncDispose]();
  expect(statuses).toEqual(statuses.map(() => 200));

  const spans = exporter.getFinishedSpans();
  const parentsOf = (name: string): readonly (string | undefined)[] =>
    spans.filter((span) => span.name === name).map((span) => span.parentSpanContext?.spanId);
  const requests = spans.filter(({ name }) => name === "request").map((span) => span.spanContext().spanId);
  expect(requests).toHaveLength(REQUESTS);
  expect(parentsOf("updateInfo").toSorted()).toEqual(requests.toSorted());
  expect(parentsOf("schema").toSorted()).toEqual(requests.toSorted());
});
