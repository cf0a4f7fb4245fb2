/** Vitest's global setup: one PostgreSQL for the whole run, started when the first test asks for it. */
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import type { TestProject } from "vitest/node";
import { type PostgresServer, startPostgres } from "./server.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Where tests ask for the server, see `./database.ts`. */
    postgresPort: number;
  }
}

export async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  let server: Promise<PostgresServer> | undefined;
  const given = process.env.TEST_POSTGRES_URL;
  const url = async (): Promise<string> => {
    if (given) return given;
    // Nothing of a test run has to survive a power cut.
    server ??= startPostgres(["fsync=off", "max_connections=200"]);
    return (await server).url;
  };
  const answer = (socket: Socket): void => {
    socket.on("error", () => undefined);
    url().then(
      (found) => socket.end(JSON.stringify({ url: found })),
      (error: unknown) => socket.end(JSON.stringify({ error: String(error) })),
    );
  };
  const asked = createServer(answer).listen(0, "127.0.0.1");
  await once(asked, "listening");
  provide("postgresPort", (asked.address() as AddressInfo).port);
  return async () => {
    asked.close();
    await (await server)?.remove();
  };
}
