import type { ArgumentsHost, CallHandler, ExecutionContext, NestInterceptor } from "@nestjs/common";
import type { ResponseHeaders } from "@usermeta/core";
import { type HeaderReply, setErrorHeaders, toResponseHeaders } from "@usermeta/node";
import { type Observable, tap } from "rxjs";

/** Where the headers of an answer are set, on Express and on Fastify. */
export const responseOf = (host: ArgumentsHost): ResponseHeaders => {
  const reply = host.switchToHttp().getResponse<ResponseHeaders | HeaderReply>();
  return "setHeader" in reply ? reply : toResponseHeaders(reply);
};

/**
 * Sets the headers of a failure that a handler throws: Nest's own filter sends none of an error. Not a filter, which
 * would keep the failure from those of the app.
 */
export class FailureHeaders implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    if (context.getType() !== "http") return next.handle();
    return next.handle().pipe(tap({ error: (error) => setErrorHeaders(responseOf(context), error) }));
  }
}
