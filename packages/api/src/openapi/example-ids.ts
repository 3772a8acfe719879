// The ids that the document's examples speak of.
export const exampleIds = {
  job: "job_01kat5vqt8fkz9m0w4r1x2y3z4",
  queuedJob: "job_01kat5wd9efd0rv0m8w2n5k7qe",
  failedJob: "job_01kat5x0v3fhb8ah4rj5w6t9dc",
  expiredJob: "job_01kat5xk2mf3jvv1s6e8c0n4bp",
  erasedJob: "job_01kat5y7rnf9taq5x2g3h6k8mw",
  /** Of a client that names its jobs itself. */
  uuid: "0199ab5c-2f6e-7c3a-9d41-5b8e7f60a1c2",
  delivery: "dlv_01kat5vqt8fkz9m0w4r1x2y3z4",
  endpoint: "ep_01kat5vqt8fkz9m0w4r1x2y3z4",
  event: "evt_01kat5vqt8fkz9m0w4r1x2y3z4",
} as const;
