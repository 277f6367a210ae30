import { readFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { describe, expect, it } from "vitest"
import { closingProofMachine } from "../../machines/closingProof.machine.ts"
import { cohortMachine } from "../../machines/cohort.machine.ts"
import { engineMachine } from "../../machines/engine.machine.ts"
import { graftMachine } from "../../machines/graft.machine.ts"
import { growthMachine } from "../../machines/growth.machine.ts"
import { metaMachine } from "../../machines/meta.machine.ts"
import { relocationMachine } from "../../machines/relocation.machine.ts"
import { replicaMachine } from "../../machines/replica.machine.ts"
import { runawayMachine } from "../../machines/runaway.machine.ts"
import { safeModeMachine } from "../../machines/safeMode.machine.ts"
import { solverMachine } from "../../machines/solver.machine.ts"
import { spsaCycleMachine } from "../../machines/spsaCycle.machine.ts"
import { variantMachine } from "../../machines/variant.machine.ts"
import { machinePages } from "../../scripts/machinePages.ts"
import { MACHINE_NAMES } from "../../src/studio/server/machineDefinitions.ts"

const folder = resolve(import.meta.dirname, "../../docs/machines")

interface Node {
  readonly key: string
  readonly description?: string | undefined
  readonly states: Record<string, unknown>
  readonly tags: ReadonlyArray<string>
}

const statesOf = (node: Node): ReadonlyArray<Node> =>
  Object.values(node.states).flatMap((state) => [state as Node, ...statesOf(state as Node)])

describe("the pages of the machines", () => {
  for (const page of machinePages()) {
    it(`docs/machines/${page.file} matches its machine (npm run docs updates it)`, () => {
      expect(readFileSync(join(folder, page.file), "utf8")).toBe(page.text)
    })

    it(`docs/machines/${page.file} draws no arrow from a box into itself or to a state that it does not name`, () => {
      const picture = /```mermaid\n(stateDiagram[\s\S]*?)```/.exec(page.text)?.[1] ?? ""
      const arrows = [...picture.matchAll(/^\s*(\S+) --> (\S+?)(?::|$)/gm)]
      expect(arrows.length).toBeGreaterThan(4)
      for (const [, from, to] of arrows) {
        for (const end of [from, to]) if (end !== "[*]") expect(page.text).toContain(end)
        expect(from).not.toBe(to)
      }
    })
  }

  it("every statechart of the library has a page", () => {
    expect(
      machinePages()
        .map(({ file }) => file.replace(".md", ""))
        .toSorted(),
    ).toEqual(MACHINE_NAMES.toSorted())
  })

  it("every state has a description, and every leaf is tagged live or safe", () => {
    for (const { root } of [
      engineMachine,
      spsaCycleMachine,
      relocationMachine,
      metaMachine,
      runawayMachine,
      closingProofMachine,
      safeModeMachine,
      solverMachine,
      variantMachine,
      graftMachine,
      growthMachine,
      replicaMachine,
      cohortMachine,
    ]) {
      for (const state of statesOf(root)) {
        expect(state.description, state.key).toBeTruthy()
        if (Object.keys(state.states).length === 0) {
          expect(state.tags.filter((tag) => tag === "live" || tag === "safe")).toHaveLength(1)
        }
      }
    }
  })
})
