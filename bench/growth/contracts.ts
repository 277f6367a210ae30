/** What it costs to write, sign, open and read the messages of a growing host, beside protobuf-es alone and JSON. */
import { fromBinary, toBinary } from "@bufbuild/protobuf"
import { isDeepStrictEqual } from "node:util"
import {
  createOpener,
  createSealer,
  decode,
  encode,
  splitPacket,
} from "../../src/morph/contracts/index.node.ts"
import type { Command, HostState, StatePacket } from "../../src/morph/contracts/messages.ts"
import { StatePacketSchema } from "../../src/morph/contracts/wire/gen/morph/v1/state_pb.ts"
import type { Row, Section } from "../../scripts/section.ts"

/** Long batches, because some systems count a thread's processor time in steps of four milliseconds. */
const ROUNDS = 20
const WARM_ROUNDS = 2
const BATCH = 3_000
const SECRETS = ["a secret for this benchmark and nothing else"]
const NOW = 1_795_000_000_000

const head = { id: 7_001, issuedAtMs: NOW, issuer: "host-1", run: "3f2b8c1e-7d55-4a55-9b7e-0b6c6f0d1a2b" }
const graft = (id: number) => ({
  id,
  state: "blending" as const,
  gradientNorm: 0.734,
  learningRate: 0.01,
  depth: 1,
  age: 31,
  risk: 0.2,
  metrics: { contribution: 0.031, drift: 0.02 },
})
const host: HostState = {
  ...head,
  epoch: 140,
  step: 17_920,
  accuracy: 0.871,
  trainingLoss: 0.318,
  validationLoss: 0.334,
  metrics: { gradientShare: 0.4, boundary: 3.2 },
  grafts: [graft(1), graft(2), graft(3), graft(4)],
}
const command: Command = {
  ...head,
  type: "graft",
  target: 3,
  deadlineMs: 18,
  why: "validation loss has been within 3 % for 15 boundaries",
  graft: { operation: "germinate", blueprint: "residualMlp", parameters: { width: 32 }, socket: "hidden1" },
  annotations: { policy: "heuristic-1" },
}

interface Subject {
  readonly what: string
  readonly run: () => unknown
}

/** Microseconds of processor time of one call: over all batches, and in the quickest and the slowest. */
interface Times {
  readonly mean: number
  readonly least: number
  readonly most: number
}

const rounded = (x: number): number => Math.round(x * 100) / 100

/** In turn, so that a slow spell of the machine meets all of them. */
function timed(subjects: ReadonlyArray<Subject>): ReadonlyArray<Times> {
  const batches = subjects.map((): Array<number> => [])
  for (let round = -WARM_ROUNDS; round < ROUNDS; round++)
    for (const [at, { run }] of subjects.entries()) {
      const start = process.threadCpuUsage()
      for (let i = 0; i < BATCH; i++) run()
      const { user, system } = process.threadCpuUsage(start)
      if (round >= 0) batches[at].push((user + system) / BATCH)
    }
  return batches.map((times) => ({
    mean: times.reduce((sum, one) => sum + one, 0) / times.length,
    least: Math.min(...times),
    most: Math.max(...times),
  }))
}

function check(packet: StatePacket, packets: ReadonlyArray<StatePacket>): void {
  const found = decode("statePacket", encode("statePacket", packet))
  if (!found.ok || !isDeepStrictEqual(found.message, packet)) throw new Error("a packet does not come back")
  if (packets.length !== host.grafts.length) throw new Error("four grafts are not four packets")
  const opened = createOpener({ secrets: SECRETS }).open(
    createSealer({ secrets: SECRETS }).seal("command", command),
    NOW,
  )
  if (!opened.ok || !isDeepStrictEqual(opened.message, command))
    throw new Error("a command does not come back")
}

function measure(): ReadonlyArray<Row> {
  const packets = splitPacket(host)
  const [packet] = packets
  const bytes = encode("statePacket", packet)
  const bare = fromBinary(StatePacketSchema, bytes)
  const sealer = createSealer({ secrets: SECRETS })
  const opener = createOpener({ secrets: SECRETS })
  const calls = (ROUNDS + WARM_ROUNDS) * BATCH
  const sealed = Array.from({ length: calls }, (_, at) => sealer.seal("command", { ...command, id: at + 1 }))
  let opened = 0
  let taken = 0
  check(packet, packets)
  const subjects: ReadonlyArray<Subject> = [
    { what: "encode a packet", run: () => encode("statePacket", packet) },
    { what: "encode a command", run: () => encode("command", command) },
    { what: "seal a command in an envelope", run: () => sealer.seal("command", command) },
    // Each envelope once: the second time it would be a copy.
    { what: "open that envelope", run: () => (taken += opener.open(sealed[opened++], NOW).ok ? 1 : 0) },
    { what: "decode a packet", run: () => decode("statePacket", bytes) },
    { what: "split a host with four grafts", run: () => splitPacket(host) },
    { what: "protobuf-es alone: that packet", run: () => toBinary(StatePacketSchema, bare) },
    { what: "JSON: that packet", run: () => JSON.stringify(packet) },
  ]
  const most = [20, 15, 20]
  const times = timed(subjects)
  check(packet, packets)
  if (taken !== calls) throw new Error(`${calls - taken} of ${calls} envelopes were refused`)
  const largest = Math.max(...packets.map((one) => encode("statePacket", one).length))
  return [
    ...subjects.flatMap(({ what }, at): ReadonlyArray<Row> => {
      const { mean, least, most: slowest } = times[at]
      const row = { what, value: rounded(mean), unit: `us (${rounded(least)} to ${rounded(slowest)})` }
      return [most[at] === undefined ? row : { ...row, most: most[at] }]
    }),
    {
      what: "encode a packet, over protobuf-es alone",
      value: rounded(times[0].mean / times[6].mean),
      unit: "times",
    },
    { what: "encode a packet, over JSON", value: rounded(times[0].mean / times[7].mean), unit: "times" },
    { what: "largest of the four packets", value: largest, unit: "bytes", most: 280 },
    { what: "that packet as JSON", value: JSON.stringify(packet).length, unit: "bytes" },
  ]
}

export const contractsSection: Section = {
  name: "contracts",
  title: `Messages, processor time: mean of ${ROUNDS} interleaved batches of ${BATCH} calls (quickest to slowest batch)`,
  measure: () => Promise.resolve(measure()),
}
