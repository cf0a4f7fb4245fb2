import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";

/** What is served, where, and what to close after it. */
export interface ServeOptions {
  readonly app: RequestListener;
  /** As the environment has it; "0" for any free port. */
  readonly port: string;
  /** Called once, when nothing is being answered any more. */
  close(): Promise<void>;
}

const GRACE_MS = 1000;
const COMMAND = "npx -y pnpm@12 start";

/**
 * Listens until SIGINT or SIGTERM, then lets what is being answered finish, closes and lets the process end.
 * @returns the address for a browser
 * @throws Error with a message for the person who started it
 */
export const serve = async ({ app, port, close }: ServeOptions): Promise<string> => {
  const server = createServer(app);
  try {
    await listen(server, toPort(port));
  } catch (error) {
    await close();
    throw error;
  }
  stopOnSignal(server, close);
  return `http://localhost:${(server.address() as AddressInfo).port}`;
};

const toPort = (text: string): number => {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  throw new Error(
    `PORT is ${JSON.stringify(text)}. Give a whole number from 0 to 65535: PORT=3001 ${COMMAND}`,
  );
};

const listen = (server: Server, port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const other = port < 65_535 && port > 1023 ? port + 1 : 3000;
      const happened = error.code === "EADDRINUSE" ? "is taken" : `cannot be used (${error.code})`;
      reject(new Error(`Port ${port} ${happened}. Choose another one: PORT=${other} ${COMMAND}`));
    });
    // Not on every interface: whoever reaches this port may sign in as anyone. Browsers and curl find "localhost" here.
    server.listen(port, "127.0.0.1", resolve);
  });

const stopOnSignal = (server: Server, close: () => Promise<void>): void => {
  let stopping = false;
  const stop = (): void => {
    if (stopping) return;
    stopping = true;
    server.close(() => {
      close().catch((error: Error) => {
        console.error(error.message);
        process.exitCode = 1;
      });
    });
    setTimeout(() => server.closeAllConnections(), GRACE_MS).unref();
  };
  // A connection that was busy when the server closed would stay open for the next request.
  server.prependListener("request", (_request, response) => {
    response.once("close", () => stopping && setImmediate(() => server.closeIdleConnections()));
  });
  // Listened to for good: a terminal's Ctrl-C comes twice, once from the terminal and once passed on by pnpm.
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, stop);
};
