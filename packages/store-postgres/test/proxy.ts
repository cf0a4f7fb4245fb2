import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { onTestFinished } from "vitest";

/**
 * What becomes of the next write: its answer is lost; it is lost itself; or it is lost for the client and reaches the
 * server when `deliver` is called.
 */
type Accident = "answer lost" | "request lost" | "request late";

/** A network between the store and the server that loses a connection when it is told to. */
export interface Proxy {
  readonly url: string;
  /** What happens to the next statement that writes; resolves when it has happened. */
  next(accident: Accident): Promise<void>;
  /** Lets a late request reach the server, and resolves when that has answered. */
  deliver(): Promise<void>;
}

/** The name of a function that writes in the statement, or the name under which the statement is prepared. */
const WRITE = /_(write|record)["\0]/;

export const proxyTo = async (url: string): Promise<Proxy> => {
  const target = new URL(url);
  const sockets = new Set<Socket>();
  let planned: { accident: Accident; happened: () => void } | undefined;
  let late: (() => Promise<void>) | undefined;

  const meet = (client: Socket, server: Socket, data: Buffer): void => {
    const plan = planned;
    if (plan === undefined || !WRITE.test(data.toString("latin1"))) {
      server.write(data);
      return;
    }
    planned = undefined;
    const lose = (): void => {
      client.destroy();
      plan.happened();
    };
    server.unpipe(client).resume();
    if (plan.accident === "request lost") {
      server.destroy();
      lose();
    } else if (plan.accident === "answer lost") {
      server.once("data", lose);
      server.write(data);
    } else {
      late = async () => {
        server.write(data);
        await once(server, "data");
      };
      lose();
    }
  };
  const proxy = createServer((client) => {
    const server = connect(Number(target.port), target.hostname);
    for (const socket of [client, server]) {
      sockets.add(socket);
      socket.on("error", () => undefined);
    }
    server.pipe(client);
    client.on("data", (data) => meet(client, server, data));
    server.on("close", () => client.destroy());
  }).listen(0, "127.0.0.1");
  await once(proxy, "listening");
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    proxy.close();
  });
  const own = new URL(url);
  own.port = String((proxy.address() as AddressInfo).port);
  return {
    url: own.href,
    next: (accident) =>
      new Promise((happened) => {
        planned = { accident, happened };
      }),
    deliver: async () => late?.(),
  };
};
