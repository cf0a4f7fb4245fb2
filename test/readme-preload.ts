/** Runs before an example: a server it starts listens on a free local port, which is told to the test. */
import { Server } from "node:net";

const listen = Server.prototype.listen;

Server.prototype.listen = function listenForTest(this: Server, ...asked: unknown[]): Server {
  this.once("listening", () => process.send?.(this.address()));
  const callback = asked.at(-1);
  if (typeof callback === "function") this.once("listening", () => callback());
  return listen.call(this, { port: 0, host: "127.0.0.1" });
};
