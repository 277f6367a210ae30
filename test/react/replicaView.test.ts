/** A replica in components: hooks take it where they take an engine, and see each change once. */
import { describe, expect, it } from "vitest"
import { storeOf } from "../../src/react/engineStore.ts"
import { createReplica } from "../../src/replica/createReplica.ts"

describe("the store of a replica", () => {
  it("shows one object until something changes, and tells components when it does", async () => {
    const nobody = { transport: () => Promise.reject(new Error("nobody is there")) }
    const params = { batch: { min: 1, max: 101, initial: 21 } }
    const replica = createReplica({ tuner: "t", at: nobody, params, startWithinMs: 0 })
    const store = storeOf(replica)
    expect(store.getSnapshot()).toBe(store.getSnapshot())
    expect(store.getSnapshot()).toMatchObject({ status: "idle", state: "fallen", values: { batch: 21 } })
    const seen: Array<string> = []
    const { unsubscribe } = store.subscribe(({ status }) => seen.push(status))
    await replica.start()
    expect(store.getSnapshot().status).toBe("running")
    await replica.stop()
    expect(seen[0]).toBe("running")
    expect(seen.at(-1)).toBe("stopped")
    unsubscribe()
    expect(storeOf(replica)).toBe(store)
  })
})
