/**
 * Well-known blocks that cannot be expressed here, each with its reason. None is an alias of another blueprint: a name that is given out
 * has a graph of its own.
 */
export const UNAVAILABLE: Readonly<Record<string, string>> = {
  recurrent: "the graph has no loops, and recurrence needs one",
  batchNorm: "it mixes the rows of a batch, so an answer would depend on the rows beside it",
  embedding: "a value has no indices to look rows up by",
  crossAttention: "a graft sees one value, and this takes two",
  graphConvolution: "a graft sees one value, and this takes the neighbours of a place",
  sparseExperts: "a choice for each row needs shapes that depend on numbers; experts weighs all of them",
  quantised: "all tensors are single precision",
  pruning: "a graft only adds",
}
