import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { postgresStore } from "../src/index.ts";

const message = (type: string, body: Buffer): Buffer => {
  const head = Buffer.alloc(5);
  head.write(type);
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
};

/** What a server sends that accepts a connection and crashes, if the network brings all of it at once. */
const ENDED_AT_ONCE = Buffer.concat([
  message("R", Buffer.alloc(4)),
  message("Z", Buffer.from("I")),
  message("E", Buffer.from("SFATAL\0C57P01\0Mterminating connection due to unexpected postmaster exit\0\0")),
]);

test("a server that ends connections in the packet that opens them fails what was asked, not the process", async () => {
  const server = createServer((socket) => {
    socket.on("error", () => undefined).once("data", () => socket.end(ENDED_AT_ONCE));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const uncaught: unknown[] = [];
  const note = (error: unknown): void => void uncaught.push(error);
  process.on("uncaughtException", note);
  onTestFinished(() => {
    process.off("uncaughtException", note);
    server.close();
  });
  const store = postgresStore({ connectionString: `postgres://app@127.0.0.1:${port}/app` });
  for (const userId of ["ada", "bob"])
    await expect(store.read([userId])).rejects.toMatchObject({ code: "store_unavailable" });
  await store.close();
  expect(uncaught).toEqual([]);
});
