/** A host whose figures are kept for others to read, beside figures that it cannot measure itself. */
import type { Figures, Host } from "../contracts/Host.ts"

/** @param kept by socket: the figures of the last boundary */
export function measuredBy(host: Host, kept: Map<string, Figures>, more: () => Figures): Host {
  return {
    sockets: () => host.sockets(),
    quarantine: (socket, planting) => host.quarantine(socket, planting),
    plant: (socket, planting) => host.plant(socket, planting),
    mode: (socket, mode, alpha) => host.mode(socket, mode, alpha),
    measure: (socket, state) => {
      const figures = { ...host.measure(socket, state), ...more() }
      kept.set(socket, figures)
      return figures
    },
    snapshot: (socket) => host.snapshot(socket),
    restore: (socket) => host.restore(socket),
    keep: (socket) => host.keep(socket),
    remove: (socket) => {
      kept.delete(socket)
      host.remove(socket)
    },
    ...(host.checks === undefined ? {} : { checks: host.checks }),
  }
}
