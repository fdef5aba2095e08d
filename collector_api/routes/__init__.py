"""The addresses under `/v1`: each reads its request, asks the store, and writes its answer."""
