/** Runs before a README's example: a server it starts listens on a free local port, which is told to the test. */
import { Server } from "node:net";

const listen = Server.prototype.listen;

Server.prototype.listen = function listenForTest(this: Server, ..._asked: unknown[]): Server {
  this.once("listening", () => process.send?.(this.address()));
  return listen.call(this, { port: 0, host: "127.0.0.1" });
};
