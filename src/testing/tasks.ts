/**
 * The two test tasks of SelfTune (Microsoft, NSDI 2023, its public package): find a target configuration through a
 * reward that is the negative distance to it. Ranges, integer knobs, starts, targets and rewards are as published,
 * so figures can be compared with those of the original.
 */
import { LINEAR } from "../hot/codes.ts"
import { KnobTable, type KnobNumbers } from "../hot/KnobTable.ts"
import type { Plant } from "./Plant.ts"

const knob = (min: number, max: number, step: number): KnobNumbers => ({
  min,
  max,
  scale: LINEAR,
  step,
  maxStep: 0,
})

function task(
  name: string,
  knobs: ReadonlyArray<KnobNumbers>,
  start: ReadonlyArray<number>,
  distance: (values: Float64Array) => number,
): Plant {
  const table = new KnobTable(knobs)
  const values = new Float64Array(knobs.length)
  return {
    name,
    knobs,
    start: start.map((value, i) => table.encode(i, value)),
    loss: (unit) => {
      for (let i = 0; i < knobs.length; i++) values[i] = table.decode(i, unit[i])
      return distance(values)
    },
    best: () => 0,
  }
}

const T1_TARGET = [10, 50, 70, 20, 80]

/** T1: five knobs from 1 to 100, two of them whole numbers; squared distance over 10,000. */
export function taskOne(): Plant {
  return task(
    "T1",
    [knob(1, 100, 0), knob(1, 100, 0), knob(1, 100, 0), knob(1, 100, 1), knob(1, 100, 1)],
    [50, 20, 30, 70, 10],
    (values) => {
      let sum = 0
      for (let i = 0; i < values.length; i++) sum += (values[i] - T1_TARGET[i]) ** 2
      return sum / 10_000
    },
  )
}

/** T2: two knobs from 1 to 1000; absolute distance over 1,000, a kink at the target. */
export function taskTwo(): Plant {
  return task(
    "T2",
    [knob(1, 1000, 0), knob(1, 1000, 0)],
    [400, 400],
    (values) => (Math.abs(values[0] - 200) + Math.abs(values[1] - 800)) / 1000,
  )
}
