/** Loads on demand the parts of the engine that most browsers never need. */
import * as Effect from "effect/Effect"
import { ConfigError } from "../domain/errors.ts"
import { errorText } from "./calls/outcome.ts"
import type * as LaterParts from "./laterParts.ts"

/** The parts, or a ConfigError that names the one that is needed. */
export const fetched = (part: string): Effect.Effect<typeof LaterParts, ConfigError> =>
  Effect.callback((resume) => {
    import("./laterParts.ts").then(
      (parts) => resume(Effect.succeed(parts)),
      (error: unknown) => resume(Effect.fail(notFetched(part, error))),
    )
  })

const notFetched = (part: string, error: unknown): ConfigError =>
  new ConfigError({
    problems: [
      {
        path: "",
        message: `${part} need a module that could not be loaded: ${errorText(error)}.`,
        suggestion: "Call start() again once it can be reached.",
      },
    ],
  })
