/**
 * What each message consists of, read once from the descriptors that protobuf-es generated, with what the descriptors cannot say: which
 * names stand for the numbers of an enum, and which bounds a field has. Needed by everything here that writes, reads or checks.
 */
import { ScalarType, type DescEnum, type DescField, type DescMessage } from "@bufbuild/protobuf"
import * as enums from "../enums.ts"
import { DIGEST_BYTES, MOST_BYTES, MOST_NAME_BYTES, MOST_TEXT_BYTES } from "../limits.ts"
import type { Messages } from "../messages.ts"
import { BlueprintDescriptorSchema, CatalogUpdateSchema } from "./gen/morph/v1/blueprint_pb.ts"
import { PolicyUpdateSchema, PrefetchErrorSchema } from "./gen/morph/v1/blueprint_pb.ts"
import { PrefetchReadySchema, PrefetchRequestSchema } from "./gen/morph/v1/blueprint_pb.ts"
import { CommandSchema, EmergencySignalSchema, ReportSchema } from "./gen/morph/v1/command_pb.ts"
import { EnvelopeSchema } from "./gen/morph/v1/envelope_pb.ts"
import { GraftStateSchema, HardwareContextSchema, StatePacketSchema } from "./gen/morph/v1/state_pb.ts"
import { TelemetryPacketSchema } from "./gen/morph/v1/telemetry_pb.ts"

/** `count` is uint32; `id` is uint64, as far as a number holds it. */
export type Kind = "count" | "id" | "double" | "flag" | "text" | "bytes" | "enum" | "message"

export interface FieldPlan {
  /** As objects call it: `issuedAtMs`. */
  readonly name: string
  readonly no: number
  readonly kind: Kind
  readonly shape: "one" | "list" | "map"
  /** Of a single value, or of an entry. */
  readonly wireType: number
  /** Of an enum: the names by number. */
  readonly names: ReadonlyArray<string>
  readonly child: MessagePlan | null
  /** The group of fields of which one at most is there; empty where it is in none. */
  readonly oneof: string
  /** Of a text: its bytes. Of bytes: how many there must be, or may be. */
  readonly most: number
  /** A double that instructs, and so is never NaN or infinite; what was measured may be. */
  readonly finite: boolean
}

export interface MessagePlan {
  readonly typeName: string
  readonly fields: ReadonlyArray<FieldPlan>
  readonly byNo: ReadonlyMap<number, FieldPlan>
  readonly byName: ReadonlyMap<string, FieldPlan>
  /** Whether it has the fields that every message of an envelope begins with. */
  readonly headed: boolean
}

/** The names of each enum, in the order of their numbers. */
export const NAMES: Readonly<Record<string, ReadonlyArray<string>>> = {
  State: enums.GRAFT_STATES,
  Gate: enums.GATES,
  CommandType: enums.COMMANDS,
  Operation: enums.OPERATIONS,
  Breaker: enums.BREAKERS,
  Health: enums.HEALTHS,
  Priority: enums.PRIORITIES,
  Outcome: enums.OUTCOMES,
  Tier: enums.TIERS,
  Emergency: enums.EMERGENCIES,
  Delivery: enums.DELIVERIES,
  MessageType: enums.MESSAGES,
}

/** Texts that are sentences, or paths: the others are names. */
const SENTENCES = new Set(["why", "notes", "description", "summary", "text", "reference", "shape"])
const DIGESTS = new Set(["checksum", "guard", "architecture", "signature"])
const INSTRUCTING = new Set(["GraftCommand", "OptimiserCommand", "ParameterBounds", "BlueprintDescriptor"])

const SCALARS: Readonly<Partial<Record<ScalarType, readonly [Kind, number]>>> = {
  [ScalarType.UINT32]: ["count", 0],
  [ScalarType.UINT64]: ["id", 0],
  [ScalarType.BOOL]: ["flag", 0],
  [ScalarType.DOUBLE]: ["double", 1],
  [ScalarType.STRING]: ["text", 2],
  [ScalarType.BYTES]: ["bytes", 2],
}

function mostOf(kind: Kind, name: string, isValue: boolean): number {
  if (kind === "text") return isValue || SENTENCES.has(name) ? MOST_TEXT_BYTES : MOST_NAME_BYTES
  return DIGESTS.has(name) ? DIGEST_BYTES : MOST_BYTES.envelope
}

function fieldPlan(field: DescField, made: Map<string, MessagePlan>): FieldPlan {
  const { fieldKind: shape, localName: name, number: no, parent } = field
  const one = shape === "list" ? field.listKind : shape === "map" ? field.mapKind : shape
  const common = {
    name,
    no,
    shape: shape === "list" || shape === "map" ? shape : "one",
    oneof: field.oneof?.localName ?? "",
    names: [],
    child: null,
    most: 0,
    finite: INSTRUCTING.has(parent.name),
  } as const
  if (one === "message")
    return { ...common, kind: "message", wireType: 2, child: planOf(field.message as DescMessage, made) }
  if (one === "enum")
    return { ...common, kind: "enum", wireType: 0, names: NAMES[(field.enum as DescEnum).name] }
  const known = SCALARS[field.scalar as ScalarType]
  if (known === undefined) throw new Error(`${parent.typeName}.${name} has a type without a plan`)
  return { ...common, kind: known[0], wireType: known[1], most: mostOf(known[0], name, shape === "map") }
}

function planOf(desc: DescMessage, made: Map<string, MessagePlan>): MessagePlan {
  const before = made.get(desc.typeName)
  if (before !== undefined) return before
  const fields = desc.fields.map((field) => fieldPlan(field, made))
  const plan: MessagePlan = {
    typeName: desc.typeName,
    fields,
    byNo: new Map(fields.map((field) => [field.no, field])),
    byName: new Map(fields.map((field) => [field.name, field])),
    headed: fields.some((field) => field.name === "issuedAtMs"),
  }
  made.set(desc.typeName, plan)
  return plan
}

export const SCHEMAS: Readonly<Record<keyof Messages, DescMessage>> = {
  statePacket: StatePacketSchema,
  graftState: GraftStateSchema,
  hardwareContext: HardwareContextSchema,
  command: CommandSchema,
  report: ReportSchema,
  blueprintDescriptor: BlueprintDescriptorSchema,
  policyUpdate: PolicyUpdateSchema,
  prefetchRequest: PrefetchRequestSchema,
  prefetchReady: PrefetchReadySchema,
  prefetchError: PrefetchErrorSchema,
  catalogUpdate: CatalogUpdateSchema,
  telemetryPacket: TelemetryPacketSchema,
  emergencySignal: EmergencySignalSchema,
  envelope: EnvelopeSchema,
}

const made = new Map<string, MessagePlan>()
export const PLANS = Object.fromEntries(
  Object.entries(SCHEMAS).map(([name, desc]) => [name, planOf(desc, made)]),
) as Readonly<Record<keyof Messages, MessagePlan>>
