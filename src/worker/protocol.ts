/**
 * Messages between a caller's thread and the engine's worker. Numbers go through shared memory (SharedEngine,
 * DigestLanes). Here are calls with their answers, and what the worker sends on its own.
 */
import type { MessagePort } from "node:worker_threads"
import {
  AuditError,
  ConfigError,
  DigestError,
  EngineFaultError,
  EngineStateError,
  NoBaselineError,
} from "../domain/errors.ts"
import type { EngineConfig } from "../domain/Config.ts"
import type { Resumption } from "../domain/Resumption.ts"
import type { Window } from "../domain/Window.ts"
import type { AuditRecord } from "../domain/AuditRecord.ts"
import type { AuditState } from "../engine/audit/AuditTrail.ts"
import type { SteeringCommand } from "../engine/commands.ts"
import type { EngineSnapshot } from "../engine/contract/EngineSnapshot.ts"
import type { RelayedInspection } from "../engine/contract/WorkerEngine.ts"
import type { SharedEngine } from "./SharedEngine.ts"
import { messageOf } from "../system/messageOf.ts"

/** What a worker is started with. */
export interface Boot {
  readonly config: EngineConfig
  readonly runId: string
  readonly resume: Resumption | null
  readonly handle: SharedEngine
  readonly calls: MessagePort
  readonly relay: Relay
}

/** What someone listens to. */
export interface Relay {
  readonly snapshots: boolean
  readonly windows: boolean
  readonly audit: boolean
  readonly inspect: boolean
}

export type CallName = "drain" | "tick" | "send" | "snapshot" | "records" | "auditState" | "metrics"

export interface Call {
  readonly id: number
  readonly name: CallName
  readonly argument: CallArgument
}

/** The time of a `tick`, or the command of a `send`. */
export type CallArgument = number | SteeringCommand | undefined

export type Answer =
  | { readonly id: number; readonly ok: true; readonly value: unknown }
  | { readonly id: number; readonly ok: false; readonly error: SentError }

/** What can be read after an engine has ended. */
export interface Remains {
  readonly snapshot: EngineSnapshot
  readonly records: ReadonlyArray<AuditRecord>
  readonly auditState: AuditState
  readonly metrics: string
}

/** From the worker. */
export type WorkerMessage =
  | { readonly type: "ready" }
  | { readonly type: "failed"; readonly error: SentError }
  | { readonly type: "stopped"; readonly error: SentError | null; readonly remains: Remains }
  | { readonly type: "fault"; readonly error: SentError }
  | { readonly type: "snapshot"; readonly snapshot: EngineSnapshot }
  | { readonly type: "window"; readonly window: Window }
  | { readonly type: "record"; readonly record: AuditRecord }
  | { readonly type: "inspection"; readonly event: RelayedInspection }

/** To the worker, besides calls. */
export type Asked =
  | { readonly type: "relay"; readonly relay: Relay }
  | { readonly type: "stop"; readonly prove: number }

/** An error as data: structured cloning keeps neither classes nor tags. */
export interface SentError {
  readonly tag: string | null
  readonly fields: Readonly<Record<string, unknown>>
  readonly message: string
}

const CLASSES = { AuditError, ConfigError, DigestError, EngineFaultError, EngineStateError, NoBaselineError }

export function sendError(error: unknown): SentError {
  const message = messageOf(error)
  for (const [tag, Class] of Object.entries(CLASSES)) {
    if (error instanceof Class) {
      const { _tag, ...fields } = JSON.parse(JSON.stringify(error)) as Record<string, unknown>
      return { tag, fields, message }
    }
  }
  return { tag: null, fields: {}, message }
}

/** Restores the error with its own class. */
export function receiveError({ tag, fields, message }: SentError): Error {
  const classes: Readonly<Record<string, unknown>> = CLASSES
  const Class = tag === null ? undefined : (classes[tag] as (new (fields: object) => Error) | undefined)
  return Class === undefined ? new Error(message) : new Class(fields)
}
