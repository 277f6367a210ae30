/** A driver of a growing host that shows what became of the kernels for its grafts, and ends their compiler with the host. */
import type { Metric } from "../../../engine/metrics/Metric.ts"
import type { Driver, DriverView } from "../../service/Driver.ts"
import type { GrowthFeed } from "../../service/GrowthFeed.ts"
import { GrowthCounts } from "../../service/growthMetrics.ts"
import type { KernelNote } from "../../service/kernelsView.ts"
import type { KernelSupply } from "./KernelSupply.ts"

/** The counts of a host, and those of its kernels behind them. */
class KernelMetrics extends GrowthCounts {
  private readonly supply: KernelSupply

  constructor(supply: KernelSupply) {
    super()
    this.supply = supply
  }

  override read(view: DriverView): ReadonlyArray<Metric> {
    const { kernels, passes } = this.supply.view()
    const statuses = ["compiling", "ready", "refused", "missed"] as const
    return [
      ...super.read(view),
      {
        kind: "gauge",
        name: "arqon.growth.kernels",
        unit: "",
        help: "Kernels that grafts asked for, by what became of them.",
        samples: statuses.map((status) => ({
          labels: { status },
          value: kernels.filter((one) => one.status === status).length,
        })),
      },
      {
        kind: "counter",
        name: "arqon.growth.graft_passes",
        unit: "",
        help: "Passes of grafts, by what ran them.",
        samples: (["standard", "fast"] as const).map((by) => ({ labels: { by }, value: passes[by] })),
      },
    ]
  }
}

/**
 * @param record keeps what became of a kernel with the run, if that is kept
 * @param opened is called when the host is there
 * @param seen is called after each boundary and command: what is in a socket, or is asked for there, may need a kernel
 */
export function kernelDriver(
  driver: Driver,
  feed: GrowthFeed,
  supply: KernelSupply,
  record: (note: KernelNote) => void,
  opened: () => void = () => {},
  seen: (sockets: DriverView["sockets"]) => void = () => {},
): Driver {
  feed.counts = new KernelMetrics(supply)
  supply.tells((note) => {
    record(note)
    feed.tell({ type: "kernel", ...note })
  })
  return {
    open: async () => {
      await driver.open()
      opened()
    },
    next: async () => {
      const boundary = await driver.next()
      seen(boundary.sockets)
      return boundary
    },
    command: async (asked) => {
      const done = await driver.command(asked)
      seen(driver.view.sockets)
      return done
    },
    get view() {
      return { ...driver.view, kernels: supply.view() }
    },
    get parts() {
      return driver.parts
    },
    get reports() {
      return driver.reports
    },
    get test() {
      return driver.test
    },
    predict: (rows) => driver.predict(rows),
    close: async () => {
      await supply.close()
      await driver.close()
    },
  }
}
