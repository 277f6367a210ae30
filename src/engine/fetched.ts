/** Loads on demand the parts of the engine that most browsers never need. */
import * as Effect from "effect/Effect"
import { ConfigError } from "../domain/errors.ts"
import { errorText } from "./calls/outcome.ts"
import type * as LaterParts from "./laterParts.ts"

/** What `load` brings, or a ConfigError that names the part that is needed. */
export const fetchedBy = <T>(part: string, load: () => Promise<T>): Effect.Effect<T, ConfigError> =>
  Effect.callback((resume) => {
    load().then(
      (parts) => resume(Effect.succeed(parts)),
      (error: unknown) => resume(Effect.fail(notFetched(part, error))),
    )
  })

/** The parts, or a ConfigError that names the one that is needed. */
export const fetched = (part: string): Effect.Effect<typeof LaterParts, ConfigError> =>
  fetchedBy(part, () => import("./laterParts.ts"))

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
