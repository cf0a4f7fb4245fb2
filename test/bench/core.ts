/** `PUT /recipe/user/metadata` of a SuperTokens core that somebody has, beside that of `usermeta serve`. */
import { type Contender, type Result, runAll, startChild, workIn } from "./harness.ts";

const KEY = "an-admin-key-of-the-benchmarks";

const load = (url: string, apiKey: string): Promise<Contender> =>
  workIn("contenders/cdi-load.ts", [url], { API_KEY: apiKey });

/** Asks the core at an address, which writes the metadata of 1,024 users into it, and ours, whose file goes with the run. */
export function core(
  folder: string,
  [url, apiKey = ""]: readonly (string | undefined)[],
): Promise<readonly Result[]> {
  if (!URL.canParse(url ?? ""))
    throw new Error("Give the address of a core, and its API key if it has one: bench core http://…");
  const ours = async (): Promise<Contender> => {
    const server = await startChild("contenders/usermeta-core.ts", [folder, KEY]);
    const { measure, stop } = await load(String(server.ready), KEY);
    return { measure, stop: () => stop().then(server.stop) };
  };
  return runAll([
    {
      title: "PUT /recipe/user/metadata, 32 connections, 1,024 users",
      unit: "good answers/s",
      roundMs: 2000,
      contenders: { usermeta: ours, "the core": () => load(url ?? "", apiKey) },
      ratios: [{ of: "usermeta", to: "the core" }],
    },
  ]);
}
