/** A neural host as it can be shown: a kept graft is a part of it, its socket is closed, and every number of the host has its part. */
import { describe, expect, it } from "vitest"
import { plantingOf, spiralsHost } from "./spirals.ts"

const namesOf = (host: ReturnType<typeof spiralsHost>): ReadonlyArray<string> =>
  host.stations().map(({ kind, name, units, parameters }) => [kind, name, units, parameters].join(" "))

describe("the stations of a neural host", () => {
  it("close a socket behind a graft that is kept, and open one behind it", () => {
    const host = spiralsHost()
    const before = ["layer hidden1 8 24", "socket hidden1  0", "layer hidden2 6 54", "socket hidden2  0"]
    expect(namesOf(host)).toEqual([...before, "layer head 2 14"])
    host.plant("hidden2", plantingOf("linear"))
    expect(namesOf(host)[3]).toBe("socket hidden2  42")
    host.mode("hidden2", "whole", 1)
    host.keep("hidden2")
    const kept = ["kept linear  42", "socket hidden2.g1  0"]
    expect(namesOf(host)).toEqual([...before.slice(0, 3), ...kept, "layer head 2 14"])
    const sum = host.stations().reduce((all, { parameters }) => all + parameters, 0)
    expect(sum).toBe(host.parameters)
  })

  it("give the size of a graft back when it is taken out", () => {
    const host = spiralsHost()
    host.plant("hidden1", plantingOf("residualMlp"))
    expect(host.stations()[1].parameters).toBe(8 * 32 + 32 + 32 * 8 + 8)
    host.remove("hidden1")
    expect(host.stations()[1].parameters).toBe(0)
  })
})
