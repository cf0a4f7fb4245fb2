import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { onTestFinished } from "vitest";

/** A way to a server that can be looked into. */
export interface Relay {
  readonly url: string;
  /** All that was sent through it, as text. */
  sent(): string;
  /** How many connections come to it. */
  connections(): number;
  /** Keeps back what the server sends, on connections that are there and on new ones, until what it returns is called. */
  hold(): () => void;
}

/** @param pools whether it tells a process number of its own, as a pooler does */
export const relayTo = async (url: string, pools = false): Promise<Relay> => {
  const address = new URL(url);
  const { hostname, port } = address;
  const sent: Buffer[] = [];
  const pairs = new Map<Socket, Socket>();
  let held = false;
  const relay = createServer((client) => {
    const server = connect(Number(port), hostname);
    pairs.set(client, server);
    if (held) server.pause();
    client.on("data", (data) => {
      sent.push(data);
      server.write(data);
    });
    client.on("close", () => {
      pairs.delete(client);
      server.destroy();
    });
    client.on("error", () => server.destroy());
    server.on("error", () => client.destroy());
    server.on("data", (data) => {
      // BackendKeyData: "K", a length of 12, the number of the process, a key.
      const place = pools ? data.indexOf(Buffer.from([0x4b, 0, 0, 0, 12])) : -1;
      if (place >= 0) data.writeInt32BE(-1, place + 5);
      client.write(data);
    });
    server.on("close", () => client.destroy());
  }).listen(0, "127.0.0.1");
  await once(relay, "listening");
  onTestFinished(() => {
    for (const client of pairs.keys()) client.destroy();
    relay.close();
  });
  address.port = String((relay.address() as AddressInfo).port);
  return {
    url: address.href,
    sent: () => Buffer.concat(sent).toString("latin1"),
    connections: () => pairs.size,
    hold: () => {
      held = true;
      for (const server of pairs.values()) server.pause();
      return () => {
        held = false;
        for (const server of pairs.values()) server.resume();
      };
    },
  };
};
