import type { Server, ServerResponse } from "node:http";
import { Server as NetServer, type Socket } from "node:net";
import { setTimeout as after, setImmediate as nextTurn } from "node:timers/promises";
import { UserMetadataError } from "@usermeta/core";
import type { ServerLog } from "./log.ts";

/** After the drain, in ms: until then what is asked may be answered as ever. */
const ANSWER_WITHIN_MS = 8_000;
/** After the drain, in ms: until then the last answers are taken, and what is left of connections is cut. */
const CLOSE_WITHIN_MS = 9_000;
/** How long a connection may be idle: a request may be under way to us on it. */
const SWEEP_MS = 200;

type Refuse = (error: UserMetadataError) => void;

/** Ends a server: whoever has asked something is answered before the connection is closed. */
export class Stopping {
  readonly #server: Server;
  readonly #log: ServerLog;
  readonly #sockets: Set<Socket> = new Set();
  readonly #owed: Set<Refuse> = new Set();
  #ended: Promise<void> | undefined;
  #isClosing = false;

  constructor(server: Server, log: ServerLog) {
    this.#server = server;
    this.#log = log;
    server.on("connection", (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once("close", () => this.#sockets.delete(socket));
    });
  }

  /** Whether it has begun. */
  get hasBegun(): boolean {
    return this.#ended !== undefined;
  }

  /** Whether the drain is over, so that an answer is the last one on its connection. */
  get isClosing(): boolean {
    return this.#isClosing;
  }

  /** Remembers that an answer is owed until the response closes. `refuse` sends one if time is over. */
  owe(response: ServerResponse, refuse: Refuse): void {
    this.#owed.add(refuse);
    response.once("close", () => this.#owed.delete(refuse));
  }

  /** Takes connections for as long as the drain takes, then no more; resolves when all are closed. */
  end(drainMs: number): Promise<void> {
    this.#ended ??= this.#end(drainMs);
    return this.#ended;
  }

  async #end(drainMs: number): Promise<void> {
    if (drainMs > 0) await after(drainMs);
    this.#isClosing = true;
    // By then the connections that wait have been taken. Those that wait when the listener closes are reset.
    await nextTurn();
    const timers = [
      setInterval(() => this.#sweep(), SWEEP_MS),
      setTimeout(() => this.#refuseAll(), ANSWER_WITHIN_MS),
      setTimeout(() => this.#cut(), CLOSE_WITHIN_MS),
    ];
    // Not by the close of an HTTP server, which closes idle connections in the same moment.
    await new Promise((resolve) => NetServer.prototype.close.call(this.#server, resolve));
    for (const timer of timers) clearTimeout(timer);
    // Ends a timer of Node's.
    this.#server.close();
  }

  /** Closes connections on which nobody has asked anything, and those that have become idle since. */
  #sweep(): void {
    this.#server.closeIdleConnections();
    for (const socket of this.#sockets) if (socket.bytesRead === 0) socket.destroy();
  }

  #cut(): void {
    this.#log.warn({ connections: this.#sockets.size }, "connections are cut");
    this.#server.closeAllConnections();
  }

  #refuseAll(): void {
    if (this.#owed.size === 0) return;
    this.#log.warn({ requests: this.#owed.size }, "no time is left; answered 503");
    const error = new UserMetadataError(
      "store_unavailable",
      "The server stops before the store has answered. A write may be stored or not; read before you repeat it.",
    );
    for (const refuse of this.#owed) refuse(error);
  }
}
