/** Servers that tests run, which end at the latest when who started them does. */
import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";

/** A port of 127.0.0.1 on which nobody listens. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

/** What to run, and what it writes when it can be used. */
export interface Kept {
  /** For `sh`: runs `"$0" "$@"`, which logs to the script's output, and ends it when the script's input ends. */
  readonly script: string;
  readonly command: readonly string[];
  readonly ready: RegExp;
  readonly options?: SpawnOptions;
}

/** Resolves to the shell that keeps it, once it is ready. */
export async function startKept({ script, command, ready, options }: Kept): Promise<ChildProcess> {
  const keeper = spawn("sh", ["-c", script, ...command], { ...options, stdio: ["pipe", "pipe", "ignore"] });
  let log = "";
  await new Promise<void>((resolve, reject) => {
    keeper.on("error", reject);
    keeper.stdout.setEncoding("utf8").on("data", (text: string) => {
      log += text;
      if (ready.test(log)) resolve();
    });
    keeper.stdout.once("end", () => {
      keeper.stdin.end();
      reject(new Error(`${command[0]} did not start:\n${log}`));
    });
  });
  keeper.stdout.removeAllListeners("data").resume();
  return keeper;
}

/** Ends what a shell keeps, whose script may read how, and resolves when it is gone. */
export async function endKept(keeper: ChildProcess, how = ""): Promise<void> {
  if (keeper.exitCode !== null) return;
  const exited = once(keeper, "exit");
  keeper.stdin?.end(how);
  await exited;
}
