import type { ServerResponse } from "node:http";
import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException } from "@nestjs/common";
import { errorOutcome, type Outcome } from "@usermeta/core";
import { sendOutcome } from "@usermeta/node";

/** What a guard throws to refuse a request: an `HttpException` with the problem. The app's filters see it too. */
class Refusal extends HttpException {}

/** The exception to throw if a verification fails. A failure of 500 and above stays as it is, so that Nest logs it. */
export const toException = (cause: unknown): Error => {
  const { status, body = "", error } = errorOutcome(cause);
  return error ?? new Refusal(JSON.parse(body), status, { cause });
};

/** The part of a Fastify reply that is used here. */
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
    // By the reply, which holds the headers of Fastify's plugins. It adds no charset to bytes.
    if ("raw" in response) response.code(status).headers(headers).send(Buffer.from(body));
    else sendOutcome(response, outcome);
  }
}
Catch(Refusal)(RefusalFilter);
