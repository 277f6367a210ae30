/** Loads a part of the engine on demand: one that most browsers never need. */
import * as Effect from "effect/Effect"
import { ConfigError } from "../domain/errors.ts"
import { errorText } from "./calls/outcome.ts"

/** The module, or a ConfigError that names the part. */
export const fetched = <M>(part: string, load: () => Promise<M>): Effect.Effect<M, ConfigError> =>
  Effect.callback((resume) => {
    load().then(
      (module) => resume(Effect.succeed(module)),
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
