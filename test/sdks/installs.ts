/**
 * How the SDKs of other languages come here. What is installed is kept between runs, below `node_modules`. A machine that
 * has not the language's tools, or does not reach their registry, skips the tests by name; on others an installation that
 * fails is a failed test, with all that the installer said.
 */
import { execFile, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { copyFile, mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { ROOT } from "../source.ts";

/** How long a test may take that installs, on a machine that has much else to do. */
export const MAY_INSTALL_MS = 600_000;

const KEPT = join(ROOT, "node_modules/.cache/usermeta-sdks");

/** Why nothing can be installed here with these programs, each as it is asked for its version; `undefined` if it can. */
export const whyNot = (tools: readonly string[]): string | undefined => {
  const absent = tools.find((tool) => {
    const [file = "", ...args] = tool.split(" ");
    return spawnSync(file, args).status !== 0;
  });
  if (absent !== undefined) return `\`${absent}\` fails on this machine`;
  const addresses = Object.values(networkInterfaces()).flat();
  const isOnline = addresses.some((address) => address?.internal === false);
  return tools.length === 0 || isOnline ? undefined : "this machine is offline";
};

/** How installers say that their registry does not answer, or that a network keeps them from it. What they say of a version that it has not is another thing. */
const UNREACHABLE =
  /.*(NewConnectionError|ConnectTimeout|Network is unreachable|name resolution|dial tcp|i\/o timeout|Could not transfer artifact|UnknownHost|Connection refused|ProxyError|Tunnel connection|timed out|TLS handshake|403 Forbidden).*/;

/** The line in which an installer says that its registry cannot be reached; `undefined` if it failed for another reason. */
export const unreachableIn = (error: unknown): string | undefined =>
  UNREACHABLE.exec(error instanceof Error ? error.message : "")?.[0]
    .trim()
    .slice(0, 300);

/** A program, its arguments and its environment beside ours. */
export interface Command {
  readonly command: readonly [file: string, ...args: string[]];
  readonly env?: Readonly<Record<string, string | undefined>>;
}

const execute = promisify(execFile);

/** Runs it, and resolves to what it prints. Fails with all that it has said. */
export const run = async ({ command: [file, ...args], env }: Command): Promise<string> => {
  try {
    return (await execute(file, args, { env: { ...process.env, ...env }, maxBuffer: 2 ** 26 })).stdout;
  } catch (error) {
    // The message has what it wrote to stderr.
    const { message, stdout = "" } = error as Error & { stdout?: string };
    throw new Error(`${message}\n${stdout}`, { cause: error });
  }
};

/** The path of a client. */
export const client = (file: string): string => join(import.meta.dirname, "clients", file);

/** A folder that is made once. It gets its name when it is whole. */
const keep = async (name: string, make: (folder: string) => Promise<unknown>): Promise<string> => {
  const folder = join(KEPT, name);
  if (existsSync(folder)) return folder;
  await mkdir(KEPT, { recursive: true });
  const draft = await mkdtemp(`${folder}.`);
  try {
    await make(draft);
    await rename(draft, folder);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
  return folder;
};

const PIP = [
  ...["-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check"],
  ...["--root-user-action=ignore", "--no-deps", "--no-compile", "--only-binary=:all:", "--target"],
] as const;

/** Installs a Python SDK beside the dependencies that all share. Resolves to how to run a client of it. */
export const installPython = async (
  file: string,
  packages: readonly [sdk: string, ...more: string[]],
): Promise<Command> => {
  const python = (await run({ command: ["python3", "--version"] })).trim().replace(" ", "-");
  const requirements = client("python-requirements.txt");
  const digest = createHash("sha256")
    .update(await readFile(requirements))
    .digest("hex")
    .slice(0, 8);
  const shared = await keep(`${python}-${digest}`, (folder) =>
    run({ command: ["python3", ...PIP, folder, "-r", requirements] }),
  );
  const own = await keep(`${python}-${packages[0].replace("==", "-")}`, (folder) =>
    run({ command: ["python3", ...PIP, folder, ...packages] }),
  );
  const empty = await keep("no-certificates", async () => undefined);
  return {
    command: ["python3", client(file)],
    // httpx reads every certificate of the machine again for each client, which takes most of the time.
    env: { PYTHONPATH: `${own}:${shared}`, SSL_CERT_FILE: undefined, SSL_CERT_DIR: empty },
  };
};

/** Builds a client with a Go SDK. Its dependencies are those that the SDK's own `go.mod` names. */
export const buildGo = async (file: string, module: string, version: string): Promise<Command> => {
  const folder = join(KEPT, `${file}-${version}`);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "go.mod"), `module client\n\ngo 1.21\n\nrequire ${module} v${version}\n`);
  await copyFile(client(file), join(folder, "main.go"));
  const env = {
    GOFLAGS: "-mod=mod -modcacherw",
    GOCACHE: join(KEPT, "go-build"),
    GOMODCACHE: join(KEPT, "go-modules"),
    // Neither a C compiler nor an optimised program is worth its time here.
    CGO_ENABLED: "0",
  };
  const output = join(folder, "client");
  await run({ command: ["go", "build", "-C", folder, "-gcflags=all=-N -l", "-o", output, "."], env });
  return { command: [output] };
};

/** For programs that are done in seconds. */
const QUICK_START = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"] as const;

/** A project that has one dependency. */
const POM = (group: string, artifact: string, version: string): string => `<project>
  <modelVersion>4.0.0</modelVersion>
  <groupId>client</groupId>
  <artifactId>client</artifactId>
  <version>1</version>
  <dependencies>
    <dependency>
      <groupId>${group}</groupId>
      <artifactId>${artifact}</artifactId>
      <version>${version}</version>
    </dependency>
  </dependencies>
</project>
`;

/** Fetches a Java SDK, named `group:artifact`, with all that it needs. Java compiles the client when it runs it. */
export const installJava = async (file: string, name: string, version: string): Promise<Command> => {
  const [group = "", artifact = ""] = name.split(":");
  const jars = await keep(`${artifact}-${version}`, async (folder) => {
    const pom = join(folder, "pom.xml");
    await writeFile(pom, POM(group, artifact, version));
    const copy = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies";
    const options = [`-Dmaven.repo.local=${join(KEPT, "maven")}`, `-DoutputDirectory=${folder}`];
    await run({
      command: ["mvn", "-q", "-B", "-f", pom, copy, ...options],
      env: { MAVEN_OPTS: QUICK_START.join(" ") },
    });
  });
  return { command: ["java", ...QUICK_START, "-cp", join(jars, "*"), client(file)] };
};
