import type { ExampleOptions } from "@usermeta/example-supertokens";
import { type NextServer, serveNext } from "../next-server.ts";

/** Builds the example, and listens. What it is told is in its environment, as on a server. */
export const buildApp = ({
  path,
  connectionURI,
  apiKey = "",
  port = 0,
}: ExampleOptions & { port?: number }): Promise<NextServer> => {
  const core = { SUPERTOKENS_CONNECTION_URI: connectionURI, SUPERTOKENS_API_KEY: apiKey };
  return serveNext({ folder: import.meta.dirname, env: { USERMETA_DB: path, ...core }, port });
};
