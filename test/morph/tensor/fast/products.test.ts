/** Products and transposition against plain loops that take each sum in the stated order. */
import * as fc from "fast-check"
import { describe, it } from "vitest"
import { Code } from "../../../../src/morph/tensor/fast/Code.ts"
import { clear, expectWrites, f, numbersFrom, put } from "./rig.ts"

/** One number after another from the beginning of the sum, each product rounded and then added. */
const product = (
  m: number,
  k: number,
  n: number,
  a: (i: number, p: number) => number,
  b: (p: number, j: number) => number,
  start: (i: number, j: number) => number,
): Float32Array =>
  Float32Array.from({ length: m * n }, (_, at) => {
    const [i, j] = [Math.floor(at / n), at % n]
    let sum = f(start(i, j))
    for (let p = 0; p < k; p++) sum = f(sum + f(a(i, p) * b(p, j)))
    return sum
  })

const seed = fc.nat(2 ** 31 - 1)
const length = fc.integer({ min: 1, max: 19 })
const odd = fc.boolean()

describe("product", () => {
  it("multiplies rows by columns, with a bias, NaN and infinities in every place", () => {
    fc.assert(
      fc.property(
        seed,
        length,
        length,
        length,
        fc.nat(7),
        odd,
        fc.boolean(),
        (seed, m, k, n, by, odd, biased) => {
          clear(by)
          const [a, b, bias] = [
            numbersFrom(seed, m * k, odd),
            numbersFrom(seed + 1, k * n, odd),
            numbersFrom(seed + 2, n),
          ]
          const [c, x, w] = [put(new Float32Array(m * n)), put(a), put(b)]
          const start = biased ? put(bias) : -1
          expectWrites(
            new Code().add("product", c, x, w, start, m, k, n, 4 * n, 4 * k, 4 * n, 0, 1, 0, 0, 0, 0),
            [
              c,
              product(
                m,
                k,
                n,
                (i, p) => a[i * k + p],
                (p, j) => b[p * n + j],
                (_, j) => (biased ? bias[j] : 0),
              ),
            ],
          )
        },
      ),
    )
  })

  it("multiplies the transposed left side, and adds to what is there", () => {
    fc.assert(
      fc.property(seed, length, length, length, fc.nat(7), odd, (seed, m, k, n, by, odd) => {
        clear(by)
        const [a, b, before] = [
          numbersFrom(seed, k * m, odd),
          numbersFrom(seed + 1, k * n, odd),
          numbersFrom(seed + 2, m * n),
        ]
        const [c, x, w] = [put(before), put(a), put(b)]
        expectWrites(
          new Code().add("productTurned", c, x, w, c, m, k, n, 4 * n, 4 * m, 4 * n, 4 * n, 1, 0, 0, 0, 0),
          [
            c,
            product(
              m,
              k,
              n,
              (i, p) => a[p * m + i],
              (p, j) => b[p * n + j],
              (i, j) => before[i * n + j],
            ),
          ],
        )
      }),
    )
  })

  it("multiplies a batch, each part of a wider row", () => {
    fc.assert(
      fc.property(
        seed,
        fc.integer({ min: 1, max: 6 }),
        length,
        fc.integer({ min: 1, max: 4 }),
        (seed, size, by, heads) => {
          clear(by % 8)
          const wide = size * heads
          const [a, b] = [numbersFrom(seed, size * wide), numbersFrom(seed + 1, size * wide)]
          const [c, x, w] = [put(new Float32Array(size * wide)), put(a), put(b)]
          const expected = new Float32Array(size * wide)
          for (let h = 0; h < heads; h++) {
            const part = product(
              size,
              size,
              size,
              (i, p) => a[i * wide + h * size + p],
              (p, j) => b[p * wide + h * size + j],
              () => 0,
            )
            part.forEach((sum, at) => (expected[Math.floor(at / size) * wide + h * size + (at % size)] = sum))
          }
          const row = 4 * wide
          expectWrites(
            new Code().add(
              "product",
              c,
              x,
              w,
              -1,
              size,
              size,
              size,
              row,
              row,
              row,
              0,
              heads,
              4 * size,
              4 * size,
              4 * size,
              0,
            ),
            [c, expected],
          )
        },
      ),
    )
  })
})

describe("transpose", () => {
  it("exchanges rows and columns of each matrix of a batch", () => {
    fc.assert(
      fc.property(
        seed,
        length,
        length,
        fc.integer({ min: 1, max: 3 }),
        fc.nat(7),
        (seed, rows, columns, batch, by) => {
          clear(by)
          const x = numbersFrom(seed, batch * rows * columns, true)
          const [y, at] = [put(new Float32Array(x.length)), put(x)]
          const expected = x.map((_, place) => {
            const [t, rest] = [Math.floor(place / (rows * columns)), place % (rows * columns)]
            return x[t * rows * columns + (rest % rows) * columns + Math.floor(rest / rows)]
          })
          expectWrites(new Code().add("transpose", y, at, rows, columns, batch), [y, expected])
        },
      ),
    )
  })
})
