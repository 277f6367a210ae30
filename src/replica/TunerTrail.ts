/**
 * The records of a tuner of many replicas, on the way that the records of an engine take: from the ring to memory, listeners and sinks. A
 * journal of `arqon/node` as a sink keeps every decision, and `arqon audit why` reads it.
 */
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { recordEngineStarted, recordEngineStopped } from "../../machines/hotAudit.ts"
import type { CanaryState } from "../cohort/Canary.ts"
import type { AuditRecord } from "../domain/AuditRecord.ts"
import { configOf } from "../domain/Config.ts"
import { AuditDecoder } from "../engine/audit/AuditDecoder.ts"
import type { AuditSink } from "../engine/audit/AuditSink.ts"
import { type AuditState, AuditTrail } from "../engine/audit/AuditTrail.ts"
import { SinkQueues } from "../engine/audit/SinkQueues.ts"
import type { Subscription } from "../engine/calls/Listeners.ts"
import { Notifications } from "../engine/calls/Notifications.ts"
import { startRecord } from "../engine/engineParts.ts"
import type { TunerHost } from "./TunerHost.ts"

/** The audit of a tuner, as of an engine. */
export interface TunerAudit {
  /** The last records, oldest first. */
  readonly records: () => ReadonlyArray<AuditRecord>
  readonly subscribe: (listener: (record: AuditRecord) => void) => Subscription
  readonly state: () => AuditState
}

export class TunerTrail {
  readonly audit: TunerAudit
  private readonly host: TunerHost
  private readonly trail: AuditTrail
  private beganUs = 0
  private trial: CanaryState | null = null
  private writers: ReadonlyArray<Fiber.Fiber<never>> = []

  constructor(host: TunerHost, run: string) {
    this.host = host
    const { loop, settings } = host
    const { epoch, cohort } = loop
    const start = (): Readonly<Record<string, unknown>> => {
      const next = host.successor(this.beganUs)
      return {
        ...startRecord(settings, [], next?.resumption ?? null),
        config: configOf({ ...settings, auditDigests: loop.records }),
        // What is known of single replicas decides nothing that a record of theirs does not say.
        cohort: {
          epoch,
          ...cohort,
          paused: next?.paused ?? false,
          learned: next?.learned ? { ...next.learned, own: [] } : null,
          trial: this.trial,
        },
      }
    }
    const trail = new AuditTrail({
      ring: loop.hot.audit,
      decoder: new AuditDecoder(run, settings),
      memory: settings.auditMemory,
      immediate: false,
      start,
      notifications: new Notifications(),
      decodesLater: true,
    })
    this.trail = trail
    loop.onNote = (seq, text) => trail.note("cohort", seq, text)
    this.audit = {
      records: () => trail.records(),
      subscribe: (listener) => trail.listeners.add(listener),
      state: () => trail.state(),
    }
  }

  /** The first record, and the fibers that write to these sinks. `trial`: what the candidate that it goes on with has shown so far. */
  start(nowUs: number, sinks: ReadonlyArray<AuditSink> = [], trial: CanaryState | null = null): void {
    this.trial = trial
    if (sinks.length > 0) this.trail.attach(new SinkQueues(sinks))
    this.beganUs = nowUs
    recordEngineStarted(this.host.loop.hot, nowUs)
    this.writers = this.trail.writers(() => this.flush()).map(({ run }) => Effect.runFork(run))
  }

  /** Takes what was recorded off the ring. */
  flush(): void {
    this.trail.flush()
  }

  /** Has a person's command carried out, with what they said on the record of this kind. */
  withNote(kind: AuditRecord["kind"], note: string | undefined, act: () => void): void {
    this.trail.withNote(kind, note, act)
  }

  /** The last record; resolves once the sinks have everything and are closed, and rejects with what they have not. */
  stop(): Promise<void> {
    const { hot } = this.host.loop
    recordEngineStopped(hot, hot.nowCell[0])
    this.flush()
    return Effect.runPromise(Effect.ensuring(this.trail.finish, Fiber.interruptAll(this.writers)))
  }
}
