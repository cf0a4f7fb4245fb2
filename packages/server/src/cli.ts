import { readFileSync } from "node:fs";
import { UserMetadataError } from "@usermeta/core";
import { Command, Option } from "commander";
import { addHistoryCommands } from "./commands/history-commands.ts";
import { ALL, configOf, type Given, optionOf, withSettings } from "./commands/options.ts";
import { addTransferCommands } from "./commands/transfer-commands.ts";
import { addUserCommands } from "./commands/user-commands.ts";
import { invalidSetting } from "./config/settings.ts";

const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as {
  version: string;
};

/** The exit code for a user of whom nothing is known. */
const NOBODY = 2;

/**
 * Runs the command line. A failure is told on standard error, and is an exit code of 1; that nothing is
 * known of a user is one of 2.
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

const createProgram = (): Command => {
  const program = new Command("usermeta")
    .description("User metadata: a standalone server, and tools for what it stores.")
    .version(version)
    // `get` has a --version of its own.
    .enablePositionalOptions()
    .showHelpAfterError("(--help shows what there is)");
  addServe(program);
  addUserCommands(program);
  addHistoryCommands(program);
  addTransferCommands(program);
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
