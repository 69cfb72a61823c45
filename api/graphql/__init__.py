"""The GraphQL edge: types built from read views, mutations that answer refusals as data."""
