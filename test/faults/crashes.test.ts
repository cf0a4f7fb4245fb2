import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { createUserMetadata, type UserMetadataEngine, UserMetadataError } from "@usermeta/core";
import { postgresStore } from "@usermeta/store-postgres";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { type PostgresServer, startPostgres } from "../postgres/server.ts";

const CRASHES = Number(process.env.FAULT_ROUNDS ?? 3);
const CUTS_EACH = 15;
const USERS = 32;

let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.remove());

/** A network that loses all connections when it is told to. */
const cuttableTo = async (address: string): Promise<{ url: string; cut: () => void }> => {
  const target = new URL(address);
  const sockets = new Set<Socket>();
  const network = createServer((client) => {
    const onward = connect(Number(target.port), target.hostname);
    for (const [from, to] of [
      [client, onward],
      [onward, client],
    ] as const) {
      sockets.add(from);
      from.pipe(to);
      from.on("error", () => to.destroy()).on("close", () => sockets.delete(from));
    }
  }).listen(0, "127.0.0.1");
  await once(network, "listening");
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  onTestFinished(() => {
    cut();
    network.close();
  });
  const url = new URL(address);
  url.port = String((network.address() as AddressInfo).port);
  return { url: url.href, cut };
};

/** What one user's only writer knows: which counts may be stored, and the versions that it was given. */
class Writer {
  readonly versions: number[] = [];
  possible: ReadonlySet<number> = new Set([0]);
  acknowledged = 0;
  readonly #metadata: UserMetadataEngine;
  readonly #userId: string;

  constructor(metadata: UserMetadataEngine, userId: string) {
    this.#metadata = metadata;
    this.#userId = userId;
  }

  async write(isClear: boolean): Promise<void> {
    const after = isClear ? [0] : [...this.possible].map((count) => count + 1);
    try {
      this.possible = new Set([isClear ? await this.#clear() : await this.#increment(after)]);
      this.acknowledged += 1;
    } catch (error) {
      if (!UserMetadataError.is(error)) throw error;
      // Another code says that nothing was written.
      if (error.code === "store_unavailable") this.possible = new Set([...this.possible, ...after]);
    }
  }

  async #clear(): Promise<number> {
    await this.#metadata.clearUserMetadata(this.#userId);
    return 0;
  }

  async #increment(expected: readonly number[]): Promise<number> {
    const { publicMetadata, version } = await this.#metadata.mutateUserMetadata(this.#userId, (current) => ({
      publicMetadata: { count: Number(current.publicMetadata.count ?? 0) + 1 },
    }));
    expect(expected, this.#userId).toContain(publicMetadata.count);
    this.versions.push(version);
    return Number(publicMetadata.count);
  }
}

test("a server that crashes, and connections that are cut, while users are written and cleared: nothing is lost or doubled, and no version comes again", async () => {
  const { url, cut } = await cuttableTo(server.url);
  const engines = [1, 2].map(() => createUserMetadata({ store: postgresStore({ connectionString: url }) }));
  const writers = Array.from(
    { length: USERS },
    (_, index) => new Writer(engines[index % 2] as UserMetadataEngine, `user ${index}`),
  );
  let isOver = false;
  const run = async (writer: Writer, index: number): Promise<void> => {
    for (let write = index; !isOver; write++) await writer.write(write % 7 === 0);
  };
  const running = Promise.all(writers.map(run));
  const total = (): number => writers.reduce((sum, { acknowledged }) => sum + acknowledged, 0);
  const progress = async (by: number): Promise<void> => {
    const goal = total() + by;
    await expect.poll(total, { interval: 5, timeout: 60_000 }).toBeGreaterThan(goal);
  };
  for (let crash = 0; crash < CRASHES; crash++) {
    for (let cuts = 0; cuts < CUTS_EACH; cuts++) {
      await progress(40);
      cut();
    }
    await progress(100);
    await server.restart("kill");
  }
  await progress(100);
  isOver = true;
  await running;

  for (const [index, { possible, versions }] of writers.entries()) {
    const metadata = engines[(index + 1) % 2] as UserMetadataEngine;
    const { publicMetadata } = await metadata.getUserMetadata(`user ${index}`);
    expect([...possible], `user ${index}`).toContain(Number(publicMetadata.count ?? 0));
    expect(versions).toEqual([...new Set(versions)].sort((a, b) => a - b));
  }
  await Promise.all(engines.map((engine) => engine.close()));
});
