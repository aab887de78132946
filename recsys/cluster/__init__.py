"""Builds on a Dask cluster: ratings in blocks of users, and products with them computed by the workers."""
