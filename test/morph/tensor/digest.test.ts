import { createHash } from "node:crypto"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { hashWords, irDigest, sha256 } from "../../../src/morph/tensor/digest.ts"
import { Graph } from "../../../src/morph/tensor/Graph.ts"

describe("the hash of a text", () => {
  it("is SHA-256", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 200, unit: "grapheme" }), (text) => {
        expect(sha256(text)).toBe(createHash("sha256").update(text).digest("hex"))
      }),
    )
    for (const length of [55, 56, 63, 64, 119, 120])
      expect(sha256("a".repeat(length))).toBe(createHash("sha256").update("a".repeat(length)).digest("hex"))
  })
})

describe("the hash of words", () => {
  it("is FNV-1a with 64 bits", () => {
    fc.assert(
      fc.property(fc.uint32Array({ maxLength: 40 }), (words) => {
        const exact = words.reduce(
          (h, word) => BigInt.asUintN(64, (h ^ BigInt(word)) * 1099511628211n),
          14695981039346656037n,
        )
        const out = new Uint32Array(2)
        hashWords(Uint32Array.of(7, ...words), 1, words.length, out)
        expect((BigInt(out[1]) << 32n) | BigInt(out[0])).toBe(exact)
      }),
    )
  })
})

describe("the digest of a graph", () => {
  const block = ({ owner = 1, scope = "a", name = "w", units = 4, op = "tanh", rate = 0.5 }): Graph => {
    const graph = new Graph()
    const x = graph.input("x", [2, 3])
    const own = graph.scope(scope, owner)
    const hidden = own.apply("dense", [x, own.parameter(name, [3, units], { initial: "he" })])
    own.apply("dropout", [own.apply(op, [hidden])], { rate })
    return graph
  }
  const digest = irDigest(block({}).nodes)

  it("does not depend on names, scopes and the owner's number", () => {
    expect(digest).toMatch(/^[0-9a-f]{64}$/)
    for (const same of [{ owner: 7 }, { scope: "b/c" }, { name: "weights" }])
      expect(irDigest(block(same).nodes)).toBe(digest)
  })

  it("depends on shapes, operators, attributes and whether an owner is the host", () => {
    for (const other of [{ units: 5 }, { op: "relu" }, { rate: 0.25 }, { owner: 0 }])
      expect(irDigest(block(other).nodes)).not.toBe(digest)
  })

  it("depends on what is connected with what", () => {
    const minus = (turned: boolean): string => {
      const graph = new Graph()
      const [a, b] = [graph.input("a", [2]), graph.input("b", [2])]
      graph.apply("subtract", turned ? [b, a] : [a, b])
      return irDigest(graph.nodes)
    }
    expect(minus(true)).not.toBe(minus(false))
  })
})
