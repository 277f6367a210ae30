import { describe, expect, it } from "vitest"
import { classes } from "../../bench/mixed/spaces.ts"
import { BUDGETS, MIXED_SEEDS, mixedFingerprint } from "../../bench/mixed/studies.ts"
import { PeerProcess, peerNames } from "../../bench/peers/PeerProcess.ts"
import { readRecord } from "../../bench/peers/record.ts"
import { BUDGET, fingerprintOf, rows, SEEDS } from "../../bench/solver/rows.ts"
import { instanceOf, testFunctions } from "../../src/testing/functions.ts"

const named = (name: string) => testFunctions.find((fn) => fn.name === name)!

describe("the record of the peers", () => {
  const record = readRecord()!

  it("was made from the current instances by the current program", () => {
    expect(record.fingerprint).toBe(fingerprintOf(BUDGET))
  })

  it("has a figure for every peer, row and seed, none below the optimum", () => {
    for (const peer of peerNames) {
      expect(Object.keys(record.figures[peer])).toEqual(rows.map(({ name }) => name))
      for (const values of Object.values(record.figures[peer])) {
        expect(values).toHaveLength(SEEDS)
        expect(values.every((value) => value >= 0)).toBe(true)
      }
    }
  })

  it("has Optuna on spaces with choices, from the current instances by the current program", () => {
    const mixed = record.mixed!
    expect(mixed.fingerprint).toBe(mixedFingerprint())
    expect(Object.keys(mixed.figures)).toEqual(classes.map(({ name }) => name))
    for (const [k, judged] of Object.values(mixed.figures).entries()) {
      expect(judged).toHaveLength(MIXED_SEEDS)
      for (const one of judged) {
        expect(one).toHaveLength(2 * BUDGETS.length)
        for (let b = 0; b < BUDGETS.length; b++) {
          expect(one[2 * b]).toBeLessThanOrEqual(classes[k].choices.length)
          // More readings never recommend worse.
          expect(one[2 * b + 1]).toBeLessThanOrEqual(b === 0 ? Number.POSITIVE_INFINITY : one[2 * b - 1])
        }
      }
    }
  })

  it("has a fingerprint that changes with the budget", () => {
    expect(fingerprintOf(BUDGET + 1)).not.toBe(fingerprintOf(BUDGET))
  })
})

/** A peer in this language: it says its versions, then answers every study with the points of `body`. */
const peerOf = (body: string): PeerProcess =>
  new PeerProcess(process.execPath, [
    "-e",
    `const lines = require("node:readline").createInterface({ input: process.stdin })[Symbol.asyncIterator]()
     const line = async () => (await lines.next()).value
     const read = async (x) => { console.log(JSON.stringify(x)); return Number(await line()) }
     console.log('{"peer":"1"}')
     ;(async () => { for (let job; (job = await line()) !== undefined; ) { job = JSON.parse(job); ${body} } })()`,
  ])

describe("a study of a peer", () => {
  it("is scored by the true value at the point of its lowest reading, not by that reading", async () => {
    const instance = instanceOf(named("stochastic-rosenbrock-2"), "o")
    const points = [
      [1, 1],
      [1, 1.01],
      [1.01, 1],
      [0.99, 1],
    ]
    const readings = points.map((x, k) => instance.reading(x, 5, k))
    const luckiest = readings.indexOf(Math.min(...readings))
    const peer = peerOf(`for (const x of ${JSON.stringify(points)}) await read(x); console.log("done")`)
    const score = await peer.study("optunaTpe", instance, 5, 4)
    peer.close()
    expect(score).toBe(instance.trueValue(points[luckiest]))
    expect(score).not.toBe(readings[luckiest])
  })

  it("receives every reading exactly", async () => {
    const instance = instanceOf(named("levy-2"), "r", 3)
    const x = [0.1 + 0.2, -7 / 3]
    // It goes on to a better point only when the reading is to the last digit what it has to be.
    const body = `const y = await read(${JSON.stringify(x)}); await read(y === ${instance.trueValue(x)} ? ${JSON.stringify([...instance.optimumAt])} : [9, 9]); console.log("done")`
    const peer = peerOf(body)
    expect(await peer.study("optunaTpe", instance, 0, 2)).toBeLessThan(1e-20)
    peer.close()
  })

  it("fails when it leaves the box, spends too little, or ends early", async () => {
    const instance = instanceOf(named("sphere-2"), "o")
    const outside = peerOf(`await read([0, 5.1]); console.log("done")`)
    await expect(outside.study("optunaTpe", instance, 0, 1)).rejects.toThrow("left the box")
    outside.close()
    const lazy = peerOf(`await read([0, 1]); console.log("done")`)
    await expect(lazy.study("optunaTpe", instance, 0, 2)).rejects.toThrow("1 evaluations of 2")
    lazy.close()
    const brief = peerOf("process.exit(0)")
    await expect(brief.study("optunaTpe", instance, 0, 2)).rejects.toThrow("ended early")
  })
})
