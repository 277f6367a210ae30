/**
 * One runner of many over sockets: layers of `effect/cluster` and of the optional package `@effect/platform-node-shared`, put together by
 * hand. Between runners there is mutual TLS, or the loopback interface: the cluster's own sockets know neither secret nor encryption.
 */
import { connect, isIP } from "node:net"
import type * as MessageStorage from "effect/cluster/MessageStorage"
import * as RunnerAddress from "effect/cluster/RunnerAddress"
import * as RunnerHealth from "effect/cluster/RunnerHealth"
import * as Runners from "effect/cluster/Runners"
import type * as Sharding from "effect/cluster/Sharding"
import * as ShardingConfig from "effect/cluster/ShardingConfig"
import * as SocketRunner from "effect/cluster/SocketRunner"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as RpcClient from "effect/rpc/RpcClient"
import * as RpcSerialization from "effect/rpc/RpcSerialization"
import { Socket } from "effect/socket/Socket"
import { SocketServer } from "effect/socket/SocketServer"
import type * as SqlClient from "effect/sql/SqlClient"
import type { Problem } from "../../domain/errors.ts"
import { problem } from "../../domain/problems.ts"
import { partProblems } from "../../replica/replicaProblems.ts"
import { messageOf } from "../../system/messageOf.ts"
import { endingForGood } from "./acceptedSockets.ts"
import { certificateProblems } from "./certificates.ts"
import { eagerSharding } from "../eagerSharding.ts"
import { type LockTimes, messageStorage, runnerStorage, shardingConfig } from "../runners.ts"
import { StorageError } from "../StorageError.ts"

/** Where a runner listens for the others, and how they know each other. */
export interface NodeOptions {
  /** The name or address under which the other runners reach this one. */
  readonly host: string
  readonly port: number
  /** On which address to listen. Default: `host`. */
  readonly listen?: string
  /** PEM texts. All runners have certificates of one authority, and refuse everybody else. Without it: loopback only. */
  readonly tls?: { readonly key: string; readonly cert: string; readonly ca: string }
}

/** Whether nobody outside this machine can reach the address. */
export const isLoopback = (host: unknown): boolean =>
  host === "localhost" ||
  host === "::1" ||
  (typeof host === "string" && isIP(host) === 4 && host.startsWith("127."))

export const isPort = (port: unknown, least: number): boolean =>
  Number.isInteger(port) && (port as number) >= least && (port as number) <= 65_535

const OPTIONS = ["host", "port", "listen", "tls"] as const satisfies ReadonlyArray<keyof NodeOptions>
const TLS_OPTIONS = ["key", "cert", "ca"] as const satisfies ReadonlyArray<
  keyof NonNullable<NodeOptions["tls"]>
>

/** What is wrong with the options of a runner. */
export const nodeProblems = (node: NodeOptions): ReadonlyArray<Problem> =>
  partProblems(["node"], node, OPTIONS, () => {
    const { host, port, listen = host, tls } = node
    const open = [host, listen].find((one) => !isLoopback(one))
    return [
      ...(typeof host === "string" && host !== "" && host.length <= 253
        ? []
        : [
            problem(
              ["node", "host"],
              "must be the name or address under which other runners reach this one.",
            ),
          ]),
      ...(isPort(port, 1) ? [] : [problem(["node", "port"], "must be a port from 1 to 65535.")]),
      ...(tls === undefined && open !== undefined
        ? [
            problem(
              ["node", "tls"],
              "is missing: without it runners can only be on the loopback address.",
              "Give key, cert and ca, or use 127.0.0.1.",
            ),
          ]
        : []),
      ...(tls === undefined
        ? []
        : partProblems(["node", "tls"], tls, TLS_OPTIONS, () =>
            certificateProblems(["node", "tls"], tls, TLS_OPTIONS, Date.now()),
          )),
    ]
  })

const PACKAGE = "@effect/platform-node-shared@4.1.0"
/** How long a connection to another runner may take. */
const OPEN_MS = 1000
const IDLE_MS = 5500

/** How long somebody else may take to answer on this runner's address. */
const ANSWER_MS = 1000
/** A proxy in between takes a connection for nobody, and ends it within this. A runner waits to be spoken to. */
const STAYS_MS = 250

/**
 * Whoever answers there before this runner listens is another one of the same address, on this machine or on the one that the name leads to:
 * the others could not tell the two apart.
 */
const refuseTaken = (host: string, port: number): Effect.Effect<void, StorageError> =>
  Effect.flatMap(
    Effect.callback<boolean>((resume) => {
      const socket = connect({ host, port })
      const say = (taken: boolean): void => {
        socket.destroy()
        resume(Effect.succeed(taken))
      }
      const late = setTimeout(() => say(false), ANSWER_MS)
      socket.once("connect", () => {
        clearTimeout(late)
        setTimeout(() => say(true), STAYS_MS)
      })
      socket.once("error", () => say(false)).once("close", () => say(false))
    }),
    (taken) =>
      taken
        ? new StorageError({
            reason: "failed",
            storage: "This runner",
            detail: `node.host and node.port must be its own: another process answers on ${host}:${port} already. Give every runner an address under which only it is reached.`,
          })
        : Effect.void,
  )

/** This runner, in the cluster that its database names. */
export const nodeRunner = (
  { host, port, listen = host, tls }: NodeOptions,
  times: LockTimes,
): Layer.Layer<Sharding.Sharding | MessageStorage.MessageStorage, StorageError, SqlClient.SqlClient> =>
  Layer.unwrap(
    Effect.gen(function* () {
      const { NodeSocket, NodeSocketServer } = yield* Effect.tryPromise({
        try: async () => ({
          NodeSocket: await import("@effect/platform-node-shared/NodeSocket"),
          NodeSocketServer: await import("@effect/platform-node-shared/NodeSocketServer"),
        }),
        catch: () =>
          new StorageError({
            reason: "missingPackage",
            storage: "This runner",
            detail: `it needs the package @effect/platform-node-shared: npm install ${PACKAGE}`,
          }),
      })
      yield* refuseTaken(host, port)
      const secure = tls && { ...tls, minVersion: "TLSv1.3" as const, rejectUnauthorized: true }
      const clients = Layer.effect(
        Runners.RpcClientProtocol,
        Effect.map(RpcSerialization.RpcSerialization, (serialization) => ({
          codecFor: serialization.codecFor,
          make: Effect.fnUntraced(function* (address: RunnerAddress.RunnerAddress) {
            const to = { host: address.host, port: address.port, openTimeout: OPEN_MS, timeout: IDLE_MS }
            const socket = yield* secure === undefined
              ? NodeSocket.makeNet(to)
              : NodeSocket.makeTls({
                  ...to,
                  ...secure,
                  servername: isIP(address.host) === 0 ? address.host : "",
                })
            return yield* RpcClient.makeProtocolSocket().pipe(
              Effect.provideService(Socket, socket),
              Effect.provideService(RpcSerialization.RpcSerialization, serialization),
            )
          }, Effect.orDie),
        })),
      )
      const at = { host: listen, port }
      const server = (
        secure === undefined
          ? NodeSocketServer.make(at)
          : NodeSocketServer.makeTls({ ...at, ...secure, requestCert: true })
      ).pipe(
        Effect.map((accepting) => endingForGood(accepting, NodeSocket.NetSocket)),
        Effect.mapError(
          (error) =>
            new StorageError({
              reason: "failed",
              storage: "This runner",
              detail: `it cannot listen on ${listen}:${port} (${messageOf(error)}).`,
            }),
        ),
      )
      return SocketRunner.layer.pipe(
        Layer.provide(eagerSharding(times.refreshMs)),
        Layer.provide(Layer.effect(SocketServer, server)),
        Layer.provide(clients),
        Layer.provide(RpcSerialization.layerNdjson),
        Layer.provideMerge(messageStorage),
        Layer.provide([runnerStorage, RunnerHealth.layerNoop]),
        Layer.provide(
          ShardingConfig.layer({
            ...shardingConfig(times),
            runnerAddress: Option.some(RunnerAddress.make(host, port)),
            runnerListenAddress: Option.some(RunnerAddress.make(listen, port)),
          }),
        ),
      )
    }),
  )
