/** `arqon demo`: its flags and examples. */
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import type * as Effect from "effect/Effect"
import { DEFAULT_SECONDS, MAX_SECONDS, MIN_SECONDS } from "../../examples/demo/options.ts"
import type { Action } from "./action.ts"
import { option, whole } from "./flags.ts"

export const demoTree = (doing: (action: Action) => Effect.Effect<void>) =>
  Command.make(
    "demo",
    {
      seconds: Flag.withDefault(
        whole("seconds", MIN_SECONDS, MAX_SECONDS, `Length of the whole run (default ${DEFAULT_SECONDS})`),
        DEFAULT_SECONDS,
      ),
      seed: Flag.withDefault(
        whole("seed", 0, Number.MAX_SAFE_INTEGER, "Seed of the engine and of the load (default 1)"),
        1,
      ),
      open: option("open", "Open the studio of the engine in a browser, and keep it until Ctrl-C"),
      noLoadChange: option("no-load-change", "Add no more callers half way"),
      json: option("json", "No view; print one JSON object at the end"),
    },
    (flags) => doing(async () => (await import("./demoCommand.ts")).demoCommand(flags)),
  ).pipe(
    Command.withDescription(
      "Watch Arqon tune a real HTTP service under load on this machine, measured before and after",
    ),
    Command.withExamples([
      { command: "arqon demo" },
      { command: "arqon demo --open --seed 7", description: "With the studio, and other requests" },
    ]),
  )
