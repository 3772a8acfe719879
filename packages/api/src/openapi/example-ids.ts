// The ids that the document's examples speak of.
export const exampleIds = {
  job: "job_01kat5vqt8fkz9m0w4r1x2y3z4",
  queuedJob: "job_01kat5wd9efd0rv0m8w2n5k7qe",
  failedJob: "job_01kat5x0v3fhb8ah4rj5w6t9dc",
  delivery: "dlv_01kat5vqt8fkz9m0w4r1x2y3z4",
  endpoint: "ep_01kat5vqt8fkz9m0w4r1x2y3z4",
  event: "evt_01kat5vqt8fkz9m0w4r1x2y3z4",
} as const;
