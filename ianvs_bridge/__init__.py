"""Hands a benchmark over to KubeEdge-Ianvs: a job folder to run, and the modules that the job loads.

Ianvs is neither imported nor copied here. It finds this package through two small modules that
`pairlog ianvs export` writes into the job folder (`docs/ianvs.md`).
"""
