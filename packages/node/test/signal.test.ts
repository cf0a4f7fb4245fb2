import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import * as http2 from "node:http2";
import { type AddressInfo, connect } from "node:net";
import { UserMetadataError } from "@usermeta/core";
import { abandon, toRequestView } from "@usermeta/node";
import { afterEach, expect, test } from "vitest";

const opened: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

const aborted = (signal: AbortSignal | undefined) =>
  new Promise((resolve) => signal?.addEventListener("abort", () => resolve(signal.reason)));

/** A connection to a server that answers what it is told to, request by request. */
const open = async (answer: (request: IncomingMessage, signal: AbortSignal) => void) => {
  const server = createServer((request, response) => {
    answer(request, toRequestView(request).signal as AbortSignal);
    if (request.url !== "/wait") response.end();
  }).listen(0, "127.0.0.1");
  opened.push(() => server[Symbol.asyncDispose]());
  await once(server, "listening");
  const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
  opened.push(() => socket.destroy());
  return socket;
};

const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`;

test("the requests of a connection have one signal, which their answers do not abort", async () => {
  const seen: AbortSignal[] = [];
  const waits = Promise.withResolvers<AbortSignal>();
  const socket = await open(({ url }, signal) => {
    seen.push(signal);
    if (url === "/wait") waits.resolve(signal);
  });
  for (let count = 0; count < 20; count += 1) {
    socket.write(get("/"));
    await once(socket, "data");
  }
  socket.write(get("/wait"));
  const signal = await waits.promise;
  expect([new Set(seen).size, signal.aborted]).toEqual([1, false]);
  const reason = aborted(signal);
  socket.destroy();
  expect(await reason).toMatchObject({ code: "request_aborted" });
});

test("a request of a connection that is gone has a signal that is aborted", async () => {
  const request = Promise.withResolvers<IncomingMessage>();
  const socket = await open((given) => request.resolve(given));
  socket.write(get("/wait"));
  const { socket: served, url } = await request.promise;
  const closed = once(served, "close");
  socket.destroy();
  await closed;
  const late = { url, socket: served } as IncomingMessage;
  expect(toRequestView(late).signal?.aborted).toBe(true);
});

test("what waits can be abandoned, with a reason", async () => {
  const reason = Promise.withResolvers<unknown>();
  const socket = await open((request, signal) => {
    void aborted(signal).then(reason.resolve);
    abandon(request, new UserMetadataError("store_unavailable", "The server stops."));
  });
  socket.write(get("/"));
  expect(await reason.promise).toMatchObject({ code: "store_unavailable" });
});

test("a request without a connection, as from hapi's inject, has no signal", () => {
  expect(toRequestView({ url: "/", socket: { remoteAddress: "127.0.0.1" } } as IncomingMessage).signal).toBe(
    undefined,
  );
});

test("in HTTP/2 each stream has its own, which its answer does not abort", async () => {
  const seen = new Map<string | undefined, AbortSignal | undefined>();
  const waits = Promise.withResolvers<void>();
  const streams: Promise<unknown>[] = [];
  const server = http2.createServer((request, response) => {
    seen.set(request.url, toRequestView(request as unknown as IncomingMessage).signal);
    streams.push(once(request.stream, "close"));
    if (request.url === "/wait") waits.resolve();
    else response.end();
  });
  server.listen(0, "127.0.0.1");
  opened.push(() => server.close());
  await once(server, "listening");
  const client = http2.connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  opened.push(() => client.destroy());
  const answered = client.request({ ":path": "/" }).resume();
  await once(answered, "close");
  const waiting = client.request({ ":path": "/wait" });
  await waits.promise;
  const reason = aborted(seen.get("/wait"));
  waiting.close(http2.constants.NGHTTP2_CANCEL);
  expect(await reason).toMatchObject({ code: "request_aborted" });
  await Promise.all(streams);
  expect(seen.get("/")?.aborted).toBe(false);
});
