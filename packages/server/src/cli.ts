import { readFileSync } from "node:fs";
import { UserMetadataError } from "@usermeta/core";
import { Command, InvalidArgumentError, Option } from "commander";
import type { ServerConfig } from "./config/config.ts";
import { loadConfig } from "./config/config-file.ts";
import { invalidSetting, SETTINGS, type SettingName, SOURCE_NAMES, variableOf } from "./config/settings.ts";

const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as {
  version: string;
};

/** The exit code of `get` for a user for whom nothing is stored. */
const NOBODY = 2;

/**
 * Runs the command line. A failure is told on standard error, and is an exit code of 1; that a user has no metadata is
 * one of 2.
 */
export const run = async (argv: readonly string[]): Promise<void> => {
  try {
    const program = createProgram();
    await program.parseAsync(withoutHelp(program, argv));
  } catch (error) {
    process.stderr.write(`usermeta: ${tell(error)}\n`);
    process.exitCode = UserMetadataError.is(error) && error.code === "user_not_found" ? NOBODY : 1;
  }
};

/** Commander would answer an unknown command with the help and success if it is asked for help. */
const withoutHelp = (program: Command, argv: readonly string[]): readonly string[] => {
  const words = argv.slice(2).filter((word) => !word.startsWith("-"));
  const name = words[0] === "help" ? words[1] : words[0];
  if (name === undefined || program.commands.some((command) => command.name() === name)) return argv;
  return [...argv.slice(0, 2), name];
};

const tell = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  return "code" in error ? `${error.message} (${String(error.code)})` : (error.stack ?? error.message);
};

/** Settings of the store alone, and of a server. */
const STORE: readonly SettingName[] = ["store"];
const ALL = Object.keys(SETTINGS) as SettingName[];

const optionOf = (name: SettingName, help: string = SETTINGS[name].help): Option => {
  const { flag, read } = SETTINGS[name];
  return new Option(flag, help).argParser((text: string) => {
    try {
      return read(text);
    } catch (error) {
      throw new InvalidArgumentError((error as Error).message);
    }
  });
};

interface Given extends ServerConfig {
  readonly config?: string;
}

/** A command with settings; flags and variables go before the config file. */
const withSettings = (command: Command, names: readonly SettingName[]): Command => {
  for (const name of names) command.addOption(optionOf(name).env(variableOf(name)));
  return command.addOption(
    new Option("--config <file>", "config file (usermeta.config.ts, if it is there)").env("USERMETA_CONFIG"),
  );
};

/** What the flags, the variables and the config file say together. */
const configOf = async (given: Given): Promise<ServerConfig> => {
  const { config: file, ...settings } = given;
  const known = Object.entries(settings).filter(([name, value]) => name in SETTINGS && value !== undefined);
  return { ...(await loadConfig(file)), ...Object.fromEntries(known) };
};

const createProgram = (): Command => {
  const program = new Command("usermeta")
    .description("User metadata: a standalone server, and tools for what it stores.")
    .version(version)
    .configureHelp({ showGlobalOptions: true })
    .showHelpAfterError("(--help shows what there is)");
  addServe(program);
  addUserCommands(program);
  addTransfer(program);
  addDevCore(program);
  return program;
};

/** What one would try first. */
const KEY_AS_FLAG = new Option("--admin-key <key>").hideHelp().argParser((): never => {
  throw invalidSetting(
    "A key in a flag can be read by every user of this machine. Give --admin-key-file <file> or the variable USERMETA_ADMIN_KEY.",
  );
});

const addServe = (program: Command): void => {
  withSettings(program.command("serve"), ALL)
    .description("serve user metadata over HTTP")
    .addOption(KEY_AS_FLAG)
    .action(async (given: Given) => {
      const { serveCommand } = await import("./commands/serve.ts");
      await serveCommand(await configOf(given));
    });
};

interface UserGiven extends Given {
  readonly ifVersion?: number;
}

const ifVersion = (): Option =>
  new Option(
    "--if-version <version>",
    "only if this is the stored version; 0: if nothing is stored",
  ).argParser((text: string) => {
    if (/^\d+$/.test(text)) return Number(text);
    throw new InvalidArgumentError("Give the version of an earlier answer, or 0.");
  });

const addUserCommands = (program: Command): void => {
  const act = async (
    method: "GET" | "PUT" | "PATCH" | "DELETE",
    userId: string,
    given: UserGiven,
    json?: string,
  ): Promise<void> => {
    const { requestUser } = await import("./commands/users.ts");
    const config = await configOf(given);
    process.stdout.write(await requestUser(config, { method, userId, json, ifVersion: given.ifVersion }));
  };
  const json = async (argument: string | undefined): Promise<string> =>
    (await import("./commands/users.ts")).readJson(argument);
  withSettings(program.command("get <userId>"), STORE)
    .description("print all metadata of a user as JSON")
    .action((userId: string, given: UserGiven) => act("GET", userId, given));
  withSettings(program.command("set <userId> [json]"), STORE)
    .description(
      'replace each tier named: {"publicMetadata": {…}}; from standard input where [json] is - or missing',
    )
    .addOption(ifVersion())
    .action(async (userId: string, text: string | undefined, given: UserGiven) =>
      act("PUT", userId, given, await json(text)),
    );
  withSettings(program.command("patch <userId> [json]"), STORE)
    .description("merge deeply (RFC 7396), or apply a JSON Patch (RFC 6902) if it is a list of operations")
    .addOption(ifVersion())
    .action(async (userId: string, text: string | undefined, given: UserGiven) =>
      act("PATCH", userId, given, await json(text)),
    );
  withSettings(program.command("clear <userId>"), STORE)
    .description("remove all metadata of a user")
    .addOption(ifVersion())
    .action((userId: string, given: UserGiven) => act("DELETE", userId, given));
};

interface TransferGiven extends Given {
  readonly output?: string;
  readonly resume?: boolean;
  readonly from?: string;
  readonly dryRun?: boolean;
}

const addTransfer = (program: Command): void => {
  withSettings(program.command("export"), STORE)
    .description("write all users as NDJSON, private metadata included")
    .option("--output <file>", "a new file (standard output)")
    .option("--resume", "go on after the last line of that file")
    .action(async (given: TransferGiven) => {
      const { exportCommand } = await import("./commands/export.ts");
      await exportCommand(await configOf(given), { output: given.output, resume: given.resume === true });
    });
  withSettings(program.command("import"), STORE)
    .argument("[input]", "file, address of an API (with --from), or - for standard input (-)")
    .description("store what was exported; run again after an interruption, it goes on")
    .addOption(new Option("--from <system>", "the export or the API of another system").choices(SOURCE_NAMES))
    .option("--dry-run", "say what would be written, and write nothing")
    .addHelpText("after", "\nThe key of an API is read from USERMETA_SOURCE_KEY.")
    .action(async (input: string | undefined, given: TransferGiven) => {
      const { importCommand } = await import("./commands/import.ts");
      const request = { input: input ?? "-", from: given.from, isDryRun: given.dryRun === true };
      if (!(await importCommand(await configOf(given), request))) process.exitCode = 1;
    });
};

const addDevCore = (program: Command): void => {
  program
    .command("dev-core")
    .description("run a SuperTokens core for development; it forgets everything")
    .addOption(optionOf("port", "port to listen on (3567)"))
    .action(async ({ port }: { port?: number }) => {
      const { devCoreCommand } = await import("./commands/dev-core.ts");
      await devCoreCommand(port);
    });
};
