/** `arqon cluster start | status | drain`: one runner as a process of its own, and what a person or a script asks of one. */
import { existsSync } from "node:fs"
import { resolve } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { pathToFileURL } from "node:url"
import {
  type Cluster,
  type ClusterOptions,
  type ClusterStatus,
  createCluster,
} from "../cluster/node/createCluster.ts"
import { StorageError } from "../cluster/StorageError.ts"
import { ConfigError } from "../domain/errors.ts"
import { messageOf } from "../system/messageOf.ts"
import { shortPath } from "../system/paths.ts"
import { plainJson } from "../system/plainText.ts"
import { askRunner, NobodyThere, type RunnerPlace } from "./askRunner.ts"
import { CliFailure, EXIT, type ExitCode } from "./exitCodes.ts"
import { print } from "./output.ts"
import { onSignals } from "./signals.ts"

export interface StartFlags {
  readonly config: string
  /** Milliseconds. */
  readonly wait: number | null
  /** The root of a collector. */
  readonly otlp: string | null
}

/** How long a hand-over may take before the command gives up, milliseconds. */
const MOST_HANDOVER_MS = 30_000
const LOOK_MS = 100

export async function startCommand({ config, wait, otlp }: StartFlags): Promise<ExitCode> {
  const cluster = await started(config, otlp)
  const signals = onSignals(() => {
    // The second one finds it draining, and ends the wait.
    cluster.drain(wait ?? 0).catch(() => {})
  })
  const { runner, owners } = await cluster.status()
  print(
    `Runner ${runner} serves${cluster.url === null ? "" : ` at ${cluster.url}`}; ${owners.length} owned in all.`,
  )
  await cluster.ended
  signals.off()
  print("Handed over.")
  return EXIT.ok
}

async function started(path: string, otlp: string | null): Promise<Cluster> {
  try {
    const options = await optionsIn(path)
    const cluster = createCluster(
      otlp === null ? options : { ...options, telemetry: { ...options.telemetry, url: otlp } },
    )
    await cluster.start().catch(async (cause: unknown) => {
      // Closes the sinks of its fleets; what these have to say comes second.
      await cluster.stop().catch(() => {})
      throw cause
    })
    return cluster
  } catch (cause) {
    if (cause instanceof ConfigError || cause instanceof StorageError)
      throw new CliFailure(`${shortPath(path)}: ${cause.message}`)
    throw cause
  }
}

async function optionsIn(path: string): Promise<ClusterOptions> {
  const file = resolve(path)
  if (!existsSync(file)) throw new CliFailure(`There is no file ${shortPath(file)}.`)
  const made = await import(pathToFileURL(file).href).then(
    ({ default: made }: { readonly default?: unknown }) => made,
    (cause: unknown) => {
      throw new CliFailure(`${shortPath(file)} cannot be loaded: ${messageOf(cause)}`)
    },
  )
  const found = typeof made === "function" ? await resultOf(file, made as () => unknown) : made
  if (typeof found !== "object" || found === null)
    throw new CliFailure(
      `${shortPath(file)} must have the options of createCluster, or a function that returns them, as its default export.`,
    )
  return found
}

/** What the function of a configuration returns. It is a person's own code, and reads files and the environment. */
async function resultOf(file: string, make: () => unknown): Promise<unknown> {
  try {
    return await make()
  } catch (cause) {
    // What is refused by name, such as a url, says by itself what to do.
    if (cause instanceof ConfigError || cause instanceof StorageError) throw cause
    throw new CliFailure(`${shortPath(file)}: its default export has failed: ${messageOf(cause)}`)
  }
}

export async function statusCommand(flags: RunnerPlace & { readonly json: boolean }): Promise<ExitCode> {
  const status = await statusOf(flags)
  if (flags.json) print(plainJson(status))
  else {
    const { runner, state, owners, epochs } = status
    print(`${runner}: ${state}, owns ${epochs.owned}, ${epochs.fencedWrites} fenced writes`)
    for (const { kind, name, epoch, runner: owner, savedMs } of owners)
      print(
        `${kind} ${name}  epoch ${epoch}  ${owner}  ${savedMs === null ? "never saved" : `saved ${new Date(savedMs).toISOString()}`}`,
      )
  }
  return EXIT.ok
}

export async function drainCommand(flags: RunnerPlace & { readonly wait: number | null }): Promise<ExitCode> {
  const { runner } = await statusOf(flags)
  const waitMs = flags.wait ?? 0
  await askRunner(flags, "POST", "/arqon/cluster/drain", { waitMs })
  const untilMs = performance.now() + waitMs + MOST_HANDOVER_MS
  while (performance.now() < untilMs) {
    // Behind a balancer another runner answers at this address.
    const there = await statusOf(flags).then(
      (status) => status.runner === runner,
      (cause: unknown) => !(cause instanceof NobodyThere),
    )
    if (!there) {
      print(`${runner} has handed over.`)
      return EXIT.ok
    }
    await sleep(LOOK_MS)
  }
  throw new CliFailure(`${runner} has not ended ${MOST_HANDOVER_MS / 1000} s after it was to.`)
}

const statusOf = async (place: RunnerPlace): Promise<ClusterStatus> =>
  (await askRunner(place, "GET", "/arqon/cluster")) as ClusterStatus
