/**
 * What effect/cli asks of its surroundings to read arguments. Arguments are only read with it: files, processes and the
 * terminal are the commands' own business, so each of these services is as small as it can be.
 */
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Path from "effect/Path"
import * as PlatformError from "effect/PlatformError"
import * as Stdio from "effect/Stdio"
import * as Terminal from "effect/Terminal"
import * as ChildProcessSpawner from "effect/process/ChildProcessSpawner"

const unused = Effect.die("reading arguments needs no terminal and no process")

const noName = Effect.fail(
  PlatformError.badArgument({ module: "FileSystem", method: "exists", description: "no name" }),
)

export const services = Layer.mergeAll(
  // A flag that names a file asks whether it is there. The command finds out when it opens it, and says more.
  FileSystem.layerNoop({ exists: (path) => (path === "" ? noName : Effect.succeed(false)) }),
  // Without a name it would be the working directory.
  Layer.effect(
    Path.Path,
    Effect.map(Path.Path, (path) => ({
      ...path,
      resolve: (...parts: ReadonlyArray<string>) =>
        parts.every((part) => part === "") ? "" : path.resolve(...parts),
    })),
  ).pipe(Layer.provide(Path.layer)),
  Stdio.layerTest({}),
  Layer.succeed(
    Terminal.Terminal,
    Terminal.make({
      columns: Effect.succeed(80),
      rows: Effect.succeed(24),
      size: unused,
      readInput: unused,
      readLine: unused,
      display: () => Effect.void,
    }),
  ),
  Layer.succeed(
    ChildProcessSpawner.ChildProcessSpawner,
    ChildProcessSpawner.make(() => unused),
  ),
)
