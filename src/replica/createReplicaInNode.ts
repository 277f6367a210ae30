/**
 * The agents of a process under Node. They post with `node:http`, which costs half the processor time of `fetch` and a tenth fewer bytes:
 * `npm run bench:cluster -- --part report`.
 */
import * as http from "node:http"
import * as https from "node:https"
import { type createReplica as createAnywhere, type Replica, replicaOver } from "./createReplica.ts"
import {
  type followFleet as followAnywhere,
  followOver,
  type FollowedFleet,
  type FollowOptions,
} from "./followFleet.ts"
import type { ReplicaOptions } from "./replicaOptions.ts"
import type { Post } from "./transport.ts"

/** Connections wait for the next report, and hold no process open meanwhile. */
const agents = { http: new http.Agent({ keepAlive: true }), https: new https.Agent({ keepAlive: true }) }

const postByHttp: Post = (url, headers, body, timeoutMs) =>
  new Promise((resolve, reject) => {
    const length = String(new TextEncoder().encode(body).length)
    const options = { method: "POST", headers: { ...headers, "content-length": length } }
    const answered = (response: http.IncomingMessage): void => {
      let text = ""
      response.setEncoding("utf8")
      response.on("data", (piece: string) => (text += piece))
      response.once("error", failed)
      response.once("end", () => {
        clearTimeout(late)
        resolve({ status: response.statusCode ?? 0, text })
      })
    }
    const request = url.startsWith("https:")
      ? https.request(url, { ...options, agent: agents.https }, answered)
      : http.request(url, { ...options, agent: agents.http }, answered)
    const late = setTimeout(
      () => request.destroy(new Error(`there was no answer within ${timeoutMs} ms`)),
      timeoutMs,
    )
    const failed = (error: Error): void => {
      clearTimeout(late)
      reject(error)
    }
    request.once("error", failed)
    request.end(body)
  })

/** Creates the agent of this replica. Throws a ConfigError that lists every problem of the options. */
export const createReplica: typeof createAnywhere = <const K extends string>(
  given: ReplicaOptions<K>,
): Replica<K> => replicaOver(postByHttp, given)

/** Uses keys of a cluster's fleet from another process. Throws a ConfigError that lists every problem of the options. */
export const followFleet: typeof followAnywhere = <const K extends string>(
  given: FollowOptions<K>,
): FollowedFleet<K> => followOver(postByHttp, given)
