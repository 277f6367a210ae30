/** The part of autocannon 9 that the load process uses; the package ships no types and DefinitelyTyped stands at 7. */
declare module "autocannon" {
  import type { EventEmitter } from "node:events"

  export interface RequestSpec {
    /** Called before every send; may change the request. */
    readonly setupRequest: (request: DraftRequest) => DraftRequest
  }

  export interface DraftRequest {
    path: string
    headers: Record<string, string>
  }

  export interface Client extends EventEmitter {
    setRequests(requests: ReadonlyArray<RequestSpec>): void
    on(event: "headers", listener: (message: { readonly headers: ReadonlyArray<string> }) => void): this
    on(event: "response", listener: (status: number, bytes: number, latencyMs: number) => void): this
    on(event: "request" | "timeout" | "connError", listener: () => void): this
  }

  export interface Options {
    readonly url: string
    readonly connections: number
    readonly duration: number
    readonly timeout?: number
    readonly setupClient?: (client: Client) => void
  }

  export interface Instance extends EventEmitter, PromiseLike<unknown> {
    stop(): void
  }

  const autocannon: (options: Options) => Instance
  export default autocannon
}
