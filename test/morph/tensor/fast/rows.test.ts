/** Sums over rows, softmax, losses, rules of optimisers and the hash, against plain loops in single precision and the stated order. */
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { Code } from "../../../../src/morph/tensor/fast/Code.ts"
import { exp, log, sigmoid } from "../../../../src/morph/tensor/functions.ts"
import { bits, clear, expectWrites, f, numbersFrom, put, rowSum } from "./rig.ts"

const seed = fc.nat(2 ** 31 - 1)
const rows = fc.integer({ min: 1, max: 7 })
const columns = fc.integer({ min: 1, max: 13 })
const shift = fc.nat(7)
const odd = fc.boolean()

const softmax = (x: Float32Array): { readonly shares: Float32Array; readonly top: number } => {
  const most = x.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY)
  const powers = x.map((v) => exp(f(v - most)))
  const sum = rowSum(powers)
  return { shares: powers.map((v) => v / sum), top: f(most + log(sum)) }
}

const rowOf = (x: Float32Array, r: number, columns: number): Float32Array =>
  x.subarray(r * columns, (r + 1) * columns)

/** `of(row)` of every row, one after another. */
const byRow = (count: number, of: (r: number) => Float32Array): Float32Array =>
  Float32Array.from(Array.from({ length: count }, (_, r) => Array.from(of(r))).flat())

describe("columnSum", () => {
  it("adds each column to what is there, from the first row to the last", () => {
    fc.assert(
      fc.property(seed, rows, columns, shift, odd, (seed, m, n, by, odd) => {
        clear(by)
        const [before, x] = [numbersFrom(seed, n), numbersFrom(seed + 1, m * n, odd)]
        const [y, at] = [put(before), put(x)]
        const expected = before.map((b, j) => {
          let sum = b
          for (let r = 0; r < m; r++) sum = f(sum + x[r * n + j])
          return sum
        })
        expectWrites(new Code().add("columnSum", y, at, m, n, 4 * n), [y, expected])
      }),
    )
  })
})

describe("squares", () => {
  it("sums in the order of a row", () => {
    fc.assert(
      fc.property(seed, fc.integer({ min: 1, max: 40 }), shift, odd, (seed, n, by, odd) => {
        clear(by)
        const x = numbersFrom(seed, n, odd)
        const [y, at] = [put([0]), put(x)]
        expectWrites(new Code().add("squares", y, at, n), [y, [rowSum(x.map((v) => v * v))]])
      }),
    )
  })
})

describe("softmax", () => {
  it("gives each row's shares, and its gradient", () => {
    fc.assert(
      fc.property(seed, rows, columns, shift, odd, (seed, m, n, by, odd) => {
        clear(by)
        const x = numbersFrom(seed, m * n, odd)
        const [y, at] = [put(new Float32Array(m * n)), put(x)]
        const shares = byRow(m, (r) => softmax(rowOf(x, r, n)).shares)
        expectWrites(new Code().add("softmax", y, at, m, n), [y, shares])
        clear(by)
        const [g, before] = [numbersFrom(seed + 1, m * n, odd), numbersFrom(seed + 2, m * n)]
        const [dx, gAt, yAt] = [put(before), put(g), put(shares)]
        const expected = byRow(m, (r) => {
          const [own, d] = [rowOf(shares, r, n), rowOf(g, r, n)]
          const sum = rowSum(own.map((v, i) => v * d[i]))
          return rowOf(before, r, n).map((b, i) => b + f(own[i] * f(d[i] - sum)))
        })
        expectWrites(new Code().add("softmaxBack", dx, gAt, yAt, m, n, -1), [dx, expected])
      }),
    )
  })
})

describe("crossEntropy", () => {
  it("is the mean over rows, NaN where a label is no class, and its gradient likewise", () => {
    const label = fc.constantFrom(0, 1, 2, 3, 5, 9, 12, -1, 0.5, 1e10, Number.NaN)
    fc.assert(
      fc.property(
        seed,
        columns,
        fc.array(label, { minLength: 1, maxLength: 6 }),
        shift,
        odd,
        (seed, n, labels, by, odd) => {
          clear(by)
          const m = labels.length
          const x = numbersFrom(seed, m * n, odd)
          const [loss, p, at, labelsAt] = [put([0]), put(new Float32Array(m * n)), put(x), put(labels)]
          const held = labels.map((l) => Number.isInteger(l) && l >= 0 && l < n)
          const parts = labels.map((_, r) => softmax(rowOf(x, r, n)))
          const shares = byRow(m, (r) => parts[r].shares)
          const total = labels.reduce(
            (sum, l, r) => f(sum + (held[r] ? f(parts[r].top - x[r * n + l]) : Number.NaN)),
            0,
          )
          expectWrites(
            new Code().add("crossEntropy", loss, p, at, labelsAt, m, n),
            [loss, [total / m]],
            [p, shares],
          )
          clear(by)
          const before = numbersFrom(seed + 2, m * n)
          const [dx, g, pAt, lAt] = [put(before), put([1.5]), put(shares), put(labels)]
          const expected = before.map((b, i) => {
            const [r, c] = [Math.floor(i / n), i % n]
            const hit = held[r] ? Number(c === labels[r]) : Number.NaN
            return b + f(f(shares[i] - hit) * f(1.5 / m))
          })
          expectWrites(new Code().add("crossEntropyBack", dx, g, pAt, lAt, m, n, -1), [dx, expected])
        },
      ),
    )
  })
})

describe("the losses of each number", () => {
  it("are means in the order of a row, with their gradients", () => {
    fc.assert(
      fc.property(seed, fc.integer({ min: 1, max: 21 }), shift, odd, (seed, n, by, odd) => {
        const [x, t] = [numbersFrom(seed, n, odd), numbersFrom(seed + 1, n)]
        const before = numbersFrom(seed + 2, n)
        const begin = (): ReadonlyArray<number> => {
          clear(by)
          return [put([0.7]), put(before), put(x), put(t)]
        }
        let [one, , a, b] = begin()
        expectWrites(new Code().add("meanSquare", one, a, b, n), [
          one,
          [rowSum(x.map((v, i) => f(v - t[i]) * f(v - t[i]))) / n],
        ])
        ;[one, , a, b] = begin()
        const share = x.map((v, i) => {
          const above = v > 0 || Number.isNaN(v) ? v : 0
          return f(f(above - f(v * t[i])) + log(f(1 + exp(-Math.abs(v)))))
        })
        expectWrites(new Code().add("binary", one, a, b, n), [one, [rowSum(share) / n]])
        let dx: number
        ;[one, dx, a, b] = begin()
        const factor = f(f(2 * f(0.7)) / n)
        expectWrites(new Code().add("meanSquareBack", dx, one, a, b, n, -1), [
          dx,
          before.map((v, i) => v + f(f(x[i] - t[i]) * factor)),
        ])
        ;[one, dx, a, b] = begin()
        expectWrites(new Code().add("binaryBack", dx, one, a, b, n, -1), [
          dx,
          before.map((v, i) => v + f(f(sigmoid(x[i]) - t[i]) * f(f(0.7) / n))),
        ])
      }),
    )
  })
})

describe("the rules of optimisers", () => {
  it("change parameters and moments as they are written", () => {
    fc.assert(
      fc.property(seed, fc.integer({ min: 1, max: 21 }), shift, odd, (seed, n, by, odd) => {
        const [p, m, g] = [numbersFrom(seed, n), numbersFrom(seed + 1, n), numbersFrom(seed + 2, n, odd)]
        const v = numbersFrom(seed + 3, n).map(Math.abs)
        clear(by)
        let [pAt, mAt, gAt] = [put(p), put(m), put(g)]
        const u = m.map((old, i) => f(f(0.9) * old) + g[i])
        expectWrites(
          new Code().add("sgd", pAt, mAt, gAt, n, bits(0.1), bits(0.9)),
          [mAt, u],
          [pAt, p.map((old, i) => old - f(f(0.1) * u[i]))],
        )
        clear(by)
        ;[pAt, mAt, gAt] = [put(p), put(m), put(g)]
        const vAt = put(v)
        const [rate, b1, s1, b2, s2, correction, epsilon] = [0.02, 0.9, 0.1, 0.999, 0.001, 0.4, 1e-8].map(f)
        const first = m.map((old, i) => f(b1 * old) + f(s1 * g[i]))
        const second = v.map((old, i) => f(b2 * old) + f(f(s2 * g[i]) * g[i]))
        const given = [rate, b1, s1, b2, s2, correction, epsilon].map(bits) as [
          number,
          number,
          number,
          number,
          number,
          number,
          number,
        ]
        expectWrites(
          new Code().add("adam", pAt, mAt, vAt, gAt, n, ...given),
          [mAt, first],
          [vAt, second],
          [
            pAt,
            p.map(
              (old, i) => old - f(f(rate * first[i]) / f(f(Math.sqrt(f(second[i] / correction))) + epsilon)),
            ),
          ],
        )
      }),
    )
  })
})

describe("hash", () => {
  it("is FNV-1a over words with 64 bits, whatever the words are as numbers", () => {
    fc.assert(
      fc.property(seed, fc.integer({ min: 0, max: 30 }), shift, (seed, n, by) => {
        clear(by)
        const x = numbersFrom(seed, n, true)
        const [y, at] = [put([0, 0]), put(x)]
        let state = 14695981039346656037n
        for (const word of new Uint32Array(x.buffer))
          state = BigInt.asUintN(64, (state ^ BigInt(word)) * 1099511628211n)
        const words = new Float32Array(new BigUint64Array([state]).buffer)
        expectWrites(new Code().add("hash", y, at, n), [y, words])
      }),
    )
    expect(bits(1)).toBe(0x3f800000)
  })
})
