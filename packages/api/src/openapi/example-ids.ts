// The ids and tokens that the document's examples speak of.
export const exampleIds = {
  job: "job_01kat5vqt8fkz9m0w4r1x2y3z4",
  queuedJob: "job_01kat5wd9efd0rv0m8w2n5k7qe",
  runningJob: "job_01kat5z1b6fzn8d5r0v4m7x2qs",
  failedJob: "job_01kat5x0v3fhb8ah4rj5w6t9dc",
  expiredJob: "job_01kat5xk2mf3jvv1s6e8c0n4bp",
  erasedJob: "job_01kat5y7rnf9taq5x2g3h6k8mw",
  /** Of a client that names its jobs itself. */
  uuid: "0199ab5c-2f6e-7c3a-9d41-5b8e7f60a1c2",
  delivery: "dlv_01kat5vqt8fkz9m0w4r1x2y3z4",
  endpoint: "ep_01kat5vqt8fkz9m0w4r1x2y3z4",
  event: "evt_01kat5vqt8fkz9m0w4r1x2y3z4",
  replay: "rpl_01kat5vqt8fkz9m0w4r1x2y3z4",
  endedReplay: "rpl_01kat5x0v3fhb8ah4rj5w6t9dc",
  key: "key_01kat5vqt8fkz9m0w4r1x2y3z4",
  tenant: "initech",
  /** Sealed with the key of the house that answers the examples; another one refuses them. The first is of the running job. */
  lease:
    "G25LtBide0Pc9bygz9QeH9yYnl-YHWfPiDHGfHI20ghqb2JfMDFrYXQ1ejFiNmZ6bjhkNXIwdjRtN3gycXMgMSAxNzk1MzM4MDAwMDAwIDYwMDAwIGVjaG8",
  endedLease:
    "dSdUfmwMHbiZ_1FQ2e7RugFouoErRq_EPXJDgt8jDHBqb2JfMDFrYXQ1dnF0OGZrejltMHc0cjF4MnkzejQgMSAxNzk1MzM4MDAwMDAwIDYwMDAwIGVjaG8",
  /** What the upstream of the running job was called with. */
  completion: "qxuc0i6Hy_QyBiIfq9jnxh0LiljGnJDWGqKYL7mrOMMxIG1pbmU",
} as const;
