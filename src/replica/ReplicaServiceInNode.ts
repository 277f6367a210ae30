/** The agent of one replica as an Effect service under Node: it posts with `node:http`, as `createReplica` does there. */
import { createReplica } from "./createReplicaInNode.ts"
import { layerOn, makeOn, Replica as ReplicaAnywhere } from "./ReplicaService.ts"

/** The agent of a program: the same service as in a browser, and another way to post. */
export class Replica extends ReplicaAnywhere {
  static override readonly make: typeof ReplicaAnywhere.make = makeOn(createReplica)
  static override readonly layer: typeof ReplicaAnywhere.layer = layerOn(createReplica)
}
