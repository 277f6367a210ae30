/** What a replica keeps while nobody answers: windows of one configuration are one, and there are eight at most. */
import { describe, expect, it } from "vitest"
import { MOST_WINDOWS } from "../../src/cohort/protocol.ts"
import { WindowBook } from "../../src/replica/WindowBook.ts"

const NONE = Number.NaN

describe("windows that could not be sent", () => {
  it("of one configuration are merged into one, with all that they have measured", () => {
    const book = new WindowBook()
    for (let report = 0; report < 7200; report++) {
      book.add(report % 2 === 0 ? 1 : 3, 1000, report === 0 ? 1 : 0, NONE)
      book.close([1, 4])
    }
    expect(book.draw()).toEqual([
      { at: [1, 4], n: 7200, sum: 14_400, sum2: 36_000, errors: 1, p99: expect.any(Number) },
    ])
  })

  it("are of the last eight configurations at most", () => {
    const book = new WindowBook()
    for (let generation = 1; generation <= 100; generation++) {
      book.add(generation, NONE, NONE, NONE)
      book.close([1, generation])
    }
    const drawn = book.draw()
    expect(drawn.map(({ at: [, generation] }) => generation)).toEqual([93, 94, 95, 96, 97, 98, 99, 100])
    expect(drawn).toHaveLength(MOST_WINDOWS)
    expect(book.draw()).toEqual([])
  })

  it("leave out what overflows, so that the owner does not refuse the rest", () => {
    const book = new WindowBook()
    book.add(2, NONE, NONE, NONE)
    book.close([1, 1])
    book.add(1e200, NONE, NONE, NONE)
    book.close([1, 2])
    expect(book.draw()).toEqual([{ at: [1, 1], n: 1, sum: 2, sum2: 4, errors: 0 }])
  })
})
