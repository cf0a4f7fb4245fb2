import type { ServerResponse } from "node:http";
import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException } from "@nestjs/common";
import { errorOutcome, type Outcome } from "@usermeta/core";
import { sendOutcome } from "@usermeta/node";

/** What a guard throws where it refuses: an `HttpException` with the problem, to the filters of the app too. */
class Refusal extends HttpException {}

/** What to throw for a verification that failed. A failure of 500 and above is left as it is, so that Nest logs it. */
export const toException = (cause: unknown): Error => {
  const { status, body = "", error } = errorOutcome(cause);
  return error ?? new Refusal(JSON.parse(body), status, { cause });
};

/** What is used of a reply of Fastify. */
interface Reply {
  readonly raw: ServerResponse;
  code(status: number): this;
  headers(values: Outcome["headers"]): this;
  send(body: Buffer): this;
}

/** Sends a refusal, with exactly its headers and its body. */
export class RefusalFilter implements ExceptionFilter<Refusal> {
  catch({ cause }: Refusal, host: ArgumentsHost): void {
    const response = host.switchToHttp().getResponse<ServerResponse | Reply>();
    const outcome = errorOutcome(cause);
    const { status, headers, body = "" } = outcome;
    // The reply holds the headers of Fastify's plugins; to bytes it adds no charset.
    if ("raw" in response) response.code(status).headers(headers).send(Buffer.from(body));
    else sendOutcome(response, outcome);
  }
}
Catch(Refusal)(RefusalFilter);
