"""Mutations: each accepts a command, delivers it, and answers its outcome or why not."""
