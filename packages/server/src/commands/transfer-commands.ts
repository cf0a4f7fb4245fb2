import { type Command, Option } from "commander";
import { SOURCE_NAMES } from "../config/settings.ts";
import { configOf, type Given, IMPORTING, STORE, withSettings } from "./options.ts";

interface TransferGiven extends Omit<Given, "history"> {
  readonly output?: string;
  readonly resume?: boolean;
  readonly from?: string;
  readonly dryRun?: boolean;
  /** Of an export and an import it is about the entries in the file. */
  readonly history?: boolean;
}

/** The commands that write all users into a file, and read them from one. */
export const addTransferCommands = (program: Command): void => {
  withSettings(program.command("export"), STORE)
    .description("write all users as NDJSON, private metadata included")
    .option("--output <file>", "a new file (standard output)")
    .option("--resume", "go on after the last line of that file")
    .option("--history", "with the entries of each user's history")
    .action(async ({ history, output, resume, ...given }: TransferGiven) => {
      const { exportCommand } = await import("./export.ts");
      await exportCommand(await configOf(given), {
        output,
        resume: resume === true,
        withHistory: history === true,
      });
    });
  withSettings(program.command("import"), IMPORTING)
    .argument("[input]", "file, address of an API (with --from), or - for standard input (-)")
    .description("store what was exported; run again after an interruption, it goes on")
    .addOption(new Option("--from <system>", "the export or the API of another system").choices(SOURCE_NAMES))
    .option("--dry-run", "say what would be written, and write nothing")
    .option("--history", "keep a history, and store the entries that the file has")
    .addHelpText("after", "\nThe key of an API is read from USERMETA_SOURCE_KEY.")
    .action(async (input: string | undefined, { history, from, dryRun, ...given }: TransferGiven) => {
      const { importCommand } = await import("./import.ts");
      const withHistory = history === true;
      const config = await configOf(withHistory ? { ...given, history } : given);
      const request = { input: input ?? "-", from, isDryRun: dryRun === true, withHistory };
      if (!(await importCommand(config, request))) process.exitCode = 1;
    });
};
