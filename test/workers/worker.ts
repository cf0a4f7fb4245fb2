/** A worker as its users write one: the engine is made once, for all requests. */
import { createUserMetadata, jwtSessions, memoryStore, type Store, tokenIssuer } from "@usermeta/core";
import { userMetadata } from "@usermeta/fetch";
import type { JWK } from "jose";

interface Env {
  /** Answers each request, so that a store that asks it does I/O of the request that asks. */
  readonly DATABASE: { fetch(url: string): Promise<Response> };
}

let database: Env["DATABASE"] | undefined;

/** A store whose documents are in memory, and that asks a database before each answer. */
const asking = (store: Store): Store => {
  const ask = async (): Promise<void> => {
    const response = await database?.fetch("http://database/");
    await response?.text();
  };
  return {
    read: async (userIds) => {
      await ask();
      return store.read(userIds);
    },
    write: async (changes) => {
      await ask();
      return store.write(changes);
    },
  };
};

/** The build puts a private JWK here. */
declare const SIGNING_KEY: JWK;

const who = { issuer: "https://app.test", audience: "app" };
const issuer = tokenIssuer({ ...who, keys: [SIGNING_KEY] });
const sessions = jwtSessions({ ...who, keys: issuer.jwks });
const engines = {
  memory: createUserMetadata({ store: memoryStore(), sessions, issuer, history: {} }),
  io: createUserMetadata({ store: asking(memoryStore()), sessions, issuer }),
};
const handlers = [
  userMetadata(engines.memory, { prefix: "/memory" }),
  userMetadata(engines.io, { prefix: "/io" }),
];

// biome-ignore lint/style/noDefaultExport: a worker is the default export of its module
export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    database = env.DATABASE;
    for (const handle of handlers) {
      const response = await handle(request);
      if (response) return response;
    }
    const [, name = "", userId = ""] = new URL(request.url).pathname.split("/");
    const engine = engines[name as keyof typeof engines];
    if (request.method === "GET") return new Response(await engine.issueToken(userId));
    // What one request does at once is gathered.
    const keys = ["a", "b", "c", "d"];
    await Promise.all(
      keys.map((key) => engine.updateUserMetadata(userId, { privateMetadata: { [key]: true } })),
    );
    const reads = await Promise.all(keys.map(() => engine.getUserMetadata(userId)));
    return Response.json(reads.map(({ privateMetadata }) => privateMetadata));
  },
};
