/**
 * What a library knows of a kernel beside its bytes: what it was compiled from, what its compiler found out, and where it is in its life.
 * Needed by everything that looks into a library. An artifact never changes: another kernel for its key has another version.
 */
import {
  between,
  list,
  nullOr,
  number,
  object,
  oneOf,
  record,
  type Shape,
  string,
  text,
  whole,
} from "../../domain/Shape.ts"
import { type ArtifactMeta, type KernelKey, keySource } from "../compile/ArtifactStore.ts"
import type { TierName } from "../contracts/enums.ts"
import { ARTIFACT_STATES, type ArtifactState } from "./artifactStates.ts"
import { isSemanticVersion } from "./semanticVersion.ts"

const MOST_NAME = 200
const MOST_TEXT = 1_000
const MOST_ITEMS = 32
/** Of a module and of its text: what is larger is refused. */
export const MOST_PART_BYTES: number = 256 * 1024 * 1024
const MOST_MS = 8.64e15

const name: Shape<string> = string({
  expected: `a name of at most ${MOST_NAME} characters`,
  holds: ({ length }) => length > 0 && length <= MOST_NAME,
})
const digest: Shape<string> = string({
  expected: "a SHA-256 in hexadecimal digits",
  holds: (value) => /^[\da-f]{64}$/.test(value),
})
const count = {
  expected: `at most ${MOST_ITEMS}`,
  holds: (items: object) => Object.keys(items).length <= MOST_ITEMS,
}

const Key: Shape<KernelKey> = object({
  blueprint: name,
  graph: digest,
  parameters: record(number(), null, count),
  shape: list(whole(1, 2 ** 31), count),
  compiler: name,
  mode: oneOf(["standard", "aggressive"]),
})

const facts = {
  key: Key,
  guards: record(text(MOST_TEXT), null, count),
  slower: record(text(MOST_TEXT), null, count),
  signature: string({
    expected: "hexadecimal digits",
    holds: (value) => /^([\da-f]{2}){0,64}$/.test(value),
  }),
  worst: between(0, Number.MAX_VALUE),
  p50Us: between(0, Number.MAX_VALUE),
  p95Us: between(0, Number.MAX_VALUE),
}

/** What a catalogue says of the blueprint of a kernel, so that a library can be asked by it. */
export interface AboutBlueprint {
  readonly tier: Exclude<TierName, "unknown">
  readonly tags: ReadonlyArray<string>
}

/** What a library knows of a kernel without its bytes. */
export interface Descriptor extends Omit<ArtifactMeta, "text">, AboutBlueprint {
  /** The text of its key. */
  readonly id: string
  /** Given by the library: see `nextVersion`. */
  readonly version: string
  readonly state: ArtifactState
  /** SHA-256 of the module, and of its readable text. */
  readonly wasm: string
  readonly wat: string
  /** Of the module. */
  readonly bytes: number
  /** When it was stored, and when it came to its state, in milliseconds since 1970. */
  readonly storedMs: number
  readonly changedMs: number
  /** Why its bytes were set aside; null while they are what they were. */
  readonly damage: string | null
}

const changing = {
  state: oneOf(ARTIFACT_STATES),
  changedMs: between(0, MOST_MS),
  damage: nullOr(text(MOST_TEXT)),
}

/** What changes of a descriptor after it was stored. */
export const ChangingShape: Shape<Pick<Descriptor, "state" | "changedMs" | "damage">> = object(changing)

export const DescriptorShape: Shape<Descriptor> = object({
  id: digest,
  version: string({ expected: "a version such as 1.0.0", holds: isSemanticVersion }),
  tier: oneOf(["safe", "experimental", "highRisk"]),
  tags: list(name, count),
  ...facts,
  wasm: digest,
  wat: digest,
  bytes: whole(1, MOST_PART_BYTES),
  storedMs: between(0, MOST_MS),
  ...changing,
})

/** A kernel on its way into a library. */
export interface NewArtifact {
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly meta: ArtifactMeta
  readonly about: AboutBlueprint
}

/** A kernel with its bytes, which have been compared with its checksum. */
export interface StoredKernel {
  readonly descriptor: Descriptor
  readonly bytes: Uint8Array<ArrayBuffer>
}

/** The parts of an artifact that have bytes of their own: the module, and its readable text. */
export type ArtifactPart = "wasm" | "wat"

/** A step in the life of an artifact. */
export interface ArtifactStep {
  readonly from: Descriptor["state"] | null
  readonly to: Descriptor["state"]
  readonly by: string
  readonly why: string
  readonly atMs: number
}

/** A shape as one writes it, and as it is asked for: `[128,8]`. */
export const shapeText = (shape: ReadonlyArray<number>): string => JSON.stringify(shape)

/** Kernels of one blueprint with the same parameters for one shape are of one line, whatever it built and whatever compiled them. */
export const lineOf = ({ blueprint, parameters, shape }: KernelKey): string =>
  keySource({ blueprint, graph: "", parameters, shape, compiler: "", mode: "standard" })
