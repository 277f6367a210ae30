/**
 * The audit as OpenTelemetry logs: one log record an audit record, nothing dropped. What the collector does not take stays with
 * the engine and is offered again, with the same back-pressure as every other sink.
 */
import * as HttpBody from "effect/http/HttpBody"
import * as Effect from "effect/Effect"
import * as OtlpResource from "effect/observability/OtlpResource"
import type { AuditRecord } from "../../../domain/AuditRecord.ts"
import { toneOfRecord } from "../../../domain/recordTexts.ts"
import type { AuditSink } from "../../../engine/audit/AuditSink.ts"
import { addressOf, nanos, type OtlpOptions, poster, resourceOf, SCOPE } from "./otlpPost.ts"

const NAME = "OpenTelemetry logs"

const INFO = { severityNumber: 9, severityText: "INFO" }
const WARN = { severityNumber: 13, severityText: "WARN" }
const ERROR = { severityNumber: 17, severityText: "ERROR" }

/** What a person on call wants to hear of first. */
function severityOf(record: AuditRecord): typeof INFO {
  if (record.kind === "safeModeEntered" && record.reason === "engineFault") return ERROR
  const tone = toneOfRecord(record)
  return tone === "trip" || tone === "safe" ? WARN : INFO
}

/**
 * A sink for `sinks`: sends every record to a collector. A collector that is not there slows nothing down until the queue of the
 * sink is full; then adaptation halts, as with a full disk.
 */
export function otlpLogs(options: OtlpOptions = {}): AuditSink {
  const address = addressOf(options, "logs")
  const { post, trouble } = poster(NAME, address, options.headers)
  const resource = resourceOf(options)
  return {
    name: NAME,
    location: address.shown,
    trouble,
    write: (batch) => {
      const logRecords = batch.map(logRecord)
      const body = HttpBody.jsonUnsafe({
        resourceLogs: [{ resource, scopeLogs: [{ scope: SCOPE, logRecords }] }],
      })
      return post(body)
    },
    close: Effect.void,
  }
}

function logRecord(record: AuditRecord): object {
  const { run, name, seq, kind, atUs, generation, proposal, action, reason, knob, value, limit, note } =
    record
  const named = { engine: name, action, reason, knob, value, limit, note, generation, proposal }
  const attributes = Object.entries(named).flatMap(
    ([name, field]): ReadonlyArray<[string, unknown]> =>
      field === undefined || field === null ? [] : [[`arqon.${name}`, field]],
  )
  return {
    timeUnixNano: nanos(atUs),
    observedTimeUnixNano: nanos(atUs),
    ...severityOf(record),
    eventName: `arqon.${kind}`,
    body: { stringValue: JSON.stringify(record) },
    attributes: OtlpResource.entriesToAttributes([
      ["arqon.run", run],
      ["arqon.seq", seq],
      ["arqon.kind", kind],
      ...attributes,
    ]),
    droppedAttributesCount: 0,
  }
}
