/** One tuner of a cluster as a program sees it. Its owner may be on any runner. */
import { setTimeout } from "node:timers/promises"
import * as Effect from "effect/Effect"
import type { AuditRecord } from "../../domain/AuditRecord.ts"
import { ConfigError } from "../../domain/errors.ts"
import { tidy } from "../../domain/problems.ts"
import type { VariantRecord } from "../../domain/Variant.ts"
import type { ReplicaStatus, TunerStatus } from "../../replica/TunerHost.ts"
import { RefusedReport, type Transport } from "../../replica/transport.ts"
import { ClusterError } from "../ClusterError.ts"
import type { Candidate } from "../RollOuts.ts"
import {
  type CommandDone,
  PLAIN_COMMANDS,
  type PlainTunerCommand,
  type TunerCommandName,
} from "../TunerOwner.ts"
import { Tuners } from "../Tuners.ts"
import type { OwnerTurns } from "../turnRows.ts"
import { type CommandNote, saidOf } from "./commandNote.ts"
import { sendable } from "./sendable.ts"

type Commands = Readonly<Record<PlainTunerCommand, (note?: CommandNote) => Promise<CommandDone>>>

/** One tuner of a cluster. Its owner may be on any runner. A command rejects with a ConfigError where its note has problems. */
export interface ClusterTuner extends Commands {
  readonly name: string
  readonly status: () => Promise<TunerStatus & { readonly began: string | null }>
  readonly replicas: () => Promise<ReadonlyArray<ReplicaStatus>>
  /** Who owns it and who has, and how each of them began. */
  readonly owners: () => Promise<OwnerTurns>
  /** What people asked of it, oldest first. */
  readonly commands: () => Promise<ReadonlyArray<CommandDone>>
  /** The last 100 records of the present owner, oldest first. `sinks` keep all. */
  readonly records: () => Promise<ReadonlyArray<AuditRecord>>
  /**
   * Puts a candidate configuration on the canaries; the rest follow once it is shown to be no worse, and never before. A command of a person:
   * carried out once for its key, and handed over with its evidence where the owner stops. Resolves with what has become of it, which
   * takes minutes; called again under the same key with the same. Rejects with a ConfigError where the tuner refuses it, and with the reason
   * of `signal` once that aborts: the trial goes on then, until `withdraw`.
   */
  readonly rollOut: (
    values: Readonly<Record<string, number>>,
    note?: CommandNote,
    waiting?: Waiting,
  ) => Promise<CanaryEnd>
  /** The same for an approved or promoted variant, as a catalogue keeps it. */
  readonly rollOutVariant: (
    variant: VariantRecord,
    note?: CommandNote,
    waiting?: Waiting,
  ) => Promise<CanaryEnd>
  /** For `createReplica({ at: tuner })` in this process. */
  readonly transport: Transport
}

/** How long what became of a candidate is waited for. */
interface Waiting {
  readonly signal?: AbortSignal
}

/** What became of a candidate. */
type CanaryEnd = NonNullable<CommandDone["end"]>

/** How often what became of a candidate is asked for. */
const LOOK_MS = 500

/** Runs what needs the tuners; rejects once the cluster has stopped. */
export type RunTuners = <A, E>(work: Effect.Effect<A, E, Tuners>) => Promise<A>

/** Waits no longer than the signal lets it, whatever is waited for. */
async function within<A>({ signal }: Waiting = {}, work: (signal?: AbortSignal) => Promise<A>): Promise<A> {
  if (signal === undefined) return work()
  signal.throwIfAborted()
  const done = new AbortController()
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason as Error), { signal: done.signal })
  })
  try {
    return await Promise.race([work(signal), aborted])
  } finally {
    done.abort()
  }
}

export function clusterTuner(name: string, run: RunTuners, owners: ClusterTuner["owners"]): ClusterTuner {
  const view = Effect.flatMap(Tuners, (all) => all.view(name))
  const tell = async (
    command: TunerCommandName,
    note?: CommandNote,
    candidate?: Candidate,
  ): Promise<CommandDone> => {
    const asked = { command, ...saidOf(note), ...(candidate && { candidate }) }
    return run(Effect.flatMap(Tuners, (all) => all.command(name, asked)))
  }
  const commands = (): Promise<ReadonlyArray<CommandDone>> =>
    run(Effect.map(view, ({ commands }) => commands))
  const endOf = async (begun: Promise<CommandDone>, signal?: AbortSignal): Promise<CanaryEnd> => {
    let done: CommandDone | undefined = await begun
    const { key } = done
    for (;;) {
      if (done?.problems !== undefined) throw new ConfigError({ problems: tidy(done.problems) })
      if (done?.end === undefined)
        throw new ClusterError({
          reason: "otherCommand",
          detail: `What became of the candidate under the key ${JSON.stringify(key)} of ${name} is forgotten: 256 other commands have come since.`,
        })
      if (done.end !== null) return done.end
      signal?.throwIfAborted()
      await setTimeout(LOOK_MS, undefined, { ref: false })
      done = (await commands()).find((one) => one.key === key)
    }
  }
  const plain = Object.fromEntries(
    PLAIN_COMMANDS.map((command) => [command, (note?: CommandNote) => tell(command, note)]),
  ) as Commands
  return {
    name,
    ...plain,
    rollOut: async (values, note, waiting) =>
      within(waiting, (signal) => endOf(tell("rollOut", note, sendable("values", values)), signal)),
    rollOutVariant: async (variant, note, waiting) =>
      within(waiting, (signal) => endOf(tell("rollOutVariant", note, sendable("variant", variant)), signal)),
    status: () => run(Effect.map(view, ({ status, began }) => ({ ...status, began }))),
    replicas: () => run(Effect.map(view, ({ replicas }) => replicas)),
    owners,
    commands,
    records: () => run(Effect.map(view, ({ records }) => records)),
    // As over a network: what the owner hands out is nobody's to change, and what it is handed neither.
    transport: (report) =>
      run(Effect.flatMap(Tuners, (all) => all.report(name, structuredClone(report)))).then(
        ({ status, body }) => {
          if (status !== 200) throw new RefusedReport(status, body)
          return structuredClone(body)
        },
      ),
  }
}
