/**
 * What the hot path's own constructors refuse, in the form of every other refusal: the field first, what it must be, what it was. The
 * room imports nothing, so it is a RangeError and no tagged error. Root cause of what this holds: each wrote a sentence of its own,
 * some without the field, some without what to do.
 */
import { expect, it } from "vitest"
import { AtomicConfig } from "../../src/hot/AtomicConfig.ts"
import { AuditRing } from "../../src/hot/AuditRing.ts"
import { ConfigReader } from "../../src/hot/ConfigReader.ts"
import { DigestLanes } from "../../src/hot/DigestLanes.ts"
import { checkGuardrails } from "../../src/hot/Guardrails.ts"
import { KnobTable, type KnobNumbers } from "../../src/hot/KnobTable.ts"
import { LOG } from "../../src/hot/codes.ts"
import { RateWindow } from "../../src/hot/RateWindow.ts"
import { SafetyExecutor } from "../../src/hot/SafetyExecutor.ts"
import { SharedBudget } from "../../src/hot/SharedBudget.ts"
import { SpsaKernel } from "../../src/hot/SpsaKernel.ts"
import { DEFAULT_SPSA } from "../../src/hot/spsaSettings.ts"
import { WindowAccumulator } from "../../src/hot/WindowAccumulator.ts"
import { POLICY, WINDOW } from "../machines/rig.ts"

const KNOB: KnobNumbers = { min: 1, max: 2, scale: LOG, step: 0, maxStep: 0.1 }
const table = (knobs = 1): KnobTable => new KnobTable(Array.from({ length: knobs }, () => KNOB))
const config = (knobs = 1): AtomicConfig => new AtomicConfig(table(knobs), new Float64Array(knobs).fill(0.5))
const budget = (over: object) => () => void new SharedBudget({ probing: 1, appliesPerSecond: 1, ...over })
const window = (over: object) => () => void new WindowAccumulator({ ...WINDOW, ...over })
const guardrails = (over: object) => () => checkGuardrails({ ...POLICY, ...over })
const small = new SharedArrayBuffer(64)

const refusals: ReadonlyArray<readonly [string, () => void]> = [
  ["capacity: must be a whole number from 16, got 15.", () => void new AuditRing(1, 15)],
  [
    "capacity: must be at most 2047 for records of 65535 knobs, got 10000.",
    () => void new AuditRing(65_535, 10_000),
  ],
  ["capacity: must be a power of two from 16 to 2^20, got 17.", () => void DigestLanes.create(17, 0)],
  ["count: must be a whole number from 1, got 0.", () => void new RateWindow(0, 1, 1, new Float64Array(1))],
  ["probing: must be a whole number from 1, got 0.", budget({ probing: 0 })],
  [
    "appliesPerSecond: must be finite and above 0, got Infinity.",
    budget({ appliesPerSecond: Number.POSITIVE_INFINITY }),
  ],
  ["windowDigests: must be a whole number from 1 to 2^20, got 0.", window({ windowDigests: 0 })],
  ["windowUs: must be above 0, got NaN.", window({ windowUs: Number.NaN })],
  ["settleUs: must be finite and at least 0, got -1.", window({ settleUs: -1 })],
  ["maxAgeUs: must be at least 0, got -1.", window({ maxAgeUs: -1 })],
  ["maxAheadUs: must be at least 0, got -1.", window({ maxAheadUs: -1 })],
  ["trim: must be from 0 to 0.5, got 0.6.", window({ trim: 0.6 })],
  ["aggregate: must be TRIMMED_MEAN (0), MEDIAN (1) or MEAN (2), got 3.", window({ aggregate: 3 })],
  ["maxStep: must be above 0, got 0.", guardrails({ maxStep: 0 })],
  ["cooldownUs: must be at least 0, got NaN.", guardrails({ cooldownUs: Number.NaN })],
  ["emergencyMargin: must be below 0, got 0.", guardrails({ emergencyMargin: 0 })],
  [
    "initialUnit: must be 2 positions, one for each knob, got 1.",
    () => void new AtomicConfig(table(2), Float64Array.of(0.5)),
  ],
  [
    "initialUnit[0]: must be within the bounds of its knob, got 2.",
    () => void new AtomicConfig(table(), Float64Array.of(2)),
  ],
  [
    "config and audit: must be for the 1 knobs of the table, got 2 and 1.",
    () => void new SafetyExecutor(table(), config(2), new AuditRing(1, 16), POLICY),
  ],
  [
    "alike: must be a kernel over the same knob table and step limit, got another one.",
    () => void new SpsaKernel(table(), DEFAULT_SPSA, new SpsaKernel(table(), DEFAULT_SPSA)),
  ],
  [
    "knobs[0].max: must be below min (5e-324) times 2^1023 on a log scale, got 2.",
    () => void new KnobTable([{ ...KNOB, min: 5e-324 }]),
  ],
  [
    "buffer: must be one that holds a configuration of 1 knobs, got 0.",
    () => void AtomicConfig.takeOver(table(), new SharedArrayBuffer(config().buffer.byteLength)),
  ],
]

it.each(refusals)("%s", (message, make) => {
  expect(make).toThrow(new RangeError(message))
})

it("states how long a buffer must be, and that length suffices", () => {
  const wants: ReadonlyArray<(buffer: SharedArrayBuffer) => unknown> = [
    (buffer) => new AtomicConfig(table(3), new Float64Array(3), buffer),
    (buffer) => new ConfigReader(buffer, 3),
    (buffer) => new DigestLanes(buffer, 16, 0),
  ]
  for (const make of wants) {
    let bytes = 0
    expect(() => {
      try {
        make(small)
      } catch (error) {
        bytes = Number(
          /^buffer: must be (\d+) bytes long at least.*, got 64\.$/.exec((error as Error).message)?.[1],
        )
        throw error
      }
    }).toThrow(RangeError)
    expect(() => make(new SharedArrayBuffer(bytes))).not.toThrow()
    expect(() => make(new SharedArrayBuffer(bytes - 8))).toThrow(RangeError)
  }
})
