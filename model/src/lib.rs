//! What the files say: policy language, ARNs, conditions, requests, accounts and the reference evaluator.
